// The library in real Chromium, loaded as a plain module: its devices, its bits, checkpoints that
// move between Node and pages, what it keeps and what it reports.
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type * as Library from '../src/browser/index.ts';
import type { Dataset } from '../src/data/dataset.ts';
import { openDataset } from '../src/data/open.ts';
import { exportModel } from '../src/export/export-model.ts';
import { DCGAN } from '../src/gan/dcgan.ts';
import { CHROMIUM, inChromium, launch, openPage, type Served, serve } from './support/chromium.ts';
import { temporaryFolder } from './support/folders.ts';
import { idxOf, labelsOf } from './support/idx.ts';
import { ROOT } from './support/pack.ts';
import { bundleForPage } from './support/page-bundle.ts';
import type * as PageEngine from './support/page-engine.ts';
import { PAGE } from './support/page-html.ts';
import { events, isStep, newestBytes } from './support/training.ts';

/** What the test's page offers to the functions that are sent to it. */
declare const location: { readonly href: string };
declare const dcgan: typeof Library;
declare const engine: typeof PageEngine;
declare const images: (count: number) => Promise<Dataset>;
declare const encode: (bytes: Uint8Array) => string;
declare const decode: (text: string) => Uint8Array;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe.skipIf(!CHROMIUM)(inChromium('a page'), () => {
  let folder: string;
  let browser: Browser;
  let isolated: Served;
  let alone: Served;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dcgan-page-'));
    copyFileSync(join(ROOT, 'dist/page.js'), join(folder, 'dcgan.js'));
    await bundleForPage('page-engine.ts', join(folder, 'engine.js'));
    writeFileSync(join(folder, 'index.html'), PAGE);
    writeFileSync(
      join(folder, 'strict.html'),
      PAGE.replace('<title>', '<meta http-equiv="Content-Security-Policy" content="worker-src \'self\'"><title>'),
    );
    writeFileSync(join(folder, 'images'), gzipSync(idxOf(openDataset(), 2048)));
    writeFileSync(join(folder, 'labels'), labelsOf(openDataset(), 2048));
    browser = await launch();
    [isolated, alone] = await Promise.all([serve(folder), serve(folder, { isolated: false })]);
  });
  afterAll(async () => {
    await browser?.close();
    isolated?.close();
    alone?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const open = async (url: string): Promise<void> => {
    ({ page, complaints } = await openPage(context, url));
    await page.waitForFunction('globalThis.ready === true');
  };
  beforeEach(async () => {
    context = await browser.newContext();
    await open(isolated.url);
  });
  afterEach(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });

  it('equals the interpreter in every case on wasm, and meets every golden bound', async () => {
    expect(await page.evaluate(() => engine.runCases('wasm', 2, 2e-6))).toEqual([expect.any(Number), []]);
    const golden = readFileSync(join(ROOT, 'test/golden/tf2018-b8.safetensors')).toString('base64');
    const report = await page.evaluate(async (text) => {
      const { name, images: bytes, count, height, width, channels } = await images(64);
      return engine.replay(decode(text), { name, images: bytes, count, height, width, channels }, 'wasm');
    }, golden);
    expect(report.worst.filter(({ ratio }) => !(ratio <= 1))).toEqual([]);
    expect(report.passed).toBe(true);
  });

  it("trains tiny on 2,048 images for an epoch with the bits of Node's wasm, and stays smooth", async () => {
    const out = join(temporaryFolder(), 'run');
    await events({ preset: 'tiny', epochs: 1, seed: 5, device: 'wasm', data: openDataset(), limit: 2048, out });
    const train = async () => {
      const data = await images(2048);
      const long: number[] = [];
      const watch = new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration)));
      watch.observe({ type: 'longtask' as never });
      const seen: string[] = [];
      let bytes = new Uint8Array();
      let steps = 0;
      for (let seed = 5; steps < 100; seed++)
        for await (const event of dcgan.train({ preset: 'tiny', epochs: 1, seed, data })) {
          if (event.type === 'step') steps++;
          else if (seed === 5) seen.push(event.type);
          if (event.type === 'checkpoint' && seed === 5) bytes = event.bytes.slice();
        }
      // This proves that the watch above would notice a blocked page.
      const smooth = [...long];
      for (const end = performance.now() + 80; performance.now() < end; );
      while (long.length === smooth.length) await new Promise((resolve) => setTimeout(resolve, 10));
      return { seen, smooth, bytes: encode(bytes) };
    };
    // A busy machine may stretch a short task now and then; a page that computes is blocked every
    // time.
    let made = await page.evaluate(train);
    for (let tries = 1; tries < 4 && made.smooth.length > 0; tries++) made = await page.evaluate(train);
    expect(made.seen).toEqual(['run', 'picture', 'picture', 'checkpoint', 'epoch', 'done']);
    expect(made.smooth).toEqual([]);
    expect(sha256(Buffer.from(made.bytes, 'base64'))).toBe(sha256(newestBytes(out)));
  });

  it('exports the file that Node exports, and refuses what Node refuses', async () => {
    const node = await DCGAN.create({ preset: 'tiny', seed: 9, device: 'wasm', threads: 1 });
    const [[name, bytes]] = [...(await exportModel(node, { to: 'onnx' }))] as [[string, Uint8Array]];
    await node.dispose();
    const made = await page.evaluate(async () => {
      const gan = await dcgan.DCGAN.create({ preset: 'tiny', seed: 9, device: 'wasm' });
      const files = await dcgan.exportModel(gan, { to: 'onnx' });
      const wrong = await dcgan.exportModel(gan, { to: 'keras', half: true }).catch((error: Error) => error.message);
      await gan.dispose();
      return { files: [...files].map(([file, content]) => [file, encode(content)]), wrong };
    });
    expect(made.files).toEqual([[name, Buffer.from(bytes).toString('base64')]]);
    expect(made.wrong).toMatch(/^half has no meaning for keras/);
  });

  it('gives the same bits on one thread, on three, and where memory may not be shared, which it says', async () => {
    const three = (threads: number | undefined) =>
      page.evaluate(async (wanted) => {
        const gan = await dcgan.DCGAN.create({ preset: 'tiny', seed: 3, ...(wanted && { threads: wanted }) });
        const reals = (await images(64)).batch([...Array(64).keys()]);
        for (let step = 0; step < 3; step++) await gan.step(reals);
        const bytes = encode(await gan.toBytes());
        await gan.dispose();
        return { bytes, ...gan.info };
      }, threads);
    const [one, more] = [await three(1), await three(3)];
    expect([one.threads, more.threads]).toEqual([1, 3]);
    expect(more.reason).toMatch(/^the fastest here; .* is a software adapter, which auto never takes$/);
    await page.close();
    await open(alone.url);
    const single = await three(3);
    expect(single.threads).toBe(1);
    expect(single.reason).toMatch(
      /^the fastest here; on one thread, since this page is not cross-origin isolated \(serve/,
    );
    expect([more.bytes, single.bytes]).toEqual([one.bytes, one.bytes]);
  });

  describe('hands over', () => {
    const SMALL = { preset: 'tiny', epochs: 3, seed: 11, limit: 960 } as const;
    const inNode = { device: 'wasm', data: openDataset() } as const;
    const straight = async (): Promise<string> => {
      const out = join(temporaryFolder(), 'run');
      await events({ ...SMALL, ...inNode, out }, isStep(40));
      return sha256(newestBytes(out));
    };
    /** Trains in the page up to a step; returns the checkpoint in base64. */
    const inPage = (options: object, until: number, resume?: string): Promise<string> =>
      page.evaluate(
        async ([more, last, from]) => {
          const stop = new AbortController();
          const data = await images(2048);
          const resumed = from === undefined ? {} : { resume: new Blob([decode(from).slice()]) };
          for await (const event of dcgan.train({ ...more, ...resumed, data, signal: stop.signal })) {
            if (event.type === 'step' && event.step === last) stop.abort();
            if (event.type === 'interrupted') return encode(event.bytes);
          }
          throw new Error('not interrupted');
        },
        [options, until, resume] as const,
      );

    it('20 steps of a page to 20 of Node: the bits of 40', async () => {
      const file = join(temporaryFolder(), 'page.safetensors');
      writeFileSync(file, Buffer.from(await inPage(SMALL, 20), 'base64'));
      const out = join(temporaryFolder(), 'run');
      const seen = await events({ ...inNode, resume: file, limit: 960, out }, isStep(40));
      expect(seen[0]).toMatchObject({ type: 'run', resumed: { path: file, epoch: 1, step: 20 } });
      expect(sha256(newestBytes(out))).toBe(await straight());
    });

    it('20 steps of Node to 20 of a page: the bits of 40', async () => {
      const out = join(temporaryFolder(), 'run');
      await events({ ...SMALL, ...inNode, out }, isStep(20));
      const made = await inPage({ limit: 960 }, 40, newestBytes(out).toString('base64'));
      expect(sha256(Buffer.from(made, 'base64'))).toBe(await straight());
    });
  });

  it('keeps what was saved when its tab is closed, and goes on from there', async () => {
    const options = { preset: 'tiny', cond: true, epochs: 2, seed: 8, limit: 320 } as const;
    await page.evaluate(
      (given) =>
        new Promise<void>((resolve) => {
          void (async () => {
            const data = await images(2048);
            for await (const event of dcgan.train({ ...given, data, keep: 'digits' }))
              if (event.type === 'step' && event.step === 8) {
                resolve();
                await new Promise(() => {});
              }
          })();
        }),
      options,
    );
    const training = page;
    await open(isolated.url);
    const refused = await page.evaluate(async () => {
      const data = await images(2048);
      return dcgan
        .train({ data, resume: 'digits' })
        .next()
        .then(String, (error) => error.message);
    });
    expect(refused).toMatch(/^the kept run digits is being trained in another tab\. Stop it there/);
    await training.close();
    const found = await page.evaluate(async () => {
      const names = await dcgan.runs.list();
      const other = (await images(2048)).mirrored();
      const changed = await dcgan
        .train({ data: other, resume: 'digits' })
        .next()
        .then(String, (error) => error.message);
      const before = await dcgan.runs.newest('digits');
      const resumed: unknown[] = [];
      for await (const event of dcgan.train({ data: await images(2048), resume: 'digits' }))
        if (event.type === 'run') resumed.push(event.resumed);
      const after = await dcgan.runs.newest('digits');
      const bytes = encode(new Uint8Array(await after!.file.arrayBuffer()));
      await dcgan.runs.remove('digits');
      return {
        names,
        changed,
        before: before?.name,
        resumed,
        after: after?.name,
        bytes,
        left: await dcgan.runs.list(),
      };
    });
    const { bytes, ...told } = found;
    const [before, after] = ['epoch-0001.safetensors', 'epoch-0002.safetensors'];
    const changed = expect.stringMatching(
      /^the data of the kept run digits have changed: expected 320 images of mnist with/,
    );
    expect(told).toEqual({ names: ['digits'], changed, before, resumed: [{ epoch: 1, step: 5 }], after, left: [] });
    const out = join(temporaryFolder(), 'run');
    await events({ ...options, device: 'wasm', data: openDataset(), out });
    expect(sha256(Buffer.from(bytes, 'base64'))).toBe(sha256(newestBytes(out)));
  });

  it('saves a model under a name, and loads it from there, from a URL and from a Blob', async () => {
    const out = join(folder, 'node.safetensors');
    const gan = await DCGAN.create({ preset: 'tiny', seed: 2, device: 'wasm' });
    await gan.save(out);
    const drawn = await gan.generate(2, { seed: 4 });
    await gan.dispose();
    const same = await page.evaluate(async () => {
      const url = new URL('node.safetensors', location.href);
      const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
      const kept = await dcgan.DCGAN.load(bytes);
      await kept.save('mine');
      await kept.dispose();
      const drawn: string[] = [];
      for (const source of [url, new Blob([bytes]), 'mine']) {
        const loaded = await dcgan.DCGAN.load(source);
        drawn.push(encode(new Uint8Array((await loaded.generate(2, { seed: 4 })).buffer)));
        await loaded.dispose();
      }
      return drawn;
    });
    const expected = Buffer.from(drawn.buffer).toString('base64');
    expect(same).toEqual([expected, expected, expected]);
  });

  it('refuses what Node refuses, counts the steps in progress, and is disposed of more than once', async () => {
    const told = await page.evaluate(async () => {
      const gan = await dcgan.DCGAN.create({ preset: 'tiny', seed: 2, device: 'wasm', batchSize: 4 });
      const images = new Float32Array(4 * 784);
      const told: unknown[] = [];
      const tell = async (ask: () => Promise<unknown>): Promise<void> => {
        try {
          told.push(await ask());
        } catch (error) {
          told.push(error instanceof dcgan.DcganError ? error.message : String(error));
        }
      };
      await tell(() => gan.step(new Float64Array(4 * 784) as never));
      await tell(() => gan.step([...images] as never));
      await tell(() => gan.judge(undefined as never));
      await tell(() => gan.generate(new Float64Array(100) as never));
      await tell(() => gan.project([...images] as never));
      await tell(() => gan.prepareStep(1.5));
      await tell(() => dcgan.DCGAN.load(new URL('nothing', location.href)));
      await tell(async () => {
        gan.epoch = 0.5;
      });
      const steps = [gan.step(images), gan.step(images)];
      told.push(gan.steps);
      await Promise.all(steps);
      await tell(() => gan.step(new Float32Array(3)));
      told.push(gan.steps, Object.isFrozen(gan.config.generatorWidths));
      const disposed = [gan.dispose(), gan.dispose()];
      await Promise.all(disposed);
      await tell(() => gan.dispose());
      return told;
    });
    const wrong = (what: string, got: string): string =>
      `${what}: expected a Float32Array, got ${got}. ${got === 'undefined' ? 'Give a Float32Array' : 'Convert it: Float32Array.from(values)'}.`;
    expect(told).toEqual([
      wrong('step: the images do not match the model', 'Float64Array'),
      wrong('step: the images do not match the model', 'Array'),
      wrong('judge: the images do not match the model', 'undefined'),
      wrong('generate: the noise does not match the latent size', 'Float64Array'),
      wrong('project: the picture does not match the model', 'Array'),
      'prepareStep: reals has an invalid value: expected a whole number from 1 to 4, got 1.5.',
      expect.stringMatching(/^checkpoint http\S+nothing cannot be fetched: got HTTP status 404\./),
      'epoch has an invalid value: expected a whole number, got 0.5.',
      2,
      expect.stringMatching(/^step: the images do not match the model/),
      ...[2, true, undefined],
    ]);
    complaints.splice(0);
  });

  it("looks into a model with the bits of Node's wasm", async () => {
    const look = async (gan: Pick<DCGAN, 'generate' | 'judge' | 'layers' | 'project' | 'dispose'>) => {
      const noise = Float32Array.from({ length: 100 }, (_, i) => Math.abs((i % 7) - 3) - 1);
      const picture = await gan.generate(noise);
      const { logits, gradient } = await gan.judge(picture);
      const layers = [...(await gan.layers({ noise })), ...(await gan.layers({ images: picture }))];
      const found = await gan.project(picture, { steps: 3, starts: 2, mask: new Float32Array(784).fill(1) });
      await gan.dispose();
      const all = [logits, gradient, ...layers.map(({ data }) => data), found.noise, found.image];
      return { names: layers.map(({ name }) => name), distance: found.distance, all: all.map((data) => [...data]) };
    };
    const model = { preset: 'tiny', seed: 2, device: 'wasm' } as const;
    const here = await look(await DCGAN.create(model));
    const there = await page.evaluate(`(async () => (${look})(await dcgan.DCGAN.create(${JSON.stringify(model)})))()`);
    expect(there).toEqual(here);
  });

  it('says in a sentence what is wrong, with a way on', async () => {
    const said = await page.evaluate(async () => {
      const told = async (ask: () => Promise<unknown>): Promise<string> => {
        try {
          await ask();
        } catch (error) {
          return `${error instanceof dcgan.DcganError ? error.exitCode : 'another error'}: ${(error as Error).message}`;
        }
        return 'nothing';
      };
      const data = (await images(64)).limit(64);
      const train = async (options: object): Promise<void> => {
        for await (const _ of dcgan.train({ data, preset: 'tiny', ...options }));
      };
      return [
        await told(() => dcgan.DCGAN.create({ preset: 'tini' })),
        await told(() => dcgan.DCGAN.create({ preset: 'tiny', device: 'native' })),
        await told(() => dcgan.DCGAN.load('nowhere')),
        await told(() => dcgan.DCGAN.load(new Uint8Array(10))),
        await told(async () => {
          const large = await dcgan.DCGAN.create({ preset: 'tf2', batchSize: 16384 });
          await large.prepareStep();
        }),
        await told(() => train({ preset: undefined, resume: 'nowhere' })),
        await told(() => train({ resume: 'nowhere' })),
        await told(() => train({ imageSize: 32 })),
        await told(() => train({ limit: 1.5 })),
        await told(() => train({ epoch: 3 })),
        await told(() => train({ onDataProgress: () => {} })),
        await told(() => train({ pictureEvery: 0.5 })),
      ];
    });
    expect(said).toEqual([
      expect.stringMatching(/^2: unknown preset "tini": expected .* Did you mean tiny\?$/),
      '1: device native cannot run here: a page runs no native code. Use wasm.',
      '1: nowhere is not among the files of this page. Give the name it was saved under, a URL object, a Blob or its bytes.',
      expect.stringMatching(/^1: the checkpoint is not a checkpoint, or damaged/),
      expect.stringMatching(
        /^1: plan "step on 16384 reals" does not fit into WebAssembly's memory: .* Use a smaller batch/,
      ),
      '2: this page keeps no run nowhere. Check the name, or give a checkpoint: a Blob or its bytes.',
      '2: preset cannot change when a run is resumed. Leave it out, or start a new run.',
      '2: imageSize differs from the data: expected 28, got 32.',
      '2: limit has an invalid value: expected a whole number from 1, got 1.5.',
      '2: the options of train: unknown key epoch. Did you mean epochs?',
      expect.stringMatching(/^2: the options of train: unknown key onDataProgress/),
      '2: pictureEvery has an invalid value: expected a whole number from 1, got 0.5.',
    ]);
  });

  it('stops when a number is not finite, and keeps nothing of it', async () => {
    const [said, name] = await page.evaluate(async () => {
      const wild = { preset: 'tiny', batchSize: 16, beta2: 0, learningRate: 1, seed: 2, epochs: 3 };
      const run = async (): Promise<string> => {
        for await (const event of dcgan.train({ ...wild, data: await images(64), keep: 'wild' }))
          if (event.type === 'done') return 'done';
        return 'ended';
      };
      const told = await run().catch((error: Error) => error.message);
      const newest = await dcgan.runs.newest('wild');
      // Loading checks the whole file; sampling must then give finite numbers.
      const gan = await dcgan.DCGAN.load(newest!.file);
      const finite = (await gan.generate(1)).every(Number.isFinite);
      await gan.dispose();
      return [told, `${newest!.name} ${finite}`];
    });
    expect(said).toMatch(
      /^the training has diverged: in step \d+ .*Start a new run with a lower learningRate, or go on/,
    );
    expect(name).toMatch(/^epoch-000[0-2]\.safetensors true$/);
  });

  it('says so when the page may store no more, and goes on without keeping', async () => {
    const session = await context.newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(isolated.url).origin, quotaSize: 500_000 });
    const said = await page.evaluate(async () => {
      const options = { preset: 'tiny', epochs: 1, limit: 64, data: await images(64) };
      const told: string[] = [];
      try {
        for await (const event of dcgan.train({ ...options, keep: 'large' })) told.push(event.type);
      } catch (error) {
        told.push((error as Error).message);
      }
      for await (const event of dcgan.train(options)) if (event.type === 'done') told.push(event.type);
      return told;
    });
    expect(said).toEqual([
      'run',
      "epoch-0000.safetensors can't be written: the page may store no more. Remove kept runs, or free some disk space.",
      'done',
    ]);
  });

  it('says so when its Worker may not start', async () => {
    await page.close();
    await open(`${isolated.url}strict.html`);
    const said = await page.evaluate(() =>
      dcgan.DCGAN.create({ preset: 'tiny' }).then(String, (error) => error.message),
    );
    expect(said).toMatch(
      /^the Worker that trains has failed.*Allow Workers from blob: and WebAssembly in the Content-Security-Policy/,
    );
    // The browser itself reports the refusal on its console.
    expect(complaints.splice(0)).toEqual([expect.stringContaining('Content Security Policy')]);
  });
});
