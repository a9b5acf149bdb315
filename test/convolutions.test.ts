// The option `convolutions`. With `direct` no kernel takes Winograd's method. The discriminator
// judges each image by itself, so a real in a large mini-batch then has the logit, to the bit, that
// it has in one of 6, which is too small for the fast kernels. The plain interpreter computes in
// double precision, and direct convolutions come nearer to it.
import { describe, expect, it } from 'vitest';
import { encodeTensors } from '../src/checkpoint/safetensors.ts';
import { openDataset } from '../src/data/open.ts';
import type { Convolutions } from '../src/engine/plan.ts';
import { DCGAN } from '../src/gan/dcgan.ts';
import { replayGolden } from '../src/gan/golden.ts';
import { TEST_DEVICES, title } from './support/devices.ts';
import { relativeError, values } from './support/values.ts';

/** Wide enough for the fast kernels with vectors of any length. */
const WIDE = { latent: 4, generatorWidths: [32, 32, 32], discriminatorWidths: [32, 32] };

const DIGITS = openDataset();

/** What a first step makes: its fakes and the logits of its reals, of `reals` images each. */
async function firstStep(device: string, convolutions: Convolutions, reals: number) {
  const config = JSON.stringify({ ...WIDE, convolutions });
  const metadata = { preset: 'tiny', config, seed: '5', batch: '13', real: String(reals), steps: '1' };
  const request = encodeTensors(new Map(), metadata);
  const { tensors } = await replayGolden(request, 'request', DIGITS, { device, threads: 2 });
  return { fakes: tensors.get('step1/fake')!, logits: tensors.get('step1/real_logits')! };
}

const exact = firstStep('reference', 'fast', 13);

describe.each(TEST_DEVICES.filter(({ name }) => name === 'native' || name === 'wasm'))('convolutions', (device) => {
  describe.skipIf(device.missing)(title(device), () => {
    it('by their own sums have the bits of small mini-batches and smaller errors; fast ones have neither', async () => {
      const small = await firstStep(device.name, 'fast', 6);
      const [fast, direct] = [await firstStep(device.name, 'fast', 13), await firstStep(device.name, 'direct', 13)];
      expect(direct.logits.slice(0, 6)).toEqual(small.logits);
      expect(fast.logits.slice(0, 6)).not.toEqual(small.logits);
      const error = ({ fakes }: typeof fast): Promise<number> => exact.then((to) => relativeError(fakes, to.fakes));
      expect(await error(direct)).toBeLessThan(await error(fast));
    });

    it('are part of the checkpoint, and a loaded model goes on to the bit', async () => {
      const images = [values([14, 28, 28, 1], 1), values([14, 28, 28, 1], 2)] as const;
      const options = { preset: 'tiny', batchSize: 14, ...WIDE, device: device.name } as const;
      const whole = await DCGAN.create({ ...options, convolutions: 'direct', seed: 3, threads: 2 });
      await whole.step(images[0]);
      const resumed = await DCGAN.load(await whole.toBytes(), { device: device.name, threads: 1 });
      expect(resumed.config.convolutions).toBe('direct');
      for (const gan of [whole, resumed]) await gan.step(images[1]);
      expect(await resumed.toBytes()).toEqual(await whole.toBytes());
      for (const gan of [whole, resumed]) await gan.dispose();
    });
  });
});
