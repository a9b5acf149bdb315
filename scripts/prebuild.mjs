// Builds the packages of prebuilt kernels, one for each system and kind of processor, into
// prebuilt/. They give native speed to machines without a C compiler. One library holds a set of
// kernels for every level of processor that it may meet, and the program chooses among them
// (src/engine/backends/native/prebuilt.ts). All are built here from Linux by one pinned compiler,
// and the same sources give the same bytes again.
// The script of package.json that calls this is build:kernels, because npm would run one called
// prebuild before every build.
//   node scripts/prebuild.mjs                   builds all packages
//   node scripts/prebuild.mjs linux-x64 ...     builds these
//   node scripts/prebuild.mjs --out FOLDER ...  builds them elsewhere
import { execFile, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { COMMON, contraction } from '../dist/engine/backends/native/compiler.js';
import { kernelSources } from '../dist/engine/backends/native/sources.js';
import { sha256 } from '../dist/platform/sha256.js';

const run = promisify(execFile);
const ZIG_VERSION = '0.17.1';
const root = fileURLToPath(new URL('..', import.meta.url));
const kernels = join(root, 'kernels');

/**
 * The sets of kernels of a processor, from what every one has upwards. `needs` are the bits of
 * kernels/prebuilt/processor.c. Registers of 512 bits are asked for by name, because clang prefers
 * 256.
 */
const LEVEL_4 = ['-march=x86_64_v4', '-mprefer-vector-width=512'];
const X64 = [
  { name: 'generic', needs: 0, flags: ['-march=x86_64'] },
  { name: 'avx2', needs: 1, flags: ['-march=x86_64_v3'] },
  { name: 'avx512', needs: 3, flags: LEVEL_4 },
  { name: 'bf16_pairs', needs: 7, flags: [...LEVEL_4, '-mavx512bf16', '-DDCGAN_BF16'] },
];
/** Of the three systems only Linux is known to give the registers of the matrix unit on request. */
const UNIT = {
  name: 'bf16_unit',
  needs: 15,
  flags: [...LEVEL_4, '-mavx512bf16', '-mamx-tile', '-mamx-bf16', '-DDCGAN_BF16', '-DDCGAN_AMX'],
};
const ARM64 = [{ name: 'neon', needs: 0, flags: [] }];

/** glibc 2.17 and macOS 11 are older than any system that Node 20 runs on. */
const PACKAGES = {
  'linux-x64': { sets: [...X64, UNIT], files: { 'gnu.so': 'x86_64-linux-gnu.2.17', 'musl.so': 'x86_64-linux-musl' } },
  'linux-arm64': { sets: ARM64, files: { 'gnu.so': 'aarch64-linux-gnu.2.17', 'musl.so': 'aarch64-linux-musl' } },
  'darwin-x64': { sets: X64, files: { 'kernels.dylib': 'x86_64-macos.11.0' } },
  'darwin-arm64': { sets: ARM64, files: { 'kernels.dylib': 'aarch64-macos.11.0' } },
  'win32-x64': { sets: X64, files: { 'kernels.dll': 'x86_64-windows-gnu' } },
  'win32-arm64': { sets: ARM64, files: { 'kernels.dll': 'aarch64-windows-gnu' } },
};

/** What is wrong and what to do; said at the end of this file. */
class Failure extends Error {}

/** Returns the command of the pinned compiler. */
function findZig() {
  const candidates = [process.env.ZIG?.trim().split(/\s+/), ['zig'], ['python3', '-m', 'ziglang']].filter(Boolean);
  for (const command of candidates) {
    const { status, stdout } = spawnSync(command[0], [...command.slice(1), 'version'], { encoding: 'utf8' });
    if (status === 0 && stdout.trim() === ZIG_VERSION) return command;
  }
  throw new Failure(
    `zig ${ZIG_VERSION} was not found ($ZIG, zig, python3 -m ziglang). ` +
      `Install it, for example in a virtual environment: "pip install ziglang==${ZIG_VERSION}"`,
  );
}

/** Calls the compiler in the folder of the kernels, so that no path of this machine enters a file. */
async function zigCc(zig, args) {
  try {
    await run(zig[0], [...zig.slice(1), 'cc', ...args], { cwd: kernels, maxBuffer: 2 ** 26 });
  } catch (error) {
    throw new Failure(`zig cc ${args.join(' ')}\n${error.stderr ?? error.message}`);
  }
}

/** Builds one library: every unit once for each set, and the file that asks the processor. */
async function buildLibrary(zig, target, sets, units, library) {
  const objects = mkdtempSync(join(tmpdir(), 'dcgan-prebuild-'));
  try {
    const common = ['-target', target, ...COMMON, '-g0', '-Wall', '-Wextra', '-Werror'];
    const jobs = [['prebuilt/processor.c', [], join(objects, 'processor.o')]];
    for (const { name, flags } of sets)
      for (const unit of units) {
        const own = [...flags, `-DDCGAN_SET=${name}`, '-include', 'prebuilt/names.h', contraction(unit)];
        jobs.push([unit, own, join(objects, `${name}-${unit.replace(/\.c$/, '.o')}`)]);
      }
    const files = jobs.map(([, , object]) => object);
    const work = Array.from({ length: availableParallelism() }, async () => {
      for (let job = jobs.shift(); job; job = jobs.shift()) {
        const [unit, flags, object] = job;
        await zigCc(zig, [...common, ...flags, '-c', unit, '-o', object]);
      }
    });
    await Promise.all(work);
    // A library of macOS holds its own name, which would be the path of this machine.
    const link = target.includes('linux')
      ? ['-Wl,-z,nodelete', '-Wl,--build-id=none', '-Wl,-Bsymbolic']
      : target.includes('macos')
        ? [`-Wl,-install_name,@rpath/${basename(library)}`]
        : [];
    await zigCc(zig, ['-target', target, '-shared', '-pthread', '-s', ...link, '-o', library, ...files]);
  } finally {
    rmSync(objects, { recursive: true, force: true });
  }
}

async function buildPackage(zig, name, out) {
  const { sets, files } = PACKAGES[name];
  const [os, cpu] = name.split('-');
  const { version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { units, hash } = kernelSources();
  const folder = join(out, `kernels-${name}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const sums = {};
  for (const [file, target] of Object.entries(files)) {
    await buildLibrary(zig, target, sets, units, join(folder, file));
    sums[file] = sha256(readFileSync(join(folder, file)));
  }
  const json = (file, value) => writeFileSync(join(folder, file), `${JSON.stringify(value, null, 2)}\n`);
  json('kernels.json', {
    format: 1,
    version,
    sources: hash,
    compiler: `zig ${ZIG_VERSION}`,
    files: sums,
    sets: sets.map((set) => ({ name: set.name, needs: set.needs })),
  });
  json('package.json', {
    name: `@dcgan/kernels-${name}`,
    version,
    description: `The native kernels of dcgan for ${name}, built beforehand.`,
    license,
    os: [os],
    cpu: [cpu],
    files: [...Object.keys(files), 'kernels.json'],
    exports: { './kernels.json': './kernels.json' },
  });
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(
    join(folder, 'README.md'),
    `The native kernels of [dcgan](https://www.npmjs.com/package/dcgan) for ${name}. The program installs and ` +
      'finds this package by itself, and then needs no C compiler. `npm run build:kernels` in its repository makes the ' +
      'same bytes again.\n',
  );
  console.log(
    `${name}: ${Object.entries(sums)
      .map(([file, sum]) => `${file} ${sum.slice(0, 12)}`)
      .join(', ')}`,
  );
}

const { values, positionals } = parseArgs({ options: { out: { type: 'string' } }, allowPositionals: true });
try {
  const unknown = positionals.find((name) => !Object.hasOwn(PACKAGES, name));
  if (unknown) throw new Failure(`unknown package ${unknown}: expected some of ${Object.keys(PACKAGES).join(', ')}`);
  const zig = findZig();
  const names = positionals.length > 0 ? positionals : Object.keys(PACKAGES);
  for (const name of names) await buildPackage(zig, name, resolve(values.out ?? join(root, 'prebuilt')));
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(`prebuild: ${error.message}`);
  process.exitCode = 1;
}
