// Cuts photographs of scikit-image into crops of 128 x 128 pixels, to save again (saved.mjs).
//   pip install --target PACKAGES scikit-image
//   node bench/near/photographs.mjs PACKAGES/skimage/data FOLDER
import { mkdirSync } from 'node:fs';
import { join, parse } from 'node:path';
import sharp from 'sharp';

const NAMES = 'astronaut chelsea coffee ihc logo motorcycle_left brick camera coins grass gravel moon';
const FILES = [...NAMES.split(' ').map((name) => `${name}.png`), 'hubble_deep_field.jpg', 'retina.jpg', 'rocket.jpg'];
const [SIDE, CROPS] = [128, 22];

const [data, folder] = process.argv.slice(2);
if (!folder) throw new Error('usage: node bench/near/photographs.mjs DATA FOLDER');
mkdirSync(folder, { recursive: true });
for (const file of FILES) {
  const photograph = await sharp(join(data, file))
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .png()
    .toBuffer();
  const { width, height } = await sharp(photograph).metadata();
  for (let crop = 0; crop < CROPS; crop++) {
    // Every other crop is made half as large. Places are spread by products of primes.
    const side = crop % 2 ? SIDE : Math.min(2 * SIDE, width, height);
    const left = Math.floor((((crop * 7919) % 997) / 997) * (width - side));
    const top = Math.floor((((crop * 104729) % 991) / 991) * (height - side));
    await sharp(photograph)
      .extract({ left, top, width: side, height: side })
      .resize(SIDE, SIDE)
      .png()
      .toFile(join(folder, `${parse(file).name}-${String(crop).padStart(2, '0')}.png`));
  }
}
