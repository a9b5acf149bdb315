// The pictures that the network learns from: of each set of bench/quality, pairs of which the
// second differs from the first in the value of one part. They are drawn once and kept in a folder.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { choose, openSet, SIDE } from '../../bench/quality/sets.mjs';
import { drawWord } from '../../dist/engine/random.js';
import { halved } from './views.mjs';

/** Far behind the pictures that sets.mjs draws for a generator and parts.mjs for its classifier. */
const FIRST = 5_000_000;
const SIZE = SIDE * SIDE * 3;

/** The set's picture i, or, where i is odd, the one before it with one part changed. */
async function picture(set, i) {
  const index = FIRST + i - (i % 2);
  const chosen = choose(set.parts, index);
  const names = Object.keys(set.parts);
  if (i % 2) {
    const word = drawWord({ seed: 3, step: i }, 0, 0);
    const part = word % names.length;
    const count = set.parts[names[part]].length;
    chosen[part] = (chosen[part] + 1 + (Math.floor(word / 2 ** 8) % (count - 1))) % count;
  }
  return set.picture(index, chosen).raw().toBuffer();
}

/** Pictures of a set, each at three sizes: [{ 64: bytes, 32: bytes, 16: bytes }]. */
export async function drawn(name, count, folder) {
  const file = join(folder, `${name}-${count}.bin`);
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    const set = await openSet(name);
    const all = new Uint8Array(count * SIZE);
    for (let i = 0; i < count; i++) all.set(await picture(set, i), i * SIZE);
    writeFileSync(file, all);
  }
  const all = readFileSync(file);
  return Array.from({ length: count }, (_, i) => {
    const full = all.subarray(i * SIZE, (i + 1) * SIZE);
    const half = halved(full, SIDE);
    return { [SIDE]: full, [SIDE / 2]: half, [SIDE / 4]: halved(half, SIDE / 2) };
  });
}
