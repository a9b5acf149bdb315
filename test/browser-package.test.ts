// The packed package in a page, in the README's three ways: with Vite and esbuild as they are, and
// as a plain module. It also checks the size and the contents of the page's build.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build as esbuild } from 'esbuild';
import type { Browser } from 'playwright-core';
import { extract } from 'tar';
import { createServer, build as vite } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '../src/data/open.ts';
import { DCGAN } from '../src/gan/dcgan.ts';
import { CHROMIUM, inChromium, launch, openPage, serve } from './support/chromium.ts';
import { idxOf } from './support/idx.ts';
import { pack, ROOT, run } from './support/pack.ts';

const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const block = (language: string): string =>
  README.match(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'm'))![1]!;

describe("the page's build", () => {
  const page = readFileSync(join(ROOT, 'dist/page.js'));

  it('weighs less than 210 kB compressed, engine and kernels and all', () => {
    expect(gzipSync(page, { level: 9 }).length).toBeLessThan(210_000);
  });

  it('needs no other file and nothing of Node', async () => {
    const { metafile } = await esbuild({
      stdin: { contents: page.toString() },
      bundle: true,
      format: 'esm',
      write: false,
      metafile: true,
    });
    expect(Object.values(metafile.inputs).flatMap(({ imports }) => imports)).toEqual([]);
    // The Worker's program lies in it as text. A bundler that met modules of Node there would have
    // left such a call.
    expect(page.toString().match(/\brequire\(|["'`]node:|\bprocess\.|\bBuffer\.from/g)).toBeNull();
  });
});

describe.skipIf(!CHROMIUM)(inChromium('the packed package in a page'), () => {
  let folder: string;
  let browser: Browser;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dcgan-ways-'));
    // The package is installed without its dependencies: a page's build needs none of them, and its
    // types only zod.
    const installed = join(folder, 'node_modules/dcgan');
    mkdirSync(installed, { recursive: true });
    await extract({ file: await pack(folder), cwd: installed, strip: 1 });
    symlinkSync(join(ROOT, 'node_modules/zod'), join(folder, 'node_modules/zod'));
    mkdirSync(join(folder, 'public'));
    const digits = idxOf(openDataset(), 100);
    for (const place of ['.', 'public']) writeFileSync(join(folder, place, 'train-images-idx3-ubyte'), digits);
    writeFileSync(join(folder, 'main.ts'), block('ts'));
    writeFileSync(
      join(folder, 'plainly-named.js'),
      block('ts').replace("'dcgan/browser'", "'dcgan'").replace("('2d')!", "('2d')"),
    );
    writeFileSync(
      join(folder, 'index.html'),
      '<!doctype html><title>x</title><link rel="icon" href="data:,"><body><script type="module" src="/main.ts"></script>',
    );
    writeFileSync(join(folder, 'plain.html'), `<link rel="icon" href="data:,">${block('html')}`);
    const gan = await DCGAN.create({ preset: 'tiny', seed: 1, device: 'wasm' });
    await gan.save(join(folder, 'checkpoint.safetensors'));
    await gan.dispose();
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /**
   * Opens a page and waits until its title says that it is done; the canvas must then hold a grid.
   */
  const finishes = async (url: string, title: string): Promise<void> => {
    const { page, complaints } = await openPage(browser, url);
    await Promise.race([
      page.waitForFunction(
        (wanted) => (globalThis as { document?: { title: string } }).document?.title === wanted,
        title,
      ),
      new Promise((_, reject) => page.on('pageerror', reject)),
    ]);
    expect(await page.evaluate('document.querySelector("canvas").width')).toBe(488);
    expect(complaints).toEqual([]);
    await page.close();
  };

  it("trains with Vite's server", async () => {
    const server = await createServer({ root: folder, logLevel: 'error', server: { host: '127.0.0.1', port: 0 } });
    try {
      await server.listen();
      await finishes(server.resolvedUrls!.local[0]!, 'trained');
    } finally {
      await server.close();
    }
  });

  it("trains with Vite's bundle", async () => {
    await vite({ root: folder, logLevel: 'error', build: { outDir: 'with-vite' } });
    const served = await serve(join(folder, 'with-vite'));
    await finishes(served.url, 'trained');
    served.close();
  });

  it.each(['main.ts', 'plainly-named.js'])("trains with esbuild's bundle of %s", async (entry) => {
    const out = join(folder, 'with-esbuild');
    await esbuild({
      absWorkingDir: folder,
      entryPoints: [entry],
      bundle: true,
      format: 'esm',
      outfile: join(out, 'out.js'),
    });
    writeFileSync(
      join(out, 'index.html'),
      '<!doctype html><link rel="icon" href="data:,"><body><script type="module" src="out.js"></script>',
    );
    copyFileSync(join(folder, 'train-images-idx3-ubyte'), join(out, 'train-images-idx3-ubyte'));
    const served = await serve(out);
    await finishes(served.url, 'trained');
    served.close();
  });

  it('draws from a plain module', async () => {
    const served = await serve(folder, { isolated: false });
    await finishes(`${served.url}plain.html`, 'drawn');
    served.close();
  });

  it('has types that hold a strict page', async () => {
    const compilerOptions = {
      strict: true,
      module: 'esnext',
      moduleResolution: 'bundler',
      target: 'es2022',
      lib: ['es2023', 'dom', 'dom.iterable'],
      types: [],
      noEmit: true,
      exactOptionalPropertyTypes: true,
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }));
    const { stdout } = await run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder]).catch((error) => error);
    expect(stdout).toBe('');
  });

  it("has the page's types under the plain name where the condition `browser` is set, as Vite sets it", async () => {
    const [json] = /^\{ "compilerOptions": .*\}$/m.exec(readFileSync(join(ROOT, 'docs/recipes.md'), 'utf8'))!;
    const lines = [
      "import { pictures, runs } from 'dcgan';",
      'export const kept: Promise<readonly string[]> = runs.list();',
      'export const grid = pictures.grid(new Float32Array(784), [1, 28, 28, 1]);',
      '// @ts-expect-error a page writes no files',
      'pictures.save;',
    ];
    writeFileSync(join(folder, 'named.ts'), lines.join('\n'));
    const more = { strict: true, target: 'es2022', lib: ['es2023', 'dom'], types: [], noEmit: true };
    const compilerOptions = { ...JSON.parse(json).compilerOptions, ...more };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['named.ts'] }));
    const { stdout } = await run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder]).catch((error) => error);
    expect(stdout).toBe('');
  });
});
