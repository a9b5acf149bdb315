// Starts the program under MPI, by Open MPI and by MPICH. A test of an MPI that is not here is
// skipped by name.
import { readdirSync, readFileSync } from 'node:fs';
import { BIN, type Options, type Running, startProgram } from './cli.ts';
import { findProgram } from './programs.ts';

export interface Mpi {
  readonly name: string;
  /** The launcher with the arguments that let it start more ranks than there are cores, as root too. */
  readonly mpirun: readonly string[];
  readonly compiler: string;
  /** Why its tests cannot run here, or null. */
  readonly missing: string | null;
}

export const MPIS: readonly Mpi[] = [
  mpi('Open MPI', 'mpirun.openmpi', ['--oversubscribe', '--allow-run-as-root'], 'openmpi-bin libopenmpi-dev'),
  mpi('MPICH', 'mpirun.mpich', [], 'mpich libmpich-dev'),
];

function mpi(name: string, program: string, args: readonly string[], packages: string): Mpi {
  const compiler = program.replace('mpirun', 'mpicc');
  const here = [program, compiler].every((name) => findProgram(name));
  return {
    name,
    mpirun: [program, ...args],
    compiler,
    missing: here ? null : `there is no ${program}. Install Debian's: "apt-get install ${packages}"`,
  };
}

/** The title of an MPI's tests. */
export const titleOf = ({ name, missing }: Mpi): string => (missing ? `${name} (skipped: ${missing})` : name);

/** Starts `dcgan train` on so many ranks. */
export function startRanks({ mpirun }: Mpi, count: number, args: readonly string[], options: Options): Running {
  const [program, ...leading] = mpirun as [string, ...string[]];
  return startProgram(program, [...leading, '-n', `${count}`, process.execPath, BIN, 'train', ...args], options);
}

/** Returns the process of a rank among those that a launcher has started. */
export function rankOf(launcher: number, rank: number): number {
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    const text = (what: string): string => {
      try {
        return readFileSync(`/proc/${name}/${what}`, 'utf8');
      } catch {
        return ''; // It has ended, or is somebody else's.
      }
    };
    if (!text('cmdline').startsWith(`${process.execPath}\0${BIN}\0train`)) continue;
    const isRank = new RegExp(`(^|\\0)(OMPI_COMM_WORLD_RANK|PMI_RANK)=${rank}\\0`).test(text('environ'));
    if (isRank && descends(Number(name), launcher)) return Number(name);
  }
  throw new Error(`launcher ${launcher} has no rank ${rank}`);
}

function descends(process: number, from: number): boolean {
  for (let at = process; at > 1; ) {
    if (at === from) return true;
    try {
      const stat = readFileSync(`/proc/${at}/stat`, 'utf8');
      at = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    } catch {
      return false;
    }
  }
  return false;
}
