// The library's class on every device: its initial state, its results, its files and its errors.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { decodeTensors, encodeTensors, type StoredTensor } from '../src/checkpoint/safetensors.ts';
import { DCGAN, snapshotOf } from '../src/gan/dcgan.ts';
import { Machine } from '../src/gan/machine.ts';
import { DcganError } from '../src/platform/errors.ts';
import { TEST_DEVICES, title } from './support/devices.ts';
import { temporaryFolder } from './support/folders.ts';
import { relativeError, values } from './support/values.ts';

const SMALL = { preset: 'tiny', imageSize: 16, latent: 12, batchSize: 4, seed: 9, threads: 2 } as const;
const IMAGES = values([4, 16, 16, 1], 3);

const bits = (data: Float32Array | Uint8Array): string =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');

for (const device of TEST_DEVICES)
  describe.skipIf(device.missing)(`DCGAN on ${title(device)}`, () => {
    const create = async (options: object = {}): Promise<DCGAN> => {
      const gan = await DCGAN.create({ ...SMALL, device: device.name, ...options });
      onTestFinished(() => gan.dispose());
      return gan;
    };

    it('trains and draws a rectangle as the interpreter does', async () => {
      const made = await Promise.all(
        [device.name, 'reference' as const].map(async (name) => {
          const gan = await create({ imageSize: [8, 16], device: name });
          expect(gan.imageShape).toEqual([8, 16, 1]);
          const { generatorLoss, discriminatorLoss } = await gan.step(values([4, 8, 16, 1], 3));
          return Float32Array.from([generatorLoss, discriminatorLoss, ...(await gan.generate(2, { seed: 1 }))]);
        }),
      );
      expect(made[0]!.length).toBe(2 + 2 * 8 * 16);
      expect(relativeError(made[0]!, made[1]!)).toBeLessThan(1e-4);
    });

    it('starts as Keras does', async () => {
      const tensors = await (await create()).tensors();
      const of = (name: string): Float32Array => tensors.get(name)!.data;
      const limits = {
        'generator/fc1/kernel': Math.sqrt(6 / (12 + 256)),
        'discriminator/conv2/kernel': Math.sqrt(6 / (25 * 48)),
      };
      for (const [name, limit] of Object.entries(limits)) {
        expect(Math.max(...of(name).map(Math.abs))).toBeLessThanOrEqual(limit);
        expect(Math.max(...of(name))).toBeGreaterThan(0.98 * limit);
        expect(Math.abs(of(name).reduce((a, b) => a + b, 0) / of(name).length)).toBeLessThan(0.1 * limit);
      }
      expect(new Set(of('generator/bn1/gamma'))).toEqual(new Set([1]));
      expect(new Set(of('generator/bn2/moving_variance'))).toEqual(new Set([1]));
      for (const zero of [
        'generator/bn1/beta',
        'generator/bn1/moving_mean',
        'discriminator/conv1/bias',
        'adam_v/generator/fc1/kernel',
      ])
        expect(new Set(of(zero))).toEqual(new Set([0]));
      expect(tensors.get('noise/fixed')!.shape).toEqual([16, 12]);
    });

    it('gives equal bits for equal seeds, others for others, with any threads', async () => {
      const state = async (options: object): Promise<string> => {
        const gan = await create(options);
        await gan.step(IMAGES);
        await gan.step(IMAGES.subarray(0, 3 * 256));
        return bits(await gan.toBytes());
      };
      const first = await state({});
      expect(await state({ threads: 1 })).toBe(first);
      expect(await state({ threads: 3 })).toBe(first);
      expect(await state({ seed: 10 })).not.toBe(first);
    });

    it('makes images of classes, and between classes', async () => {
      const gan = await create({ classes: 3 });
      const noise = await gan.sampleNoise(2, 5);
      const [twos, halves] = [Float32Array.of(0, 0, 1, 0, 0, 1), Float32Array.of(0, 0.5, 0.5, 0, 0, 1)];
      const made = await gan.generate(noise, { shares: halves });
      expect(bits(await gan.generate(noise, { shares: twos }))).toBe(bits(await gan.generate(noise, { classes: 2 })));
      const mixed = bits(made.subarray(0, 256));
      for (const classes of [1, 2]) expect(bits(await gan.generate(noise.slice(0, 12), { classes }))).not.toBe(mixed);
      await expect(gan.generate(noise, { shares: twos.slice(1) })).rejects.toThrow(
        'generate: the shares do not match the images and classes: expected 6 values, [2, 3], got 5.',
      );
      await expect(gan.generate(noise, { shares: twos, classes: 1 })).rejects.toThrow('classes or shares, not both');
    });

    it('generates the same from the same seed, however many at once', async () => {
      const gan = await create();
      await gan.step(IMAGES);
      const noise = await gan.sampleNoise(5, 77);
      const all = await gan.generate(noise);
      expect(all).toHaveLength(5 * 256);
      expect(Math.max(...all.map(Math.abs))).toBeLessThanOrEqual(1);
      expect(bits(await gan.generate(5, { seed: 77 }))).toBe(bits(all));
      const alone = await gan.generate(noise.slice(24, 36));
      // The reference computes in double precision between stored values, so its bits depend on the
      // shapes.
      if (device.name === 'reference') expect(relativeError(alone, all.slice(512, 768))).toBeLessThan(1e-6);
      else expect(bits(alone)).toBe(bits(all.slice(512, 768)));
      expect(bits(await gan.generate(5, { seed: 78 }))).not.toBe(bits(all));
    });

    it('takes noise and masks in place of its own', async () => {
      const gan = await create();
      const noise = values([4, 12], 5);
      const ones = (size: number): Float32Array => new Float32Array(size).fill(1);
      const masks = { real: [ones(4 * 64 * 16), ones(4 * 16 * 32)], fake: [ones(4 * 64 * 16), ones(4 * 16 * 32)] };
      const given = await gan.step(IMAGES, { noise, dropoutMasks: masks });
      const other = await (await create()).step(IMAGES, { noise, dropoutMasks: masks });
      expect(other).toEqual(given);
      expect(await (await create()).step(IMAGES)).not.toEqual(given);
      const wrong = { ...masks, fake: [ones(3), ones(4 * 16 * 32)] };
      await expect(gan.step(IMAGES, { dropoutMasks: wrong })).rejects.toThrow(
        'mask/fake/1: expected 4096 values, shape [4, 8, 8, 16], got 3.',
      );
    });

    it('saves all of itself and loads from a path, a URL, a Blob and bytes', async () => {
      const gan = await create();
      await gan.step(IMAGES);
      const path = join(temporaryFolder(), 'model.safetensors');
      await gan.save(path);
      const bytes = await gan.toBytes();
      const next = await gan.step(IMAGES);
      for (const source of [path, pathToFileURL(path), new Blob([bytes]), bytes]) {
        const loaded = await DCGAN.load(source, { device: device.name, threads: 1 });
        onTestFinished(() => loaded.dispose());
        expect([loaded.steps, loaded.seed, loaded.config]).toEqual([1, 9, gan.config]);
        expect(await loaded.step(IMAGES)).toEqual(next);
      }
    });

    it('leaves the event loop free while it computes', async () => {
      if (device.name === 'reference') return;
      // Steps that take longer than the timer waits; a GPU may be a program, which takes minutes
      // for the default batch.
      const batchSize = device.name === 'webgpu' ? 16 : 256;
      const gan = await DCGAN.create({ seed: 1, device: device.name, batchSize });
      onTestFinished(() => gan.dispose());
      const images = new Float32Array(batchSize * 784);
      await gan.step(images);
      const late: number[] = [];
      let due = performance.now() + 50;
      const timer = setInterval(() => {
        late.push(performance.now() - due);
        due = performance.now() + 50;
      }, 50);
      const until = performance.now() + 1200;
      while (performance.now() < until) await gan.step(images);
      clearInterval(timer);
      late.sort((a, b) => a - b);
      expect(late.length).toBeGreaterThan(8);
      expect(late[late.length >> 1]).toBeLessThan(50);
    });
  });

