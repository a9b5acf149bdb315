// Abandons trainings in the middle and prints, as JSON, this process's threads before, with three of
// them under way, and after the garbage collector came by, and how many runs are locked then:
// node --expose-gc abandon-child.mjs FOLDER DEVICE
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DCGAN, train } from '../../dist/index.js';

const [folder, device] = process.argv.slice(2);
const RUNS = ['a', 'b', 'c'];
const locked = () => RUNS.filter((out) => existsSync(join(folder, out, 'run.lock'))).length;
const threads = () => readdirSync('/proc/self/task').length;

async function steps(out, count) {
  const options = { preset: 'tiny', limit: 64, batchSize: 8, epochs: 50, seed: 5 };
  const events = train({ ...options, device, threads: 2, out: join(folder, out) });
  for (let taken = 0; taken < count; ) if ((await events.next()).value?.type === 'step') taken++;
  return events;
}

/** Models with a step under way that nobody waits for: the collector must not take what kernels work on. */
async function stepsUnderWay(count) {
  for (let i = 0; i < count; i++) {
    const gan = await DCGAN.create({ preset: 'tiny', batchSize: 8, seed: i, device, threads: 2 });
    gan.step(new Float32Array(8 * 28 * 28)).catch((error) => console.error(error));
    globalThis.gc();
  }
}

// Whatever stays for the whole process is there once a training was.
await (await steps('first', 2)).return();
const before = threads();
let held = [];
for (const out of RUNS) held.push(await steps(out, 3));
const whileHeld = threads();
const lockedWhileHeld = locked();
held = [];
await stepsUnderWay(3);
let after = threads();
for (let i = 0; i < 200 && (after > before || locked() > 0); i++) {
  globalThis.gc();
  await new Promise((resolve) => setTimeout(resolve, 50));
  after = threads();
}
// What is still in use works on.
const kept = await DCGAN.create({ preset: 'tiny', batchSize: 8, seed: 1, device, threads: 2 });
globalThis.gc();
const { generatorLoss } = await kept.step(new Float32Array(8 * 28 * 28));
await kept.dispose();
// A run whose training was dropped can be resumed in this very process.
const again = train({ resume: join(folder, 'a'), device, threads: 2 });
await again.next();
await again.return();
const lockedAfter = locked();
console.log(
  JSON.stringify({ before, whileHeld, after, lockedWhileHeld, lockedAfter, works: Number.isFinite(generatorLoss) }),
);
