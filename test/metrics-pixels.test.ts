// Pixels as features, for pictures that no network knows: they tell varied samples from one picture
// again and again, and from copies.
// from copies.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Dataset } from '../src/data/dataset.ts';
import { encodeNpy } from '../src/data/npy.ts';
import { evaluate } from '../src/index.ts';
import { openPixels } from '../src/metrics/pixels.ts';
import { dcgan, sharedFolder } from './support/cli.ts';
import { values } from './support/values.ts';

const [SIDE, CHANNELS, COUNT] = [32, 3, 240];
const SIZE = SIDE * SIDE * CHANNELS;

/** Pictures of two colours, one above the other, with a little noise. */
function flags(count: number, seed: number): Uint8Array {
  const colours = values([count * 6], seed, 0, 255);
  const noise = values([count * SIZE], seed + 1, -9, 9);
  return Uint8Array.from(noise, (grain, i) => {
    const [image, at] = [Math.floor(i / SIZE), i % SIZE];
    const colour = colours[6 * image + (at < SIZE / 2 ? 0 : 3) + (at % CHANNELS)]!;
    return Math.min(255, Math.max(0, Math.round(colour + grain)));
  });
}

const data = new Dataset({
  name: 'flags',
  images: flags(COUNT, 1),
  count: COUNT,
  height: SIDE,
  width: SIDE,
  channels: CHANNELS,
});
const images = (bytes: Uint8Array): Float32Array => Float32Array.from(bytes, (byte) => (byte - 127.5) / 127.5);

describe('pixels', () => {
  it('are an image of 16 x 16 as it is, and a larger one smaller', async () => {
    const small = values([2, 16, 16, 3], 1);
    const own = openPixels({ height: 16, width: 16, channels: 3 });
    expect((await own.extract(small, 2)).features).toEqual({ count: 2, width: 768, values: small });
    const flat = openPixels({ height: 40, width: 40, channels: 1 });
    const { features, logits } = await flat.extract(new Float32Array(1600).fill(0.25), 1);
    expect([features.width, logits]).toEqual([256, null]);
    for (const value of features.values) expect(value).toBeCloseTo(0.25, 6);
    expect(own).toMatchObject({ name: 'pixels', input: 'NHWC 16 x 16 x 3, -1..1' });
    expect(own.sha256).not.toBe(flat.sha256);
  });

  it('tell samples that vary from one picture again and again, and from copies', async () => {
    const judge = async (bytes: Uint8Array) =>
      (await evaluate(images(bytes), { data, extractor: 'pixels', threads: 1 })).features!;
    const varied = await judge(flags(COUNT, 7));
    const grain = values([COUNT * SIZE], 5, -9, 9);
    const once = flags(1, 7);
    const again = await judge(Uint8Array.from(grain, (g, i) => Math.min(255, Math.max(0, once[i % SIZE]! + g))));
    const copies = await judge(data.bytes(0, COUNT / 2));
    expect(varied.coverage.value).toBeGreaterThan(0.7);
    expect(varied.recall.value).toBeGreaterThan(0.5);
    expect(again.coverage.value).toBeLessThan(0.1);
    expect(again.recall.value).toBeLessThan(0.1);
    expect(varied.frechetDistance.value).toBeLessThan(again.frechetDistance.value / 2);
    expect(copies.copying.near.value).toBe(1);
    expect(varied.copying.near.value).toBeLessThan(0.1);
    expect(varied.classes).toBe(null);
  });
});

describe('on the command line', () => {
  const shared = sharedFolder();
  it('they are an extractor as any other, and serve for the nearest images', async () => {
    writeFileSync(join(shared.path, 'flags.npy'), encodeNpy(flags(COUNT, 1), [COUNT, SIDE, SIDE, CHANNELS]));
    writeFileSync(join(shared.path, 'others.npy'), encodeNpy(flags(100, 7), [100, SIDE, SIDE, CHANNELS]));
    const line = 'evaluate others.npy --against flags.npy --count 100 --extractor pixels --nearest pairs.png';
    const { code, stdout, stderr } = await dcgan(line.split(' '), { cwd: shared.path });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/features of pixels \(SHA-256 [0-9a-f]{12}; NHWC 16 x 16 x 3, -1\.\.1\)\n/);
    expect(stdout).toMatch(/coverage +0\.\d{3} +0\.\d{3} {2}higher is better: data with a sample near by\n/);
  });
});
