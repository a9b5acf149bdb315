// The entry `dcgan/generate`: its size, its images in Node and in Chromium against the engine's own,
// and what it says of files that hold no generator.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toBytes } from '../src/data/pixels.ts';
import { exportSnapshot } from '../src/export/kinds.ts';
import { encodeSnapshot } from '../src/gan/snapshot.ts';
import type * as Entry from '../src/generate/index.ts';
import { CHROMIUM, inChromium, launch, openPage, serve } from './support/chromium.ts';
import { farthest, MODELS, trained } from './support/exported.ts';
import { temporaryFolder } from './support/folders.ts';
import { ROOT } from './support/pack.ts';

const FILE = join(ROOT, 'dist/generate.js');
const DOCS = readFileSync(join(ROOT, 'docs/export.md'), 'utf8');
const { loadGenerator } = (await import(pathToFileURL(FILE).href)) as typeof Entry;

const alone = (snapshot: Parameters<typeof exportSnapshot>[0], form: Parameters<typeof exportSnapshot>[2] = {}) =>
  [...exportSnapshot(snapshot, 'safetensors', form).values()][0]!;

it('weighs less than 60 kB compressed, and is one module without imports', () => {
  const text = readFileSync(FILE);
  expect(gzipSync(text, { level: 9 }).length).toBeLessThan(60_000);
  expect(text.toString().match(/\bimport\s*[({"']|\brequire\(|["'`]node:|\bprocess\./g)).toBeNull();
});

describe.each(Object.entries(MODELS))('%s', (_, options) => {
  let gan: Awaited<ReturnType<typeof trained>>;
  beforeAll(async () => {
    gan = await trained({
      ema: 0.9,
      ...options,
      classNames: options.classes ? ['a', null, 'c', 'd', 'e'].slice(0, options.classes) : undefined,
    });
    return () => gan.gan.dispose();
  });

  it('gives the bits of a checkpoint on wasm, from a seed, for one image and for many', async () => {
    const generator = await loadGenerator(alone(gan.snapshot));
    const { imageSize, channels, latent, classes } = gan.gan.config;
    expect(generator).toMatchObject({ imageSize, channels, latent, classes, classNames: gan.gan.classNames });
    for (const count of [1, 16, 40])
      expect(await generator.generate(count, { seed: 5 })).toEqual(await gan.gan.generate(count, { seed: 5 }));
    const noise = await generator.sampleNoise(3, 8);
    const asked = classes > 0 ? { classes: 2 } : {};
    expect(await generator.generate(noise, asked)).toEqual(await gan.gan.generate(noise, asked));
    // Nothing was learned of class 1, which is drawn neither in turn nor when asked for.
    if (classes > 0) {
      const learned = Array.from({ length: classes }, (_, label) => label).filter((label) => label !== 1);
      const turned = await generator.generate(noise, { classes: learned });
      expect(await generator.generate(noise)).toEqual(turned);
      await expect(generator.generate(noise, { classes: 1 })).rejects.toThrow('the data had no image of class 1');
    }
    await generator.dispose();
  });

  it('stays within one grey level in float16', async () => {
    const generator = await loadGenerator(new Blob([new Uint8Array(alone(gan.snapshot, { half: true }))]));
    const [halves, whole] = [await generator.generate(16, { seed: 5 }), await gan.gan.generate(16, { seed: 5 })];
    expect(farthest(toBytes(halves), toBytes(whole))).toBeLessThanOrEqual(1);
    await generator.dispose();
  });
});

describe('a file, as it may be', () => {
  let made: Awaited<ReturnType<typeof trained>>;
  beforeAll(async () => {
    made = await trained({ preset: 'tiny' });
    return () => made.gan.dispose();
  });

  it('draws a picture for a canvas', async () => {
    const generator = await loadGenerator(alone(made.snapshot).slice().buffer);
    const images = await generator.generate(2, { seed: 1 });
    const picture = generator.rgba(images, 1);
    expect(picture.length).toBe(28 * 28 * 4);
    expect([picture[4], picture[5], picture[7]]).toEqual([toBytes(images)[28 * 28 + 1], picture[4], 255]);
    expect(() => generator.rgba(images, 2)).toThrow('rgba: there is no image 2: expected an index from 0 to 1.');
    await expect(generator.generate(new Float32Array(99))).rejects.toThrow(/^generate: the noise does not match/);
    await expect(generator.generate(0)).rejects.toThrow(/^the number of samples has an invalid value/);
    await generator.dispose();
  });

  it('is refused when it holds a whole checkpoint, a discriminator, or damage', async () => {
    const refused = (bytes: Uint8Array) => expect(loadGenerator(bytes)).rejects;
    await refused(encodeSnapshot(made.snapshot)).toThrow(
      'the generator holds no generator alone: expected format dcgan-generator-1, got dcgan-1. ' +
        'Export one: "npx dcgan export CHECKPOINT --to safetensors".',
    );
    await refused(alone(made.snapshot, { network: 'discriminator' })).toThrow(/got dcgan-discriminator-1/);
    const damaged = alone(made.snapshot).slice();
    damaged[damaged.length - 1]! ^= 1;
    await refused(damaged).toThrow(/^the generator is damaged: expected SHA-256 [0-9a-f]{64}, as the file/);
    await refused(new Uint8Array(3)).toThrow(/^the generator is not a valid safetensors file/);
    await expect(loadGenerator('http://127.0.0.1:9/none')).rejects.toThrow(/^generator http.*none cannot be fetched/);
  });

  it('is refused when its configuration asks for other tensors, or for none that there could be', async () => {
    const { snapshot } = made;
    const other = (values: object) =>
      expect(loadGenerator(alone({ ...snapshot, config: { ...snapshot.config, ...values } }))).rejects;
    await other({ latent: 7 }).toThrow(/^the generator: tensor generator\/fc1\/kernel: expected shape \[7, /);
    await other({ generatorSlope: 'x' }).toThrow(
      /^the generator: config: generatorSlope has an invalid value: got "x"/,
    );
  });

  describe.skipIf(!CHROMIUM)(inChromium('in a page without isolation'), () => {
    let browser: ReturnType<typeof launch> | undefined;
    afterAll(async () => (await browser)?.close());

    /** What a module of a page leaves in `globalThis.images`. */
    async function drawnBy(program: string, folder: string): Promise<{ images: Float32Array; workers: number }> {
      writeFileSync(
        join(folder, 'index.html'),
        `<!doctype html><title>x</title><link rel="icon" href="data:,"><canvas></canvas>
<script type="module">${program}</script>`,
      );
      browser ??= launch();
      const served = await serve(folder, { isolated: false });
      try {
        const { page, complaints } = await openPage(await browser, served.url);
        await page.waitForFunction('globalThis.images');
        const images = new Float32Array(await page.evaluate<number[]>('images'));
        expect(complaints).toEqual([]);
        return { images, workers: page.workers().length };
      } finally {
        served.close();
      }
    }

    it("draws Node's bits from an address, and starts no Worker", async () => {
      const folder = temporaryFolder();
      copyFileSync(FILE, join(folder, 'generate.js'));
      writeFileSync(join(folder, 'generator.safetensors'), alone(made.snapshot));
      const [, program] = /```js\n(import { loadGenerator }[\s\S]*?)```/.exec(DOCS)!;
      const ours = program!.replace("'dcgan/generate'", "'./generate.js'");
      const { images, workers } = await drawnBy(`${ours}globalThis.images = [...images];`, folder);
      expect(images).toEqual(await made.gan.generate(16, { seed: 5 }));
      expect(workers).toBe(0);
    });

    it('onnxruntime-web draws the same from an .onnx file, by the program of docs/export.md', async () => {
      const folder = temporaryFolder();
      const runtime = join(ROOT, 'node_modules/onnxruntime-web/dist');
      copyFileSync(join(runtime, 'ort.wasm.bundle.min.mjs'), join(folder, 'ort.js'));
      copyFileSync(join(runtime, 'ort-wasm-simd-threaded.wasm'), join(folder, 'ort-wasm-simd-threaded.wasm'));
      const onnx = exportSnapshot(made.snapshot, 'onnx', { layout: 'nhwc' });
      writeFileSync(join(folder, 'digits.onnx'), [...onnx.values()][0]!);
      const noise = await made.gan.sampleNoise(16, 5);
      const [, program] = /```js\n(import \* as ort[\s\S]*?)```/.exec(DOCS)!;
      const fed = program!
        .replace("'onnxruntime-web'", "'./ort.js'")
        .replace(/Float32Array\.from\(.*?, normal\)/, `new Float32Array([${noise}])`);
      const { images } = await drawnBy(`${fed}globalThis.images = [...images.data];`, folder);
      expect(farthest(images, await made.gan.generate(noise))).toBeLessThan(1e-5);
    });
  });
});
