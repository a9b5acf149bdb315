// Networks of one's own as extractors: their features of images, compared with numpy and Pillow
// (test/golden/extractor.py); how their inputs and outputs are understood; every refusal; and
// features that are computed once and kept.
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Dataset } from '../src/data/dataset.ts';
import { encodeNpy } from '../src/data/npy.ts';
import { uniforms } from '../src/gan/golden.ts';
import { datasets } from '../src/index.ts';
import type { Extractor } from '../src/metrics/extractor.ts';
import { openExtractor } from '../src/metrics/extractors.ts';
import type { PixelRange } from '../src/metrics/network-input.ts';
import { openOnnx } from '../src/metrics/onnx.ts';
import { chooseOutputs } from '../src/metrics/onnx-outputs.ts';
import { imagesKey, storedExtraction, storedFigures } from '../src/metrics/stored.ts';
import { sha256 } from '../src/platform/sha256.ts';
import { dcgan, sharedFolder } from './support/cli.ts';
import { temporaryFolder } from './support/folders.ts';
import { say } from './support/main.ts';

const WANT = JSON.parse(readFileSync(new URL('golden/extractor.json', import.meta.url), 'utf8'));
const network = (name: string): string => fileURLToPath(new URL(`golden/networks/${name}.onnx`, import.meta.url));

function pictures(stream: number, count: number, side: number, channels: number): Float32Array {
  const u = uniforms(12, stream);
  return Float32Array.from(
    { length: count * side * side * channels },
    (_, i) => (Math.floor(u(i) * 256) - 127.5) / 127.5,
  );
}

async function extracted(
  name: string,
  images: Float32Array,
  { side, channels, range }: { side: number; channels: number; range?: PixelRange },
  threads = 1,
) {
  const extractor = await openOnnx(network(name), { height: side, width: side, channels, range, threads });
  const found = await extractor.extract(images, images.length / (side * side * channels));
  await extractor.dispose();
  return { extractor, ...found };
}

function expectRows(got: { count: number; width: number; values: Float32Array } | null, want: number[][]): void {
  expect([got!.count, got!.width]).toEqual([want.length, want[0]!.length]);
  want.flat().forEach((value, i) => {
    expect(Math.abs(got!.values[i]! - value)).toBeLessThan(2e-6 * Math.max(1, Math.abs(value)));
  });
}

describe("a network of one's own", () => {
  it('gives features and logits, the same on more threads', async () => {
    const images = pictures(1, 5, 28, 1);
    const { extractor, features, logits } = await extracted('grey', images, { side: 28, channels: 1 });
    expectRows(features, WANT.grey[0]);
    expectRows(logits, WANT.grey[1]);
    expect(extractor).toMatchObject({
      name: 'grey.onnx',
      sha256: sha256(readFileSync(network('grey'))),
      input: 'NCHW 28 x 28 x 1, -1..1',
    });
    expect((await extracted('grey', images, { side: 28, channels: 1 }, 2)).features).toEqual(features);
  });

  it('is given the range it was asked to be', async () => {
    const range = { side: 28, channels: 1, range: '0..1' } as const;
    expectRows((await extracted('grey', pictures(1, 5, 28, 1), range)).features, WANT.zeroToOne[0]);
  });

  it('is given grey of colours, and its size', async () => {
    const { features } = await extracted('grey', pictures(2, 5, 16, 3), { side: 16, channels: 3 });
    expectRows(features, WANT.fromColours[0]);
  });

  it('takes bytes, a fixed batch, channels last, two axes too many, and probabilities', async () => {
    const dimmed = pictures(2, 5, 16, 3).map((value) => 0.91 * value);
    const { extractor, features, logits } = await extracted('bytes', dimmed, { side: 16, channels: 3 });
    expect(extractor.input).toBe('NHWC 10 x 12 x 3, 0..255');
    expectRows(features, WANT.bytes[0]);
    expectRows(logits, WANT.bytes[1]);
  });

  it('of any size takes images as they are, grey in three channels, and may know no classes', async () => {
    const of = { side: 8, channels: 1, range: 'imagenet' } as const;
    const { extractor, features, logits } = await extracted('means', pictures(3, 2, 8, 1), of);
    expect(extractor.input).toBe('NCHW 8 x 8 x 3, imagenet');
    expectRows(features, WANT.imagenet);
    expect(logits).toBe(null);
  });
});

describe('outputs', () => {
  const output = (name: string, ...shape: (number | string)[]) =>
    ({ name, isTensor: true, type: 'float32', shape }) as const;
  it.each([
    [[output('y', 'N', 9)], 'y', null],
    [[output('logits', 'N', 9), output('y', 'N', 9)], 'y', 'logits'],
    [[output('a', 'N', 5), output('b', 'N', 9)], 'b', 'a'],
    [[output('map', 'N', 9, 7, 7), output('y', 'N', 9)], 'y', null],
    [[output('a', 'N', 1), output('pool', 'N', 9, 1, 1), output('class_scores', 'N', 3)], 'pool', 'class_scores'],
  ] as const)('%j', (outputs, features, classes) => {
    expect(chooseOutputs(outputs, 'it')).toEqual({ features, classes });
  });
});