describe('says no', () => {
  const device = TEST_DEVICES.find(({ missing }) => missing === null)!.name;
  const create = async (options: object = {}): Promise<DCGAN> => {
    const gan = await DCGAN.create({ ...SMALL, device, ...options });
    onTestFinished(() => gan.dispose());
    return gan;
  };

  it.each([
    [{ preset: 'tine' }, 'unknown preset "tine": expected tf2018, tf2, tiny, quick, best, paper. Did you mean tiny?'],
    [
      { device: 'natve' },
      'unknown device "natve": expected auto, cpu, native, wasm, wasm-relaxed, webgpu, reference. Did you mean native?',
    ],
    [{ seed: -1 }, 'seed has an invalid value: expected a whole number from 0 to 2^53 - 1, got -1.'],
    [{ threads: 0 }, 'threads has an invalid value: expected a whole number from 1 to 256, got 0.'],
  ])('to %o', async (options, message) => {
    await expect(create(options)).rejects.toThrow(message);
  });

  it('to images and noise that do not fit', async () => {
    const gan = await create();
    const fits = 'expected 1 to 4 images [16, 16, 1], got';
    await expect(gan.step(new Float32Array(5 * 256))).rejects.toThrow(
      `step: the images do not match the model: ${fits} 1280 values.`,
    );
    await expect(gan.step(new Float32Array(100))).rejects.toThrow(`${fits} 100 values.`);
    await expect(gan.generate(new Float32Array(13))).rejects.toThrow(
      'expected a multiple of 12 values, [N, 12], got 13.',
    );
    await expect(gan.generate(0)).rejects.toThrow(
      'the number of samples has an invalid value: expected a whole number from 1, got 0.',
    );
    await expect(gan.step(IMAGES, { noise: new Float32Array(47) })).rejects.toThrow(
      'noise: expected 48 values, shape [4, 12], got 47.',
    );
    const masks = { real: [], fake: [new Float32Array(4096), new Float32Array(7)] };
    await expect(gan.step(IMAGES, { dropoutMasks: masks })).rejects.toThrow(
      'mask/fake/2: expected 2048 values, shape [4, 4, 4, 32], got 7.',
    );
    expect((await gan.step(IMAGES)).generatorLoss).toBeGreaterThan(0);
  });

  it('to a checkpoint with any part of it flipped, by the name of the file', async () => {
    const bytes = await (await create()).toBytes();
    const header = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const text = new TextDecoder().decode(bytes.subarray(8, 8 + header));
    const regions = {
      'header length': 1,
      'first brace': 8,
      'a name': 8 + text.indexOf('generator/fc1'),
      'a shape': 8 + text.indexOf('[') + 1,
      config: 8 + text.indexOf('batchSize'),
      seed: 8 + text.indexOf('"seed"') + 8,
      checksum: 8 + text.indexOf('checksum') + 14,
      'first value': 8 + header,
      'middle value': 8 + header + ((bytes.length - 8 - header) >> 1),
      'last value': bytes.length - 1,
    };
    for (const [region, at] of Object.entries(regions)) {
      const path = join(temporaryFolder(), 'model.safetensors');
      const damaged = bytes.slice();
      damaged[at]! ^= 1;
      writeFileSync(path, damaged);
      const refused = await DCGAN.load(path, { device }).catch((error: unknown) => error);
      expect(refused, region).toBeInstanceOf(DcganError);
      expect((refused as DcganError).message, region).toContain(path);
    }
    const path = join(temporaryFolder(), 'short.safetensors');
    writeFileSync(path, bytes.subarray(0, bytes.length - 1));
    await expect(DCGAN.load(path, { device })).rejects.toThrow(`checkpoint ${path} is damaged`);
  });

  it('to a checkpoint that lacks a tensor, has one too many or a wrong shape, and to other files', async () => {
    const { encodeCheckpoint } = await import('../src/checkpoint/checksum.ts');
    const { tensors, metadata } = decodeTensors(await (await create()).toBytes(), 'model');
    const changed = (change: (copy: Map<string, StoredTensor>) => void): Uint8Array => {
      const copy = new Map(tensors);
      change(copy);
      return encodeCheckpoint(copy, metadata);
    };
    const load = (bytes: Uint8Array): Promise<DCGAN> => DCGAN.load(bytes, { device });
    await expect(load(changed((copy) => copy.delete('generator/bn1/beta')))).rejects.toThrow(
      'the checkpoint: tensor generator/bn1/beta: expected shape [256], got none.',
    );
    const extra = { shape: [1], data: new Float32Array(1) };
    await expect(load(changed((copy) => copy.set('more', extra)))).rejects.toThrow('unexpected tensor more');
    await expect(load(changed((copy) => copy.set('generator/bn1/beta', extra)))).rejects.toThrow(
      'expected shape [256], got [1]',
    );
    await expect(load(encodeCheckpoint(tensors, { ...metadata, config: '{' }))).rejects.toThrow(
      'config is not JSON: got "{".',
    );
    await expect(load(encodeTensors(new Map([['x', extra]]), {}))).rejects.toThrow('is not a checkpoint of dcgan');
    await expect(DCGAN.load('nowhere.safetensors')).rejects.toThrow(
      /nowhere\.safetensors can't be read: there is no such file/,
    );
  });

  it('to a snapshot that does not fit, whose device it frees', async () => {
    const gan = await create();
    const snapshot = await snapshotOf(gan);
    const freed = vi.spyOn(Machine.prototype, 'dispose');
    onTestFinished(() => freed.mockRestore());
    const tensors = new Map([...snapshot.tensors, ['generator/bn1/beta', { shape: [1], data: new Float32Array(1) }]]);
    await expect(DCGAN.fromSnapshot({ ...snapshot, tensors }, { device })).rejects.toThrow(DcganError);
    expect(freed).toHaveBeenCalledTimes(1);
  });

  it('to work after its end', async () => {
    const gan = await DCGAN.create({ ...SMALL, device });
    await gan.dispose();
    await expect(gan.step(IMAGES)).rejects.toThrow(/disposed/);
  });
});
