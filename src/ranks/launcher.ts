// Finds out whether a launcher of MPI started this process as one of several, from what launchers
// put into the environment. MPI itself is loaded only then.
// Sources: Open MPI's mpirun(1), "Exported Environment Variables"; MPICH's PMI (PMI_RANK,
// PMI_SIZE), which Intel MPI, MVAPICH and srun --mpi=pmi2 also set; Slurm's srun(1), "Output
// Environment Variables".

import { DcganError } from '../platform/errors.ts';

/** What a launcher says of this process. */
export interface Launch {
  /** The launcher's name in a sentence. */
  readonly launcher: string;
  /** From 0. */
  readonly rank: number;
  readonly count: number;
  /** Compilers of MPI that suit the launcher, the best first. */
  readonly compilers: readonly string[];
}

/** The launcher of Slurm, in a sentence. */
export const SRUN = "Slurm's srun";

const LAUNCHERS = [
  {
    launcher: "Open MPI's mpirun",
    rank: 'OMPI_COMM_WORLD_RANK',
    count: 'OMPI_COMM_WORLD_SIZE',
    compilers: ['mpicc.openmpi', 'mpicc'],
  },
  { launcher: "MPICH's mpirun (PMI)", rank: 'PMI_RANK', count: 'PMI_SIZE', compilers: ['mpicc.mpich', 'mpicc'] },
  { launcher: SRUN, rank: 'SLURM_PROCID', count: 'SLURM_STEP_NUM_TASKS', compilers: ['mpicc'] },
] as const;

/** Returns how this process was launched, or null where it was started alone. */
export function launchOf(environment: NodeJS.ProcessEnv): Launch | null {
  for (const { launcher, rank, count, compilers } of LAUNCHERS) {
    const [of, at] = [environment[count], environment[rank]].map(Number);
    if (Number.isInteger(of) && Number.isInteger(at) && of! > 1) return { launcher, rank: at!, count: of!, compilers };
  }
  return null;
}

/**
 * srun starts processes of MPI only where it is told how they find each other. MPI would end them
 * with words about how it was built.
 * @throws DcganError that says how to start them
 */
export function refuseBareSrun({ launcher, count }: Launch, environment: NodeJS.ProcessEnv): void {
  if (launcher !== SRUN || Object.keys(environment).some((name) => name.startsWith('PMI'))) return;
  throw new DcganError({
    what: `${SRUN} started ${count} processes, but nothing lets MPI join them`,
    expected: 'the variables of PMIx or PMI2 in the environment',
    todo: 'Start it by srun --mpi=pmix (Open MPI) or srun --mpi=pmi2 (MPICH); "srun --mpi=list" prints what there is. If these are no ranks of one run, add --distributed off',
  });
}

/** Stands for a launcher where a person says that there is one. */
export function launchAsked(environment: NodeJS.ProcessEnv): Launch {
  const known = launchOf(environment);
  if (known) return known;
  const rank = [environment.PMIX_RANK, environment.PMI_RANK].map(Number).find(Number.isInteger) ?? 0;
  return { launcher: 'the launcher', rank, count: 0, compilers: ['mpicc'] };
}
