// Counts how many pictures `data inspect` knows again after they were saved anew: as copies, and as
// versions of one picture (docs/data.md).
//   npm run build && node bench/near/saved.mjs FOLDER [--count 300]
// Of the pictures in FOLDER so many are taken, evenly spread. They become images of 64 x 64.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { decode } from '../../dist/data/decode.js';
import { lookOf } from '../../dist/data/likeness.js';
import { NearGroups } from '../../dist/data/near-groups.js';

const SIDE = 64;
const SHAPING = { size: SIDE, fit: 'crop', channels: 3, background: 'white' };
/** Ways to save a picture of a width and height again. */
const WAYS = {
  'JPEG, quality 90': (picture) => picture.jpeg({ quality: 90 }),
  'JPEG, quality 75': (picture) => picture.jpeg({ quality: 75 }),
  'JPEG, quality 50': (picture) => picture.jpeg({ quality: 50 }),
  'WebP, quality 80': (picture) => picture.webp({ quality: 80 }),
  '5 % brighter': (picture) => picture.linear(1.05, 0).png(),
  'half as large, and enlarged by sharp': async (picture, width, height) => {
    const half = await picture
      .resize(Math.round(width / 2), Math.round(height / 2))
      .png()
      .toBuffer();
    return sharp(half).resize(width, height, { fit: 'fill' }).png();
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string', default: '300' } },
});
const [folder] = positionals;
if (!folder) throw new Error('usage: node bench/near/saved.mjs FOLDER [--count N]');
const names = readdirSync(folder).sort();
const count = Math.min(Number(values.count), names.length);

async function look(bytes, name) {
  const picture = { kind: 'encoded', index: 0, name, size: bytes.length, read: async () => bytes };
  return lookOf(await decode(picture, SHAPING), SIDE, SIDE, SHAPING.channels);
}

const found = Object.fromEntries(Object.keys(WAYS).map((way) => [way, { copies: 0, versions: 0 }]));
for (let i = 0; i < count; i++) {
  const name = names[Math.floor((i * names.length) / count)];
  const picture = await sharp(join(folder, name))
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .png()
    .toBuffer();
  const { width, height } = await sharp(picture).metadata();
  const own = await look(picture, name);
  if (own === null) continue;
  for (const [way, save] of Object.entries(WAYS)) {
    const saved = await look(await (await save(sharp(picture), width, height)).toBuffer(), name);
    if (saved === null) continue;
    const groups = new NearGroups();
    groups.add(0, own);
    groups.add(1, saved);
    found[way].copies += groups.copies().length;
    found[way].versions += groups.versions().length;
  }
}
const percent = (part) => Math.round((100 * part) / count);
for (const [way, { copies, versions }] of Object.entries(found))
  console.log(`${way}: ${percent(copies)} % copies and ${percent(versions)} % versions of ${count}`);
