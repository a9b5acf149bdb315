// Bundles for pages of the tests, made as the package's own.
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { PAGE_OPTIONS } from '../../scripts/build-page.mjs';
import { ROOT } from './pack.ts';

/** Bundles a file of test/support into one module; the library's sources are taken as built, where pages have their twins. */
export async function bundleForPage(entry: string, outfile: string): Promise<void> {
  await build({
    ...PAGE_OPTIONS,
    entryPoints: [join(ROOT, 'test/support', entry)],
    outfile,
    format: 'esm',
    plugins: [
      {
        name: 'built',
        setup({ onResolve }) {
          onResolve({ filter: /\/src\/.*\.ts$/ }, ({ path, resolveDir }) => ({
            path: resolve(resolveDir, path).replace(join(ROOT, 'src'), join(ROOT, 'dist')).replace(/\.ts$/, '.js'),
          }));
        },
      },
    ],
  });
}
