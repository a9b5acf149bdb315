// Compares every training option with PyTorch (test/golden/options.py), on every device; and a run
// with all options together resumes from a checkpoint to the bit.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeTensors, encodeTensors } from '../src/checkpoint/safetensors.ts';
import { Dataset } from '../src/data/dataset.ts';
import { DCGAN } from '../src/gan/dcgan.ts';
import { replayGolden, uniforms } from '../src/gan/golden.ts';
import { judgeGolden } from '../src/gan/golden-judge.ts';
import type { ConfigOverrides } from '../src/gan/schema.ts';
import { TEST_DEVICES, title } from './support/devices.ts';
import { values } from './support/values.ts';

const FOLDER = new URL('golden/options/', import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.safetensors'));

/** The images of options.py: bytes from its generator, and labels of three classes. */
function images(seed: number, count: number, { classes = 0, channels = 1 }: ConfigOverrides): Dataset {
  const [size, draw] = [16 * 16 * channels, uniforms(seed, 9)];
  return new Dataset({
    name: 'golden',
    images: Uint8Array.from({ length: count * size }, (_, i) => Math.floor(draw(i) * 256)),
    count,
    height: 16,
    width: 16,
    channels,
    ...(classes > 0 && { labels: Uint8Array.from({ length: count }, (_, i) => (i * 7 + 1) % classes) }),
  });
}

const replay = async (name: string, device: string, bytes: Uint8Array = readFileSync(new URL(name, FOLDER))) => {
  const { metadata } = decodeTensors(bytes, name);
  const count = Number(metadata.real) * Number(metadata.steps);
  const data = images(Number(metadata.seed), count, JSON.parse(metadata.config!) as ConfigOverrides);
  return judgeGolden(bytes, name, await replayGolden(bytes, name, data, { device, threads: 2 }));
};

it('every option has a golden file', () => {
  expect(FILES.length).toBe(18);
});

it.each(FILES.filter((name) => name !== 'plain.safetensors' && name !== 'bn_d.safetensors'))(
  '%s is missed without its options',
  async (name) => {
    const { tensors, metadata } = decodeTensors(readFileSync(new URL(name, FOLDER)), name);
    const { metadata: plain } = decodeTensors(readFileSync(new URL('plain.safetensors', FOLDER)), 'plain');
    const { channels } = JSON.parse(metadata.config!) as ConfigOverrides;
    const config = JSON.stringify({ ...(JSON.parse(plain.config!) as ConfigOverrides), channels });
    const { passed } = await replay(name, 'reference', encodeTensors(tensors, { ...metadata, config }));
    expect(passed).toBe(false);
  },
);

describe.each(TEST_DEVICES)('options', (device) => {
  describe.skipIf(device.missing)(title(device), () => {
    // A software GPU compiles a plan's shaders for half a minute, so only the file with most
    // options runs.
    it.each(device.name === 'webgpu' ? ['together.safetensors'] : FILES)('%s', async (name) => {
      const { worst } = await replay(name, device.name);
      expect(worst.filter(({ ratio }) => !(ratio <= 1))).toEqual([]);
      expect(worst.map(({ group }) => group)).toContain('running statistics');
    });

    it('all together: saved and gone on with is never stopped, and threads change nothing', async () => {
      const all = { classes: 3, loss: 'hinge', spectralNorm: true, r1: 0.2, augment: 'diffaugment', ema: 0.9 } as const;
      const more = {
        discriminatorSteps: 2,
        r1Every: 2,
        clipGradient: 1,
        generatorLearningRate: 1e-3,
        batchSize: 4,
      } as const;
      const config = { preset: 'tiny', imageSize: 16, ...all, ...more, seed: 3, device: device.name } as const;
      const take = async (gan: DCGAN, from: number, to: number): Promise<void> => {
        for (let i = from; i < to; i++) await gan.step(values([3, 16, 16, 1], i), { classes: [0, 1, i % 3] });
      };
      const whole = await DCGAN.create({ ...config, threads: 2 });
      await take(whole, 0, 5);
      const first = await DCGAN.create({ ...config, threads: 1 });
      await take(first, 0, 3);
      const second = await DCGAN.load(await first.toBytes(), { device: device.name, threads: 3 });
      await take(second, 3, 5);
      expect(await second.toBytes()).toEqual(await whole.toBytes());
      await Promise.all([whole, first, second].map((gan) => gan.dispose()));
    });

    it("a rectangle: losses and images are the reference's", async () => {
      const config = { preset: 'tiny', imageSize: [16, 24], channels: 3, batchSize: 4, seed: 3, threads: 2 } as const;
      const own = await DCGAN.create({ ...config, device: device.name });
      const plain = await DCGAN.create({ ...config, device: 'reference' });
      for (let i = 0; i < 2; i++) {
        const reals = values([4, 16, 24, 3], i);
        const [got, wanted] = [await own.step(reals), await plain.step(reals)];
        expect(got.generatorLoss).toBeCloseTo(wanted.generatorLoss, 4);
        expect(got.discriminatorLoss).toBeCloseTo(wanted.discriminatorLoss, 4);
      }
      const noise = await plain.sampleNoise(3, 1);
      const [made, wanted] = [await own.generate(noise), await plain.generate(noise)];
      expect(made.length).toBe(3 * 16 * 24 * 3);
      expect(made.reduce((far, value, i) => Math.max(far, Math.abs(value - wanted[i]!)), 0)).toBeLessThan(1e-3);
      await Promise.all([own, plain].map((gan) => gan.dispose()));
    });
  });
});
