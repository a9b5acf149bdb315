// The webgpu device in real Chromium, on its software renderer where there is no graphics card:
// every case, golden replay, a training that moves elsewhere and goes on, and a GPU that is lost.
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type * as Library from '../../src/browser/index.ts';
import type { Dataset } from '../../src/data/dataset.ts';
import { openDataset } from '../../src/data/open.ts';
import { decodeSnapshot } from '../../src/gan/snapshot.ts';
import { CHROMIUM, inChromium, launch, openPage, type Served, serve } from '../support/chromium.ts';
import { temporaryFolder } from '../support/folders.ts';
import { idxOf, labelsOf } from '../support/idx.ts';
import { ROOT } from '../support/pack.ts';
import { bundleForPage } from '../support/page-bundle.ts';
import type * as PageEngine from '../support/page-engine.ts';
import { PAGE } from '../support/page-html.ts';
import { events, isStep, newestBytes } from '../support/training.ts';
import { relativeError } from '../support/values.ts';

declare const dcgan: typeof Library;
declare const engine: typeof PageEngine;
declare const images: (count: number) => Promise<Dataset>;
declare const encode: (bytes: Uint8Array) => string;
declare const decode: (text: string) => Uint8Array;

const SMALL = { preset: 'tiny', batchSize: 8, epochs: 2, seed: 6, limit: 24 } as const;

describe.skipIf(!CHROMIUM)(inChromium('webgpu in a page'), () => {
  let folder: string;
  let browser: Browser;
  let served: Served;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dcgan-gpu-'));
    copyFileSync(join(ROOT, 'dist/page.js'), join(folder, 'dcgan.js'));
    await bundleForPage('page-engine.ts', join(folder, 'engine.js'));
    writeFileSync(join(folder, 'index.html'), PAGE);
    writeFileSync(join(folder, 'images'), idxOf(openDataset(), 64));
    writeFileSync(join(folder, 'labels'), labelsOf(openDataset(), 64));
    served = await serve(folder);
  });
  beforeEach(async () => {
    browser = await launch();
    ({ page, complaints } = await openPage(browser, served.url));
    await page.waitForFunction('globalThis.ready === true');
  });
  // A validation error would be among these messages.
  afterEach(async () => {
    await browser.close();
    expect(complaints).toEqual([]);
  });
  afterAll(() => {
    served?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('equals the interpreter in every case', async () => {
    expect(await page.evaluate(() => engine.runCases('webgpu', 1, 2e-6))).toEqual([expect.any(Number), []]);
  });

  it('meets every golden bound', async () => {
    const golden = readFileSync(join(ROOT, 'test/golden/tf2018-b8.safetensors')).toString('base64');
    const report = await page.evaluate(async (text) => {
      const { name, images: bytes, count, height, width, channels } = await images(64);
      return engine.replay(decode(text), { name, images: bytes, count, height, width, channels }, 'webgpu');
    }, golden);
    expect(report.worst.filter(({ ratio }) => !(ratio <= 1))).toEqual([]);
    expect(report.passed).toBe(true);
  });

  it("stops and goes on with the same bits, stays near Node's wasm, and hands over to it and back", async () => {
    const folder = temporaryFolder();
    const inNode = { device: 'wasm', data: openDataset(), limit: SMALL.limit } as const;
    const out = join(folder, 'run');
    await events({ ...SMALL, ...inNode, out }, isStep(2));
    const half = newestBytes(out).toString('base64');
    // On a GPU the following step is already under way when the training is told to stop.
    const last = 5;
    await events({ resume: out, device: 'wasm' }, isStep(last));
    const [straight, parts, fromNode] = await page.evaluate(
      async ([options, saved]) => {
        const until = async (step: number, more: object): Promise<Uint8Array> => {
          const stop = new AbortController();
          const data = (await images(64)).limit(24);
          for await (const event of dcgan.train({ ...more, data, device: 'webgpu', signal: stop.signal })) {
            if (event.type === 'step' && event.step === step) stop.abort();
            if (event.type === 'interrupted') return event.bytes;
          }
          throw new Error('not interrupted');
        };
        const whole = encode(await until(4, options));
        const stopped = encode(await until(4, { resume: await until(2, options) }));
        return [whole, stopped, encode(await until(4, { resume: decode(saved) }))];
      },
      [SMALL, half] as const,
    );
    expect(parts).toBe(straight);
    const wasm = decodeSnapshot(newestBytes(out), 'wasm');
    for (const bytes of [straight!, fromNode!]) {
      const { step, seed, tensors } = decodeSnapshot(Buffer.from(bytes, 'base64'), 'page');
      expect([step, seed]).toEqual([last, wasm.seed]);
      for (const [name, { data }] of tensors)
        expect(relativeError(data, wasm.tensors.get(name)!.data), name).toBeLessThan(1e-2);
    }
    const file = join(folder, 'page.safetensors');
    writeFileSync(file, Buffer.from(straight!, 'base64'));
    const onward = await events({ ...inNode, resume: file, out: join(folder, 'onward') });
    expect(onward[0]).toMatchObject({ type: 'run', resumed: { step: last }, info: { device: 'wasm' } });
    expect(onward.at(-1)).toMatchObject({ type: 'done', epochs: 2 });
  });

  it('says that the GPU was lost, and goes on from what was saved', async () => {
    const session = await browser.newBrowserCDPSession();
    await page.exposeFunction('loseGpu', () => session.send('Browser.crashGpuProcess').catch(() => {}));
    const [said, ...after] = await page.evaluate(async (options) => {
      const data = (await images(64)).limit(24);
      const crash = (globalThis as unknown as { loseGpu(): Promise<void> }).loseGpu;
      const lose = async (): Promise<string> => {
        for await (const event of dcgan.train({ ...options, data, device: 'webgpu', keep: 'run' }))
          if (event.type === 'step' && event.step === 4) await crash();
        return 'trained on';
      };
      const told = [await lose().catch((error: Error) => error.message)];
      for await (const event of dcgan.train({ data, device: 'webgpu', resume: 'run' })) {
        if (event.type === 'run') told.push(`from step ${event.resumed!.step}`);
        if (event.type === 'done') told.push(event.type);
      }
      return told;
    }, SMALL);
    // The advice must not name a command line.
    expect(said).toMatch(
      /^webgpu: the GPU was lost: .* Go on from the last checkpoint \(resume\), on the processor with device: 'cpu'\.$/,
    );
    expect(after).toEqual(['from step 3', 'done']);
  });
});
