// The machine's own C compiler: how it is found and called, and what it reports when it fails. It
// makes one shared library from the sources. Convolutions may fuse multiply and add. Everything
// else must not, so that random draws and elementary functions have the same bits in every build of
// the kernels.
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { FULL } from '../../../platform/built-library.ts';
import { runChild } from '../../../platform/child.ts';
import { DcganError } from '../../../platform/errors.ts';

export interface Compiler {
  /** Program and leading arguments: $CC may hold both. */
  readonly command: readonly string[];
  /** The environment in which it runs. */
  readonly environment: NodeJS.ProcessEnv;
  /** The first line of its version text. */
  readonly banner: string;
  /** A short name: gcc-12.2.0. */
  readonly name: string;
}

interface Finished {
  readonly ok: boolean;
  readonly output: string;
  /** Whether it took longer than the limit. */
  readonly late: boolean;
  /** Whether it ended by itself with an error, and was not killed. */
  readonly refused: boolean;
}

/** An answer is a line of text. The limit allows for slow file systems and loaded machines. */
const ANSWER_MS = 20_000;
/** A unit takes seconds. */
const COMPILE_MS = 300_000;

async function execute(
  { command, environment }: Pick<Compiler, 'command' | 'environment'>,
  args: readonly string[],
  limitMs: number,
  { cwd, temporary }: { readonly cwd?: string; readonly temporary?: string } = {},
): Promise<Finished> {
  const env = { ...environment, LC_ALL: 'C', ...(temporary !== undefined && { TMPDIR: temporary }) };
  const [program, ...leading] = command as [string, ...string[]];
  const ended = await runChild([program, ...leading, ...args], { limitMs, env, ...(cwd !== undefined && { cwd }) });
  const { ok, stdout, stderr, late } = ended;
  const end = late ? `it did not end in ${limitMs / 1000} seconds` : `it ended by ${ended.signal ?? 'an error'}`;
  const said = `${stdout}${stderr}`.trim();
  const refused = !ok && !late && ended.signal === null && ended.failure === null;
  return { ok, late, refused, output: late ? end : said || ended.failure || end };
}

/** Returns the commands to try, in order: $CC as it is set, then the usual names. */
function commands(environment: NodeJS.ProcessEnv): string[][] {
  const own = environment.CC?.trim();
  return [...(own ? [own.split(/\s+/)] : []), ['cc'], ['gcc'], ['clang']];
}

/**
 * Returns the first command that answers, or null.
 * @throws DcganError when one does not answer for `limitMs`
 */
export async function findCompiler(environment: NodeJS.ProcessEnv, limitMs = ANSWER_MS): Promise<Compiler | null> {
  for (const command of commands(environment)) {
    const { ok, output, late } = await execute({ command, environment }, ['--version'], limitMs);
    if (late)
      throw new DcganError({
        what: `the C compiler "${command.join(' ')} --version" did not answer in ${limitMs / 1000} seconds`,
        todo: 'Set CC to another compiler',
      });
    const banner = output.split('\n')[0] ?? '';
    if (!ok || banner === '') continue;
    const kind = /clang/i.test(output) ? 'clang' : /gcc|free software foundation/i.test(output) ? 'gcc' : 'cc';
    return { command, environment, banner, name: `${kind}-${banner.match(/\d+(\.\d+)+/g)?.at(-1) ?? 'unknown'}` };
  }
  return null;
}

/** The flags of every unit, on every machine. */
export const COMMON: readonly string[] = '-O3 -fPIC -pthread -std=gnu17 -fno-math-errno'.split(' ');
const LINK = ['-shared', '-pthread', ...(process.platform === 'linux' ? ['-Wl,-z,nodelete'] : [])];
const MACHINE: readonly string[] = ['-march=native'];
/** Units whose sums may be fused. */
export const FUSED: readonly string[] = ['conv.c', 'filter.c', 'winograd.c', 'winograd_points.c'];

/** Says whether products and sums of a unit may be fused. */
export const contraction = (unit: string): string => `-ffp-contract=${FUSED.includes(unit) ? 'fast' : 'off'}`;

