#!/bin/bash
# One training over four ranks of Slurm. The arguments are the options of a new training:
#   sbatch examples/distributed/slurm.sh --data celeba --preset paper --shards 4
# Slurm sends SIGTERM two minutes before the time is over. The training then finishes its step, saves
# and ends, and the same command goes on where it stopped.
#SBATCH --job-name=dcgan
#SBATCH --ntasks=4
#SBATCH --cpus-per-task=8
#SBATCH --time=08:00:00
#SBATCH --signal=TERM@120
#SBATCH --output=dcgan-%j.log
set -euo pipefail

run=${RUN:-runs/celeba}
# Kernels and packs lie on a file system that all nodes share.
export DCGAN_CACHE_DIR=${DCGAN_CACHE_DIR:-$HOME/.cache/dcgan}

if [ -e "$run/config.json" ]; then
  what=(--resume "$run")
else
  what=("$@" --out "$run")
fi
exec srun --mpi=pmix --cpu-bind=cores ${DCGAN:-npx dcgan} train "${what[@]}" --threads "$SLURM_CPUS_PER_TASK"
