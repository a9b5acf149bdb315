// Measures what a page loads: the library, the entry that only draws, the studio's page, and one
// file of tf2018 with the pictures of 50 epochs. The run has one step an epoch, so its pictures are
// nearly noise, which PNG compresses worse than digits: the file of a real run is smaller.
//   npm run build && node bench/sizes/sizes.mjs [--epochs 50] [--markdown FILE]
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { exportHtml, train } from '../../dist/index.js';
import { publish, table } from '../lib.mjs';

const { values } = parseArgs({ options: { epochs: { type: 'string', default: '50' }, markdown: { type: 'string' } } });
const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
const file = (name) => readFileSync(join(dist, name));
const kB = (bytes) => (bytes.length / 1000).toFixed(1);

const folder = mkdtempSync(join(tmpdir(), 'dcgan-sizes-'));
try {
  const out = join(folder, 'run');
  for await (const _ of train({ preset: 'tf2018', limit: 256, epochs: Number(values.epochs), seed: 1, out }));
  const { html, type } = await exportHtml(out);
  const page = ['index.html', 'page.js', 'page-style.css', 'engine.js'].map((name) => file(`studio/page/${name}`));
  const rows = [
    ['the library for pages, `dcgan/browser`', file('page.js')],
    ['the entry that only draws, `dcgan/generate`', file('generate.js')],
    ["the studio's page with its engine", Buffer.concat(page)],
    [`one file of tf2018 with the pictures of ${values.epochs} epochs, weights in ${type}`, html],
  ].map(([name, bytes]) => [name, kB(bytes), kB(gzipSync(bytes, { level: 9 })), kB(brotliCompressSync(bytes))]);
  publish('sizes', table(['what', 'kB', 'gzip', 'brotli'], rows), values.markdown);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
