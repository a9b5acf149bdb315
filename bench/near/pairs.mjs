// Draws the pairs that `dcgan data inspect` names as copies and as versions of one picture, side by
// side, so that a person can count how many are right: docs/data.md has the counts.
//   npm run build && node bench/near/pairs.mjs DATA FOLDER [--size N]
// FOLDER gets sheets of 48 numbered pairs (copies-0.png ..., versions-0.png ...) and the pairs'
// names (copies.txt, versions.txt). Each picture stands beside the first of its group.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { inspectData } from '../../dist/data/inspect.js';
import { loadDataset } from '../../dist/data/load.js';
import { recognize } from '../../dist/data/recognize.js';
import { tableSupply } from '../../dist/data/table.js';

const [COLUMNS, ROWS, TILE, TITLE] = [6, 8, 112, 16];
const [WIDTH, HEIGHT] = [2 * TILE + 12, TILE + TITLE];

const { values, positionals } = parseArgs({ allowPositionals: true, options: { size: { type: 'string' } } });
const [where, folder] = positionals;
if (!folder) throw new Error('usage: node bench/near/pairs.mjs DATA FOLDER [--size N]');
const options = values.size === undefined ? {} : { size: Number(values.size) };
const { near, versions, shape } = await inspectData(where, options);
const found = await recognize(where, options);
const { names } = 'supply' in found ? found.supply : tableSupply(found.dataset, where);
const data = await loadDataset(where, shape);
const places = new Map(names.map((name, place) => [name, place]));

function tile(name) {
  const place = places.get(name);
  const { height, width, channels } = data;
  return sharp(data.bytes(place, place + 1), { raw: { width, height, channels } })
    .resize(TILE, TILE, { fit: 'contain', kernel: 'nearest' })
    .png()
    .toBuffer();
}

mkdirSync(folder, { recursive: true });
for (const [kind, groups] of Object.entries({ copies: near, versions })) {
  const pairs = groups.flatMap(([first, ...others]) => others.map((other) => [first, other]));
  writeFileSync(join(folder, `${kind}.txt`), pairs.map(([a, b], i) => `${i}\t${a}\t${b}\n`).join(''));
  for (let from = 0; from < pairs.length; from += COLUMNS * ROWS) {
    const part = pairs.slice(from, from + COLUMNS * ROWS);
    const tiles = [];
    for (const [i, pair] of part.entries()) {
      const [left, top] = [(i % COLUMNS) * WIDTH, Math.floor(i / COLUMNS) * HEIGHT];
      const title = `<svg width="${WIDTH}" height="${TITLE}"><text x="2" y="12" font-size="12">${from + i}</text></svg>`;
      tiles.push({ input: Buffer.from(title), left, top });
      for (const [k, name] of pair.entries())
        tiles.push({ input: await tile(name), left: left + k * TILE, top: top + TITLE });
    }
    const size = { width: COLUMNS * WIDTH, height: Math.ceil(part.length / COLUMNS) * HEIGHT };
    await sharp({ create: { ...size, channels: 3, background: '#ccccff' } })
      .composite(tiles)
      .png()
      .toFile(join(folder, `${kind}-${from / (COLUMNS * ROWS)}.png`));
  }
  console.log(`${where}: ${names.length} pictures, ${pairs.length} pairs of ${kind}`);
}
