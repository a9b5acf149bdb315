// Draws an icon set of iconify as PNG files of 128 x 128 pixels, to count near duplicates in.
//   npm install --no-save @iconify-json/SET
//   node bench/near/icons.mjs SET FOLDER
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import sharp from 'sharp';

const SIDE = 128;

const [set, folder] = process.argv.slice(2);
if (!folder) throw new Error('usage: node bench/near/icons.mjs SET FOLDER; SET is openmoji, noto ...');
const require = createRequire(join(process.cwd(), 'package.json'));
const {
  icons,
  width = 16,
  height = 16,
} = JSON.parse(readFileSync(require.resolve(`@iconify-json/${set}/icons.json`), 'utf8'));
mkdirSync(folder, { recursive: true });
for (const [name, icon] of Object.entries(icons)) {
  const box = [icon.left ?? 0, icon.top ?? 0, icon.width ?? width, icon.height ?? height].join(' ');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
    width="${SIDE}" height="${SIDE}" viewBox="${box}">${icon.body}</svg>`;
  await sharp(Buffer.from(svg))
    .png()
    .toFile(join(folder, `${name}.png`));
}
