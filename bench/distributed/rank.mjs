// Trains as one process or as a rank under MPI, without files that matter, and prints what rank 0 saw as JSON: the
// seconds of each step, and how many of them it spent in exchanges, waiting for slower ranks included.
//   [mpirun -n R] node bench/distributed/rank.mjs '{"preset":"tf2018",...options of a training}'
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchOf } from '../../dist/ranks/launcher.js';
import { joinWorld } from '../../dist/ranks/mpi-world.js';
import { follow } from '../../dist/train/ranks/follower.js';
import { Leader } from '../../dist/train/ranks/leader.js';
import { trainRanked } from '../../dist/train/train.js';

const options = JSON.parse(process.argv[2]);
const launch = launchOf(process.env);
const lost = (error) => {
  console.error(error.message);
};
const world = launch && (await joinWorld({ launch, onLost: lost }));

/** Trains, and adds up the time of the calls of `sum` in each step. */
async function lead() {
  const folder = mkdtempSync(join(tmpdir(), 'dcgan-bench-'));
  const counted = { seconds: 0, calls: 0, floats: 0 };
  const steps = [];
  const leader = world && new Leader(world);
  if (leader) {
    const sum = leader.sum.bind(leader);
    leader.sum = async (part) => {
      const began = performance.now();
      const all = await sum(part);
      counted.seconds += (performance.now() - began) / 1000;
      counted.calls++;
      counted.floats += part.length;
      return all;
    };
  }
  try {
    const ranked = leader ? { ranks: leader } : {};
    for await (const event of trainRanked({ ...options, ...ranked, out: join(folder, 'run') }))
      if (event.type === 'step') {
        steps.push({ step: event.step, took: event.seconds, ...counted });
        Object.assign(counted, { seconds: 0, calls: 0, floats: 0 });
      }
  } finally {
    await leader?.end();
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(JSON.stringify(steps));
}

if (world && world.rank > 0) await follow(world, { threads: options.threads });
else await lead();