describe('is refused', () => {
  const open = (name: string, range?: PixelRange, find?: () => string) =>
    openOnnx(name, { height: 28, width: 28, channels: 1, range, threads: 1 }, find);
  it.each([
    [
      'flat-input',
      'flat-input.onnx does not take images: expected one input, float32 or uint8, [N, C, H, W] or [N, H, W, C] with 1 or 3 channels, ' +
        'got x float32 [N, 784]. Choose another network, or export this one so.',
    ],
    [
      'maps',
      'maps.onnx has no output that is known to be features: expected an output of features, float32 [N, D], got y float32 [N, 1, 28, 28]. ' +
        'Export it so.',
    ],
    [
      'twins',
      'twins.onnx has no output that is known to be features: expected outputs named "features" and "logits", ' +
        'got a float32 [N, 784], b float32 [N, 784]. Export it so.',
    ],
  ])('%s', async (name, message) => {
    await expect(open(network(name))).rejects.toThrow(message);
  });

  it('another range for bytes', async () => {
    await expect(open(network('bytes'), '0..1')).rejects.toThrow(
      'bytes.onnx takes bytes: expected range 0..255, got 0..1. Leave the range out.',
    );
  });

  it('what is no network, and what is not there', async () => {
    const path = join(temporaryFolder(), 'text.onnx');
    writeFileSync(path, 'a text');
    await expect(open(path)).rejects.toThrow(
      /^text\.onnx is not a network that can be run: expected an ONNX file, got .*protobuf.*\. Check the file; export it again\.$/,
    );
    await expect(open(`${path}.onnx`)).rejects.toThrow(
      "text.onnx.onnx can't be read: there is no such file or folder (ENOENT). Check the path.",
    );
  });

  it('any, without the package', async () => {
    const find = (): never => {
      throw Object.assign(new Error('none'), { code: 'MODULE_NOT_FOUND' });
    };
    await expect(open(network('grey'), undefined, find)).rejects.toThrow(
      'extractor grey.onnx needs the package onnxruntime-web, which is not installed. ' +
        'Install it beside dcgan: "npm install onnxruntime-web".',
    );
  });

  it('what never ends, when its time is over', async () => {
    const options = { height: 28, width: 28, channels: 1, range: undefined, threads: 2, limitMs: 2000 };
    const extractor = await openOnnx(network('endless'), options);
    await expect(extractor.extract(pictures(1, 2, 28, 1), 2)).rejects.toThrow(
      'extractor endless.onnx takes too long: expected at most 2 seconds for a mini-batch, got no answer. ' +
        'Choose a smaller network; one that never ends is damaged or hostile.',
    );
    await extractor.dispose();
  });

  it('what asks for more memory than there may be', async () => {
    const options = { height: 28, width: 28, channels: 1, range: undefined, threads: 1 };
    const extractor = await openOnnx(network('hungry'), { ...options, mostBytes: 2 ** 28 });
    await expect(extractor.extract(pictures(1, 2, 28, 1), 2)).rejects.toThrow(
      /^hungry\.onnx cannot be run on 2 images of 28 x 28 x 1: got /,
    );
    await extractor.dispose();
    const roomy = await openOnnx(network('hungry'), { ...options, mostBytes: 2 ** 30 });
    expect((await roomy.extract(pictures(1, 2, 28, 1), 2)).features.width).toBe(784);
    await roomy.dispose();
  });

  it('a range without a network', async () => {
    await expect(openExtractor({ extractorRange: '0..1' }, datasets.mnist().limit(20), { threads: 1 })).rejects.toThrow(
      'a range is given without a network. Name the network: --extractor FILE.onnx.',
    );
  });
});