/** All that decides the library besides sources and compiler; a part of its name in the cache. */
export const FLAGS: readonly unknown[] = [COMMON, LINK, MACHINE, FUSED];

/**
 * Returns whether code for this machine may use a feature of the processor, given the macro that
 * announces it to C.
 */
export async function hasFeature(compiler: Compiler, macro: string): Promise<boolean> {
  const { ok, output } = await execute(compiler, ['-march=native', '-dM', '-E', '-x', 'c', '/dev/null'], ANSWER_MS);
  return ok && output.split('\n').some((line) => line.startsWith(`#define ${macro} `));
}

/** Where to compile, and what with. */
interface Job {
  readonly compiler: Compiler;
  /** -D... */
  readonly defines: readonly string[];
  readonly folder: string;
  readonly units: readonly string[];
  /** Where objects and the compiler's own files go. */
  readonly objects: string;
  readonly library: string;
}

/** How an assembler says that the compiler knows more instructions than it does. */
const OLD_ASSEMBLER = /no such instruction/i;
/** How compilers say that they do not know this machine. */
const STRANGE = /-march|\bnative\b|\bcpu\b/i;

/**
 * Compiles `units` of `folder` into `library`; returns the compiler's first complaint, or null.
 * Some compilers do not know the machine that they run on; only then the library is plain, and
 * slower. After any other failure (the compiler was killed, its time was over) nothing is tried
 * without -march=native, because what came of it would stay in the cache for good.
 */
export async function compileLibrary(job: Job): Promise<string | null> {
  const { compiler, units, objects, library } = job;
  const flags = (await knowsMachine(job)) ? MACHINE : [];
  let failed = await compileUnits(job, flags);
  if (failed?.refused && flags.length > 0 && OLD_ASSEMBLER.test(failed.output)) failed = await compileUnits(job, []);
  if (failed) return firstComplaint(failed.output);
  const files = units.map((unit) => objectOf(job, unit));
  const linked = await execute(compiler, [...LINK, '-o', library, ...files], COMPILE_MS, { temporary: objects });
  return linked.ok ? null : firstComplaint(linked.output);
}

const objectOf = ({ objects }: Job, unit: string): string => join(objects, unit.replace(/\.c$/, '.o'));

/** Whether the compiler takes -march=native. What else is wrong, its work on the units shows. */
async function knowsMachine({ compiler, objects }: Job): Promise<boolean> {
  const empty = ['-c', '-x', 'c', '/dev/null', '-o', join(objects, 'empty.o')];
  const { refused, output } = await execute(compiler, [...MACHINE, ...empty], ANSWER_MS, { temporary: objects });
  return !(refused && STRANGE.test(output));
}

/** The first unit's end that is not a success, or undefined. */
async function compileUnits(job: Job, machine: readonly string[]): Promise<Finished | undefined> {
  const { compiler, defines, folder, units, objects } = job;
  const ends = await Promise.all(
    units.map((unit) => {
      const args = [...COMMON, ...machine, ...defines, contraction(unit), '-c', unit, '-o', objectOf(job, unit)];
      return execute(compiler, args, COMPILE_MS, { cwd: folder, temporary: objects });
    }),
  );
  return ends.find(({ ok }) => !ok);
}

/** Returns the line of a compiler's output that says most. */
export function firstComplaint(output: string): string {
  const lines = output.split('\n');
  return (
    lines.find((line) => FULL.test(line)) ??
    lines.find((line) => /error/i.test(line)) ??
    lines[0] ??
    'no reason given'
  ).trim();
}

/** Returns what `-march=native` depends on: the processor's name and features. */
export function processor(): string {
  try {
    const lines = readFileSync('/proc/cpuinfo', 'utf8').split('\n');
    const wanted = /^(model name|flags|Features|CPU implementer|CPU part)\s*:/;
    return [...new Set(lines.filter((line) => wanted.test(line)))].join('\n');
  } catch {
    return `${process.arch} ${cpus()[0]?.model ?? ''}`; // not Linux
  }
}
