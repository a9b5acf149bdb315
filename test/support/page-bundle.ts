// Makes bundles for the tests' pages in the way that the package's own bundle is made.
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { PAGE_OPTIONS } from '../../scripts/build-page.mjs';
import { ROOT } from './pack.ts';

/** Bundles a file of test/support into one module, with the library's build for pages. */
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