describe('features of data', () => {
  let calls = 0;
  afterEach(() => void vi.unstubAllEnvs());
  const emptyCache = (): void => {
    calls = 0;
    vi.stubEnv('DCGAN_CACHE_DIR', temporaryFolder());
  };
  const extractor = (computedBy = 'test'): Extractor => ({
    name: 'counting',
    sha256: '0'.repeat(64),
    computedBy,
    async extract(images, count) {
      calls += count;
      return {
        features: { count, width: 2, values: images.filter((_, i) => i % 784 < 2) },
        logits: { count, width: 1, values: new Float32Array(count) },
      };
    },
    dispose: async () => {},
  });
  const data = new Dataset({
    name: 'own',
    images: Uint8Array.from({ length: 784 * 6 }, (_, i) => i % 251),
    ...{ count: 6, height: 28, width: 28, channels: 1 },
  });
  const ask = (indices: number[], by = extractor(), worth = 0) =>
    storedExtraction(data, Uint32Array.from(indices), by, undefined, worth);

  it('are taken once, for these images and this extractor', async () => {
    emptyCache();
    const first = await ask([4, 0, 2]);
    expect(await ask([4, 0, 2])).toEqual(first);
    expect(calls).toBe(3);
    await ask([4, 0, 1]);
    expect(calls).toBe(6);
    await ask([4, 0, 2], extractor('another runtime'));
    expect(calls).toBe(9);
    await ask([5], undefined, 60);
    await ask([5], undefined, 60);
    expect(calls).toBe(11);
  });

  it('are taken again when what was kept is damaged', async () => {
    emptyCache();
    const first = await ask([1, 3]);
    const folder = join(process.env.DCGAN_CACHE_DIR!, 'features');
    const [name] = readdirSync(folder) as [string];
    const bytes = readFileSync(join(folder, name));
    bytes[bytes.length - 3]! ^= 1;
    writeFileSync(join(folder, name), bytes);
    expect(await ask([1, 3])).toEqual(first);
    expect(calls).toBe(4);
    expect(await ask([1, 3])).toEqual(first);
    expect(calls).toBe(4);
  });

  it('and its floors too, to the last digit', async () => {
    emptyCache();
    const floors = { low: 0.1 + 0.2, none: null, list: [1e-300, 5] };
    const make = async () => {
      calls++;
      return floors;
    };
    const figures = (key: unknown[], worth = 0) => storedFigures(key, make, worth);
    const key = imagesKey(data, Uint32Array.of(1, 2));
    expect(await figures([key, 'native'])).toEqual(floors);
    expect(await figures([key, 'native'])).toEqual(floors);
    expect(calls).toBe(1);
    await figures([key, 'wasm']);
    await figures([imagesKey(data, Uint32Array.of(2, 1)), 'native']);
    expect(calls).toBe(3);
    await figures(['short'], 60);
    await figures(['short'], 60);
    expect(calls).toBe(5);
  });
});

describe('on the command line', () => {
  const shared = sharedFolder();
  const run = (line: string) => dcgan(line.split(' '), { cwd: shared.path });

  it('a network evaluates a file, a run and all its epochs; a training takes it, keeps it and resumes with it', async () => {
    writeFileSync(join(shared.path, 'digits.npy'), encodeNpy(datasets.mnistTest().bytes(0, 60), [60, 28, 28]));
    cpSync(network('grey'), join(shared.path, 'grey.onnx'));
    const { features } = JSON.parse(
      (await run('evaluate digits.npy --count 60 --extractor grey.onnx --extractor-range 0..1 --json')).stdout,
    );
    expect(features.extractor).toEqual({
      name: 'grey.onnx',
      sha256: sha256(readFileSync(network('grey'))),
      input: 'NCHW 28 x 28 x 1, 0..1',
    });
    expect(features.frechetDistance.value).toBeGreaterThanOrEqual(0);
    expect(features.classes).toMatchObject({ accuracy: null });
    expect(features.classes.histogram).toHaveLength(5);

    const train = 'train --preset tiny --limit 128 --seed 7 --epochs 1 --out run --keep-best --extractor grey.onnx';
    expect(await run(train)).toMatchObject({ code: 0, stderr: '' });
    const resumed = await run('train --resume run --epochs 2');
    expect(resumed.stdout).toMatch(/Fréchet distance of 128 samples \d+\.\d\d/);
    const lines = readFileSync(join(shared.path, 'run/metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const evaluations = lines.filter(({ type }) => type === 'evaluation');
    expect(evaluations.map(({ epoch, extractor: { input } }) => [epoch, input])).toEqual([
      [1, 'NCHW 28 x 28 x 1, -1..1'],
      [2, 'NCHW 28 x 28 x 1, -1..1'],
    ]);
    const all = JSON.parse((await run('evaluate run --all --json --extractor grey.onnx')).stdout);
    expect(all.epochs.map(({ epoch }: { epoch: number }) => epoch)).toEqual([0, 1, 2]);
    expect(all.epochs[1].value).toBe(evaluations[0].value);
  });

  it.each([
    ['evaluate digits.npy --extractor missing.onnx', 1, "missing.onnx can't be read: there is no such file or folder"],
    ['evaluate digits.npy --extractor grey.onnx --extractor-range 2', 2, '--extractor-range'],
    ['train --preset tiny --extractor grey.onnx --out no', 2, 'an extractor needs evaluations: got grey.onnx.'],
    [
      'train --preset tiny --keep-best --extractor missing.onnx --out no',
      1,
      "missing.onnx can't be read: there is no such file or folder",
    ],
  ])('refuses %s', async (line, code, message) => {
    const ended = await say(line.split(' '), shared.path);
    expect([ended.code, ended.stderr.includes(message)], ended.stderr).toEqual([code, true]);
  });
});
