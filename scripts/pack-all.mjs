// Packs everything that a release publishes into packages/: the packages of prebuilt kernels, and
// last the main package, which names them as optional dependencies at its own version. The
// repository's package.json does not name them, because they are not in a registry while their
// version is being worked on. Nothing is published from here (RELEASING.md).
//   node scripts/pack-all.mjs [--out FOLDER]   packs what `npm run build:kernels` and `npm run build` made
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { x as extract } from 'tar';
import { kernelSources } from '../dist/engine/backends/native/sources.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const prebuilt = join(root, 'prebuilt');
const { values } = parseArgs({ options: { out: { type: 'string' } } });
const out = resolve(values.out ?? join(root, 'packages'));
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

function pack(folder, destination) {
  const text = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', destination], {
    cwd: folder,
    encoding: 'utf8',
  });
  return join(destination, Object.values(JSON.parse(text))[0].filename);
}

/** Returns the packages of kernels by name, with their folders. @throws when one is not of today */
function kernelPackages(version) {
  if (!existsSync(prebuilt)) throw new Error('there is no prebuilt/: run "npm run build:kernels" first');
  const { hash } = kernelSources();
  return readdirSync(prebuilt).map((name) => {
    const folder = join(prebuilt, name);
    const about = read(join(folder, 'kernels.json'));
    if (about.version !== version || about.sources !== hash)
      throw new Error(`prebuilt/${name} was built from other sources: run "npm run build:kernels" again`);
    return { name: read(join(folder, 'package.json')).name, folder };
  });
}

const staging = mkdtempSync(join(tmpdir(), 'dcgan-pack-'));
try {
  const { version } = read(join(root, 'package.json'));
  const kernels = kernelPackages(version);
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  for (const { folder } of kernels) console.log(pack(folder, out));
  await extract({ file: pack(root, staging), cwd: staging });
  const main = join(staging, 'package');
  const manifest = read(join(main, 'package.json'));
  manifest.optionalDependencies = {
    ...manifest.optionalDependencies,
    ...Object.fromEntries(kernels.map(({ name }) => [name, version])),
  };
  writeFileSync(join(main, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  console.log(pack(main, out));
} finally {
  rmSync(staging, { recursive: true, force: true });
}
