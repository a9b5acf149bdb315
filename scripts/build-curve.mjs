// Puts the parts of the chart library that dist/render/curve.js uses into that module (see
// src/render/curve.ts), and their licences beside it.
import { copyFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../', import.meta.url));
const { resolve } = createRequire(import.meta.url);

await build({
  absWorkingDir: root,
  entryPoints: ['dist/render/curve.js'],
  outfile: 'dist/render/curve.js',
  allowOverwrite: true,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: ['node20'],
  charset: 'utf8',
  minify: true,
  define: { 'process.env.NODE_ENV': '"production"' },
  logLevel: 'warning',
});
for (const name of ['echarts', 'zrender'])
  copyFileSync(
    resolve(`${name}/package.json`).replace(/package\.json$/, 'LICENSE'),
    `${root}dist/render/${name}.LICENSE`,
  );
