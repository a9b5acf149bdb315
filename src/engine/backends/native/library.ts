// The native kernels as a shared library, which is built into the cache once
// (platform/built-library.ts). A new library is tried in a separate process before it gets its
// name, because a wrong guess about the processor ends a process without a message (SIGILL).
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { builtLibrary, FULL, isFull } from '../../../platform/built-library.ts';
import { cacheFolder } from '../../../platform/cache.ts';
import { runChild } from '../../../platform/child.ts';
import { DcganError } from '../../../platform/errors.ts';
import { encode } from '../../encode.ts';
import { type Compiler, compileLibrary, FLAGS, findCompiler, processor } from './compiler.ts';
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
  const make = (folder: string): Promise<string> => build(compiler, defines, units, cache.path, folder);
  await builtLibrary(path, make).catch(asNoLibrary);
  return { path, suffix: '', maker: `${compiler.name} ${hash}`, compiler, hash, cache };
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

/** Compiles the kernels in `folder` and tries them. Returns the library's path. */
async function build(
  compiler: Compiler,
  defines: readonly string[],
  units: readonly string[],
  cache: string,
  folder: string,
): Promise<string> {
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
  return made;
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
