// Builds kernels/wasm/dcgan.wasm, dcgan-relaxed.wasm and dcgan-generate.wasm from the C kernels, and
// beside each of them NAME.json, the hashes that tie it to the sources. The artefacts are committed,
// so that nobody needs a compiler. The same compiler gives the same bytes anywhere (relative paths,
// no debug data, sorted sources), so anybody can check that an artefact is what the sources say.
//   node scripts/build-wasm.mjs           builds and writes all files
//   node scripts/build-wasm.mjs --check   builds elsewhere; exit 1 when bytes or hashes differ
//   node scripts/build-wasm.mjs --stale   needs no compiler; exit 1 when sources or flags changed
//                                         since an artefact was built
// The numbers that dcgan.wasm computes are the same everywhere, because nothing is left to the
// machine: plain simd128, no contraction. The other build leaves the rounding of convolutions to
// the machine (see backends/wasm/devices.ts). dcgan-generate.wasm holds only what a trained
// generator needs, and computes the bits of dcgan.wasm.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const COMPILER = 'clang-19';
const LINKER = 'wasm-ld-19';
const HOW_TO_INSTALL = 'Install Debian\'s compiler: "apt-get install clang-19 lld-19"';
const kernels = fileURLToPath(new URL('../kernels/', import.meta.url));
/** Builds by name: the flags that only they have, and the sources that they leave out. */
const BUILDS = {
  'dcgan.wasm': { flags: [], without: [] },
  'dcgan-relaxed.wasm': { flags: ['-mrelaxed-simd'], without: [] },
  'dcgan-generate.wasm': { flags: ['-DDCGAN_GENERATE'], without: ['filter.c', 'transpose.c', 'shift_cut.c'] },
};
const artefactOf = (name) => join(kernels, 'wasm', name);
const recordOf = (name) => `${artefactOf(name)}.json`;
/** Threads and memory of this machine: JavaScript brings them here. */
const NATIVE_ONLY = ['pool.c'];

const MAX_MEMORY = 65536 * 65536;
const EXPORTS = [
  '__stack_pointer __wasm_init_tls __tls_size __heap_base'.split(' '),
  'dcgan_job_bytes dcgan_job_init dcgan_walk dcgan_variant dcgan_workspace'.split(' '),
].flat();
const FLAGS = [
  '--target=wasm32-unknown-unknown -std=c17 -O3 -ffreestanding -fbuiltin -nostdlib -fvisibility=hidden'.split(' '),
  '-ffp-contract=off -fno-math-errno -msimd128 -matomics -mbulk-memory -mnontrapping-fptoint'.split(' '),
  // A thread's stack is small (see backends/wasm/memory.ts) and has no guard page: no kernel may
  // come near it.
  '-Wall -Wextra -Werror -Wframe-larger-than=65536'.split(' '),
  '-Wl,--no-entry,--import-memory,--shared-memory,--strip-all,-z,stack-size=65536',
  `-Wl,--max-memory=${MAX_MEMORY}`,
  EXPORTS.map((name) => `-Wl,--export=${name}`),
].flat();

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** What is wrong and what to do; said at the end of this file. */
class Failure extends Error {}

function fail(message) {
  throw new Failure(message);
}

function sources() {
  return readdirSync(kernels)
    .filter((name) => /\.[ch]$/.test(name) && !NATIVE_ONLY.includes(name))
    .sort();
}

/** One hash for all that decides the bytes: compiler, flags, sources. */
function sourceHash(name, compiler) {
  const files = sources().map((file) => [file, readFileSync(join(kernels, file), 'utf8')]);
  return sha256(JSON.stringify([compiler, FLAGS, BUILDS[name], files]));
}

/** First lines of both tools' versions, or the end with what to install. */
function toolVersions() {
  return [COMPILER, LINKER].map((tool) => {
    try {
      return execFileSync(tool, ['--version'], { encoding: 'utf8' }).split('\n')[0].trim();
    } catch {
      return fail(`${tool} is not here. ${HOW_TO_INSTALL}`);
    }
  });
}

function build(name, output) {
  const { flags, without } = BUILDS[name];
  const units = sources().filter((file) => file.endsWith('.c') && !without.includes(file));
  try {
    execFileSync(COMPILER, [...FLAGS, ...flags, '-o', output, ...units], { cwd: kernels, stdio: 'inherit' });
  } catch {
    fail('the kernels do not compile for WebAssembly, see above');
  }
  return readFileSync(output);
}

function readRecord(name) {
  try {
    return JSON.parse(readFileSync(recordOf(name), 'utf8'));
  } catch {
    return fail(`kernels/wasm/${name}.json is missing or broken. Build it: "npm run wasm"`);
  }
}

/** The record's and the artefact's claims, from files alone. */
function checkStale(name) {
  const known = readRecord(name);
  if (sha256(readFileSync(artefactOf(name))) !== known.artefact)
    fail(`kernels/wasm/${name} is not the file its record describes. Rebuild it: "npm run wasm"`);
  if (sourceHash(name, known.compiler) !== known.sources)
    fail(`kernels/wasm/${name} is older than its sources or flags. Rebuild it: "npm run wasm"`);
}

/** The same claims, by building again. */
function checkRebuilt(name, made) {
  checkStale(name);
  const known = readRecord(name);
  if (known.artefact === made.artefact) return;
  if (known.compiler !== made.compiler)
    fail(`kernels/wasm/${name} was built with "${known.compiler}", here is "${made.compiler}". Use the former`);
  fail(`kernels/wasm/${name} is not what its sources give. Rebuild it: "npm run wasm"`);
}

function main(mode) {
  if (![undefined, '--check', '--stale'].includes(mode)) fail(`unknown option ${mode}. Known: --check, --stale`);
  if (mode === '--stale') return Object.keys(BUILDS).forEach(checkStale);
  const compiler = toolVersions().join(', ');
  const folder = mkdtempSync(join(tmpdir(), 'dcgan-wasm-'));
  try {
    for (const name of Object.keys(BUILDS)) {
      const bytes = build(name, join(folder, name));
      const made = { artefact: sha256(bytes), sources: sourceHash(name, compiler), compiler };
      if (mode === '--check') checkRebuilt(name, made);
      else {
        mkdirSync(join(kernels, 'wasm'), { recursive: true });
        writeFileSync(artefactOf(name), bytes);
        writeFileSync(recordOf(name), `${JSON.stringify(made, null, 2)}\n`);
      }
      console.log(`${name}: ${bytes.length} bytes, ${made.artefact.slice(0, 12)}, ${compiler}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  main(process.argv[2]);
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(`build-wasm: ${error.message}.`);
  process.exitCode = 1;
}
