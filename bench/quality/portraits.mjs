// Makes a small folder of colour pictures to train on: the portraits among Microsoft's Fluent emoji
// (MIT licence), from the npm package @iconify-json/fluent-emoji-flat, drawn at 64 x 64 pixels.
// They show people of many trades, hairs and skins, all from the front.
//   npm install --no-save @iconify-json/fluent-emoji-flat
//   node bench/quality/portraits.mjs portraits
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import sharp from 'sharp';

const PACKAGE = '@iconify-json/fluent-emoji-flat';
const SIDE = 64;
const [folder] = process.argv.slice(2);
if (!folder) throw new Error('usage: node bench/quality/portraits.mjs FOLDER');

// A portrait shows head and shoulders of one person from the front, and nothing beside the face.
const PERSON =
  /^((man|woman|person|older-person|old-man|old-woman|boy|girl|child)|(man-|woman-|person-)?(artist|astronaut|bald|beard|blonde-hair|construction-worker|cook|curly-hair|detective|elf|factory-worker|farmer|firefighter|frowning|guard|health-worker|in-tuxedo|judge|mechanic|office-worker|pilot|police-officer|pouting|red-hair|scientist|singer|student|superhero|supervillain|teacher|technologist|vampire|wearing-turban|white-hair|with-veil|with-crown|with-skullcap|with-headscarf)|prince|princess)(-(light|medium-light|medium|medium-dark|dark))?$/;

const require = createRequire(join(process.cwd(), 'package.json'));
const { icons, width, height } = JSON.parse(readFileSync(require.resolve(`${PACKAGE}/icons.json`), 'utf8'));
const names = Object.keys(icons)
  .filter((name) => PERSON.test(name))
  .sort();
mkdirSync(folder, { recursive: true });
for (const name of names) {
  const icon = icons[name];
  const [w, h] = [icon.width ?? width, icon.height ?? height];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${SIDE}" height="${SIDE}" viewBox="0 0 ${w} ${h}">${icon.body}</svg>`;
  await sharp(Buffer.from(svg))
    .png()
    .toFile(join(folder, `${name}.png`));
}
console.log(`${names.length} pictures of ${SIDE} x ${SIDE} in ${folder}`);
