// The shim between this program and the machine's MPI (kernels/mpi/shim.c), compiled at first use
// by the compiler of that MPI and kept in the cache as the kernels are.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { firstComplaint } from '../engine/backends/native/compiler.ts';
import { builtLibrary } from '../platform/built-library.ts';
import { cacheFolder } from '../platform/cache.ts';
import { runChild } from '../platform/child.ts';
import { DcganError } from '../platform/errors.ts';

/** The path is the same from src/ranks and from dist/ranks. */
const SOURCE = fileURLToPath(new URL('../../kernels/mpi/shim.c', import.meta.url));

const FLAGS: readonly string[] = [
  ...'-O2 -std=gnu17 -fPIC -shared -ffp-contract=off'.split(' '),
  ...(process.platform === 'linux' ? ['-Wl,-z,nodelete'] : []),
];
const ANSWER_MS = 20_000;
const COMPILE_MS = 120_000;
/** Macros of mpi.h that say which MPI it is. */
const VERSION_MACRO = /^#define \w*(?:MPI|MPICH)_\w*VERSION\b.*$/gm;

export interface Shim {
  readonly path: string;
  /** The compiler that made it. */
  readonly command: string;
}

/**
 * Returns the shim for the MPI of `$MPICC`, or else of the first of `compilers` that answers.
 * @throws DcganError where there is no such compiler, or it cannot compile the shim
 */
export async function shimFor(compilers: readonly string[], environment = process.env): Promise<Shim> {
  const { command, macros } = await findCompiler(compilers, environment);
  const source = readFileSync(SOURCE, 'utf8');
  const key = JSON.stringify([command, macros, FLAGS, source, process.arch]);
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 12);
  const path = join(cacheFolder('native').path, `mpi-${hash}.so`);
  await builtLibrary(path, async (folder) => {
    const made = join(folder, 'mpi.so');
    const [program, ...leading] = command as [string, ...string[]];
    const env = { ...environment, LC_ALL: 'C', TMPDIR: folder };
    const ended = await runChild([program, ...leading, ...FLAGS, '-o', made, SOURCE], { limitMs: COMPILE_MS, env });
    if (ended.ok) return made;
    const why = ended.late ? 'it did not end' : firstComplaint(ended.stderr || ended.failure || 'it failed');
    throw new DcganError({
      what: `${command.join(' ')} cannot compile what connects this program with MPI`,
      got: why,
      todo: environment.MPICC?.trim()
        ? 'Unset MPICC, or set it to the compiler of another MPI'
        : 'Set MPICC to the compiler of another MPI',
    });
  });
  return { path, command: command.join(' ') };
}

async function findCompiler(
  compilers: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<{ readonly command: readonly string[]; readonly macros: readonly string[] }> {
  const own = environment.MPICC?.trim();
  const commands = own ? [own.split(/\s+/)] : compilers.map((name) => [name]);
  const reasons: string[] = [];
  for (const command of commands) {
    const [program, ...leading] = command as [string, ...string[]];
    const args = [...leading, '-E', '-dM', '-x', 'c', '-include', 'mpi.h', '/dev/null'];
    const ended = await runChild([program, ...args], { limitMs: ANSWER_MS, env: { ...environment, LC_ALL: 'C' } });
    const macros = ended.stdout.match(VERSION_MACRO);
    if (ended.ok && macros) return { command, macros: macros.sort() };
    reasons.push(`${command.join(' ')}: ${firstComplaint(ended.stderr || ended.failure || 'it knows no mpi.h')}`);
  }
  throw new DcganError({
    what: 'no compiler of MPI was found',
    expected: own ? '$MPICC to be the compiler of an MPI' : `${compilers.join(' or ')}, or another in $MPICC`,
    got: reasons.join('; '),
    todo: `${own ? 'Unset MPICC, or install' : 'Install'} the files for developers of your MPI: "apt-get install libopenmpi-dev" or "apt-get install libmpich-dev"`,
  });
}
