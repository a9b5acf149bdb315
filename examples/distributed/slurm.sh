#!/bin/bash
# One training over four ranks of Slurm: sbatch examples/distributed/slurm.sh
# Slurm sends SIGTERM two minutes before the time is over. The training then finishes its step, saves
# and ends, and the same script goes on where it stopped when it is submitted again.
#SBATCH --job-name=dcgan
#SBATCH --ntasks=4
#SBATCH --cpus-per-task=8
#SBATCH --time=08:00:00
#SBATCH --signal=TERM@120
#SBATCH --output=dcgan-%j.log
set -euo pipefail

run=runs/celeba
export DCGAN_CACHE_DIR=$HOME/.cache/dcgan # kernels and packs, on a file system that all nodes share

if [ -e "$run/config.json" ]; then
  what=(--resume "$run")
else
  what=(--data celeba --preset paper --shards 4 --out "$run")
fi
exec srun --mpi=pmix --cpu-bind=cores npx dcgan train "${what[@]}" --threads "$SLURM_CPUS_PER_TASK"
