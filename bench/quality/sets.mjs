// Draws a dataset whose truth is known: small pictures in colour that are put together from parts,
// and a file that says which values each picture's parts have. So the variety of samples can be
// counted (parts.mjs).
//   npm install --no-save PACKAGES            (the script names them when they are missing)
//   node bench/quality/sets.mjs SET FOLDER [--count 2000] [--from 0] [--side 64]
// SET is a file of sets/. Picture i shows the same whatever the count and the side. FOLDER gets a
// PNG for each picture; the truth is FOLDER.parts.json, beside it. A name that ends with .npy gets
// one array of bytes [count, side, side, 3] in place of a folder.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { encodeNpy } from '../../dist/data/npy.js';
import { drawWord } from '../../dist/engine/random.js';

export const SIDE = 64;
const SEED = 1;

/** The values of picture `index`: for each part the place of its value in the part's list. */
export function choose(parts, index) {
  return Object.values(parts).map((values, part) => drawWord({ seed: SEED, step: index }, part, 0) % values.length);
}

/**
 * A set by its name: its parts, and a function that draws picture `index`, of `side` x `side`
 * pixels, as a sharp image.
 */
export async function openSet(name, side = SIDE) {
  const { default: set } = await import(`./sets/${name}.mjs`);
  let draw;
  try {
    draw = await set.open();
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND' && error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new Error(
      `${name} is drawn by packages that are not installed: npm install --no-save ${set.packages.join(' ')}`,
    );
  }
  const names = Object.keys(set.parts);
  return {
    parts: set.parts,
    /** `chosen` says which values the parts have; those of the picture by default. */
    picture(index, chosen = choose(set.parts, index)) {
      const values = Object.fromEntries(names.map((part, i) => [part, set.parts[part][chosen[i]]]));
      return sharp(Buffer.from(draw(values, index)))
        .resize(side, side)
        .removeAlpha();
    },
  };
}

if (process.argv[1] === import.meta.filename) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      count: { type: 'string', default: '2000' },
      from: { type: 'string', default: '0' },
      side: { type: 'string', default: String(SIDE) },
    },
  });
  const [name, folder] = positionals;
  if (!folder) {
    const sets = readdirSync(join(import.meta.dirname, 'sets')).map((file) => file.replace('.mjs', ''));
    throw new Error(
      `usage: node bench/quality/sets.mjs SET FOLDER [--count N] [--from N] [--side N]; SET is one of ${sets.join(', ')}`,
    );
  }
  const side = Number(values.side);
  const set = await openSet(name, side);
  const indices = Array.from({ length: Number(values.count) }, (_, i) => Number(values.from) + i);
  if (folder.endsWith('.npy')) {
    const pictures = [];
    for (const index of indices) pictures.push(await set.picture(index).raw().toBuffer());
    writeFileSync(folder, encodeNpy(Buffer.concat(pictures), [indices.length, side, side, 3]));
  } else {
    mkdirSync(folder, { recursive: true });
    for (const index of indices)
      await set
        .picture(index)
        .png()
        .toFile(join(folder, `${String(index).padStart(5, '0')}.png`));
  }
  const truth = { parts: set.parts, pictures: indices.map((index) => choose(set.parts, index)) };
  writeFileSync(`${folder}.parts.json`, JSON.stringify(truth));
  console.log(`${indices.length} pictures of ${side} x ${side} in ${folder}, their parts in ${folder}.parts.json`);
}
