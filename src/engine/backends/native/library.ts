// The native kernels as a shared library. It lies in the cache under the hash of all that decides
// it, and is built into the cache once. A new library is tried in a separate process before it gets
// its name, because a wrong guess about the processor ends a process without a message (SIGILL).
// Several processes may build at once: each works in a folder of its own, and the name appears
// whole, by rename. The library's SHA-256 lies beside it. A library that a failing disk or a power
// cut has changed is built again before a line of it runs.
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, rmSync, statfsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cacheFolder } from '../../../platform/cache.ts';
import { runChild } from '../../../platform/child.ts';
import { fileError, readFile, writeFileDurably } from '../../../platform/durable.ts';
import { DcganError } from '../../../platform/errors.ts';
import { notice } from '../../../platform/notices.ts';
import { sha256 } from '../../../platform/sha256.ts';
import { buildPath, sweepLeft } from '../../../platform/temporary.ts';
import { readTrusted } from '../../../platform/trusted.ts';
import { encode } from '../../encode.ts';
import { type Compiler, compileLibrary, FLAGS, FULL, findCompiler, processor } from './compiler.ts';
import type { Loadable } from './load.ts';
import { DoesNotRun, NoLibrary } from './no-library.ts';
import { probePlan } from './probe.ts';
import { KERNELS, kernelSources } from './sources.ts';

export interface Library extends Loadable {
  readonly compiler: Compiler;
  /** The start of the hash of sources, flags, compiler and processor. */
  readonly hash: string;
  readonly cache: { readonly path: string; readonly kind: string };
}

const INSTALL =
  process.platform === 'darwin' ? 'Install one: "xcode-select --install"' : 'Install one: "apt-get install gcc"';

/** Returns the compiler that builds libraries here. @throws NoLibrary */
export async function usableCompiler(
  environment: NodeJS.ProcessEnv = process.env,
  limitMs?: number,
): Promise<Compiler> {
  if (process.platform === 'win32')
    throw new NoLibrary('Windows has no POSIX threads', 'Use the Linux subsystem (WSL)');
  const compiler = await findCompiler(environment, limitMs).catch(asNoLibrary);
  if (!compiler) throw new NoLibrary('no C compiler was found ($CC, cc, gcc, clang)', INSTALL);
  return compiler;
}

/**
 * Returns the library for this machine, with the macros of `defines` (-D...). It is built when the
 * cache has none. @throws NoLibrary
 */
export async function library(
  environment: NodeJS.ProcessEnv = process.env,
  defines: readonly string[] = [],
): Promise<Library> {
  const compiler = await usableCompiler(environment);
  const { units, texts } = kernelSources();
  const hash = createHash('sha256')
    .update(JSON.stringify([compiler.banner, compiler.command, FLAGS, defines, processor(), texts]))
    .digest('hex')
    .slice(0, 12);
  const cache = trustedCache();
  const path = join(cache.path, `dcgan-${hash}.so`);
  const damage = whatIsWrong(path);
  if (damage !== null) {
    await build(compiler, defines, units, cache.path, path).catch(asNoLibrary);
    if (damage !== '') notice(`${path} ${damage}, so it was compiled again`);
  }
  return { path, suffix: '', maker: `${compiler.name} ${hash}`, compiler, hash, cache };
}

/** Returns the name of the file that holds a library's SHA-256. */
export function hashFileOf(library: string): string {
  return library.replace(/\.so$/, '.sha256');
}

/**
 * Says why a library in the cache may not be loaded. Returns null when it may, and an empty text
 * when there is none.
 */
function whatIsWrong(path: string): string | null {
  if (!lstatSync(path, { throwIfNoEntry: false })) return '';
  const bytes = readTrusted(path);
  if (bytes === null) return 'is not a plain file that only this user can write';
  if (bytes.length === 0) return 'is empty';
  const hash = readTrusted(hashFileOf(path));
  if (hash === null) return 'has no SHA-256 beside it';
  return new TextDecoder().decode(hash).trim() === sha256(bytes)
    ? null
    : 'is not what was compiled (its SHA-256 differs)';
}

