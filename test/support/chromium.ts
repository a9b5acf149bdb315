// Real Chromium for tests of pages, and a server that shows it a folder. Where there is no
// Chromium, the tests are skipped by name.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { findProgram } from './programs.ts';

/** The path of the program, or null. */
export const CHROMIUM = findProgram('chromium', 'chromium-browser', 'google-chrome');
/** A suite's title; it names what is missing where the suite cannot run. */
export const inChromium = (what: string): string =>
  CHROMIUM ? what : `${what} (skipped: there is no Chromium. Install Debian's: "apt-get install chromium")`;

/** Starts Chromium with WebGPU, which runs on the processor where there is no graphics card. */
export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox', '--enable-unsafe-webgpu'] });
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.wasm': 'application/wasm',
};

export interface Served {
  readonly url: string;
  close(): void;
}

/** Serves a folder on the loopback address. `isolated` pages may share memory with Workers. */
export async function serve(folder: string, { isolated = true } = {}): Promise<Served> {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url!, 'http://x').pathname);
    const name = path.endsWith('/') ? `${path}index.html` : path;
    if (isolated) {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    }
    try {
      const bytes = await readFile(join(folder, name));
      response.setHeader('Content-Type', TYPES[extname(name)] ?? 'application/octet-stream').end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => void server.close().closeAllConnections() };
}

/** Opens a page; `complaints` collects its exceptions and the errors on its console. */
export async function openPage(
  browser: Browser | BrowserContext,
  url: string,
): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage();
  page.setDefaultTimeout(100_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(url);
  return { page, complaints };
}
