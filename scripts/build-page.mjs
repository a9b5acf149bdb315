// Builds dist/page.js, the library for pages, and dist/generate.js, which only draws, from tsc's
// output. Each is one module that needs no other file, because bundlers differ in how they find
// Workers and WebAssembly (esbuild finds neither). The library holds the Worker's program as text,
// and that text holds the kernels in base64. Modules that need Node are replaced by their twins for
// pages: see package.json, "browser".
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { build } from 'esbuild';

const root = new URL('../', import.meta.url);
const read = (path) => readFileSync(new URL(path, root));
const { version } = JSON.parse(read('package.json'));

/** What every bundle for pages has in common; tests build their own bundles with it. */
export const PAGE_OPTIONS = {
  absWorkingDir: fileURLToPath(root),
  bundle: true,
  platform: 'browser',
  target: ['es2022'],
  charset: 'utf8',
  logLevel: 'warning',
  define: {
    __DCGAN_VERSION__: JSON.stringify(version),
    __DCGAN_WASM__: JSON.stringify(read('kernels/wasm/dcgan.wasm').toString('base64')),
  },
};

export async function buildPage() {
  const worker = await build({
    ...PAGE_OPTIONS,
    entryPoints: ['dist/browser/worker.js'],
    format: 'iife',
    minify: true,
    write: false,
  });
  const { __DCGAN_VERSION__ } = PAGE_OPTIONS.define;
  await buildGenerate();
  await build({
    ...PAGE_OPTIONS,
    entryPoints: ['dist/browser/index.js'],
    format: 'esm',
    minify: true,
    outfile: 'dist/page.js',
    define: { __DCGAN_VERSION__, __DCGAN_WORKER__: JSON.stringify(worker.outputFiles[0].text) },
  });
}

const withoutSuggestions = {
  name: 'without suggestions',
  setup: (build) =>
    build.onResolve({ filter: /\/suggest\.js$/ }, () => ({
      path: fileURLToPath(new URL('dist/platform/suggest-none.js', root)),
    })),
};

/** The kernels are deflated before they become text, because text of base64 compresses badly. */
async function buildGenerate() {
  const kernels = deflateRawSync(read('kernels/wasm/dcgan-generate.wasm'), { level: 9 }).toString('base64');
  await build({
    ...PAGE_OPTIONS,
    entryPoints: ['dist/generate/index.js'],
    format: 'esm',
    minify: true,
    outfile: 'dist/generate.js',
    plugins: [withoutSuggestions],
    define: { __DCGAN_GENERATE__: JSON.stringify(kernels) },
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPage();