function trustedCache(): Library['cache'] {
  try {
    return cacheFolder('native');
  } catch (error) {
    return asNoLibrary(error);
  }
}

/** Turns an error with files and folders into a reason for no library. */
function asNoLibrary(error: unknown): never {
  if (!(error instanceof DcganError)) throw error;
  const { what, expected, got, todo = 'Set DCGAN_CACHE_DIR to another folder' } = error.complaint;
  const detail = [expected && `expected ${expected}`, got && `got ${got}`].filter(Boolean).join(', ');
  throw new NoLibrary(detail ? `${what}: ${detail}` : what, todo, error);
}

async function build(
  compiler: Compiler,
  defines: readonly string[],
  units: readonly string[],
  cache: string,
  path: string,
): Promise<void> {
  sweepLeft(cache);
  const folder = buildPath(cache);
  try {
    makePrivate(folder);
    const made = join(folder, 'dcgan.so');
    const command = compiler.command.join(' ');
    const complaint = await compileLibrary({
      compiler,
      defines,
      folder: KERNELS,
      units,
      objects: folder,
      library: made,
    });
    if (complaint && (FULL.test(complaint) || isFull(folder)))
      throw new NoLibrary(
        `the kernels cannot be compiled: the disk of ${cache} is full (${complaint})`,
        'Free some space, or set DCGAN_CACHE_DIR to a folder on another disk',
      );
    if (complaint)
      throw new NoLibrary(`${command} cannot compile the kernels: ${complaint}`, 'Set CC to another compiler');
    const failure = await tryLibrary(made);
    if (failure)
      throw new (failure === 'SIGILL' ? DoesNotRun : NoLibrary)(
        `the kernels that ${command} makes do not run here: ${failure}`,
        'Set CC to another compiler',
      );
    const bytes = readFile(made);
    // What lies there, such as a link or a folder, is not ours.
    for (const old of [path, hashFileOf(path)])
      if (lstatSync(old, { throwIfNoEntry: false })?.isFile() === false) rmSync(old, { recursive: true });
    // The hash is written first, so whoever finds a library also finds its hash.
    writeFileDurably(hashFileOf(path), new TextEncoder().encode(`${sha256(bytes)}\n`), { mode: 0o600 });
    writeFileDurably(path, bytes, { mode: 0o600 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function makePrivate(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    throw fileError('created', folder, error);
  }
}

/** Some linkers fail on a full disk without saying so. */
function isFull(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < 2 ** 20;
  } catch {
    return false;
  }
}

/**
 * Runs every kind of kernel once. The program is text, so that it is the same from sources and from
 * dist.
 */
const TRIAL = `
const [koffiPath, path, floats, control, code] = process.argv.slice(1);
const koffi = require(koffiPath);
const lib = koffi.load(path);
const memory = lib.func('void *dcgan_memory(uint64_t bytes)')(4 * Number(floats));
const pool = lib.func('void *dcgan_pool_open(int32_t threads)')(2);
const words = Int32Array.from(JSON.parse(code));
const run = lib.func('int32_t dcgan_pool_run(void *pool, void *code, int32_t words, void *state, uint32_t stateFloats, void *scratch, uint32_t control)');
const result = run(pool, words, words.length, memory, 0, memory, Number(control));
lib.func('void dcgan_pool_close(void *pool)')(pool);
process.stdout.write('walked ' + result);
`;

const TRIAL_MS = 60_000;

/** Returns what went wrong, or null. */
async function tryLibrary(path: string): Promise<string | null> {
  const koffi = createRequire(import.meta.url).resolve('koffi');
  const plan = probePlan();
  const words = JSON.stringify([...encode(plan)]);
  const args = ['-e', TRIAL, koffi, path, `${plan.scratchFloats}`, `${plan.control}`, words];
  const ended = await runChild([process.execPath, ...args], { limitMs: TRIAL_MS });
  const { ok, stdout, stderr, late, signal, failure } = ended;
  if (ok && stdout.endsWith('walked 0')) return null;
  if (late) return `a trial did not end in ${TRIAL_MS / 1000} seconds`;
  return signal ?? failure ?? (stderr.trim().split('\n').at(-1) || stdout);
}
