// The directions that Explore finds: those that features were made from, in their order, and the same
// ones every time.
import { expect, it } from 'vitest';
import { blockToNormals, drawBlock } from '../src/engine/random.ts';
import { principal } from '../src/studio/page/state/principal.ts';

const [ROWS, LATENT, WIDTH] = [200, 12, 31];
const normals = (count: number, stream: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => {
    const block = drawBlock({ seed: 5, step: 0 }, stream, i >> 2);
    return blockToNormals(block)[i & 3]!;
  });

it('finds the directions that features follow, the strongest first, with the same bits each time', async () => {
  const noise = normals(ROWS * LATENT, 0);
  // Features follow noise value 7 strongly, 2 less, the others hardly.
  const strength = (k: number): number => ({ 7: 9, 2: 4 })[k] ?? 0.1;
  const weights = normals(LATENT * WIDTH, 1);
  const features = new Float32Array(ROWS * WIDTH);
  for (let r = 0; r < ROWS; r++)
    for (let c = 0; c < WIDTH; c++)
      for (let k = 0; k < LATENT; k++)
        features[r * WIDTH + c]! += noise[r * LATENT + k]! * strength(k) * weights[k * WIDTH + c]!;
  const found = await principal(noise, features, ROWS, 3);
  expect(found.map(({ share }) => share)).toEqual(found.map(({ share }) => share).sort((a, b) => b - a));
  expect(found[0]!.share).toBeGreaterThan(0.6);
  const largest = found.map((one) => one.noise.indexOf(Math.max(...one.noise)));
  expect(largest.slice(0, 2)).toEqual([7, 2]);
  for (const one of found) expect(one.noise.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 5);
  expect(await principal(noise, features, ROWS, 3)).toEqual(found);
});
