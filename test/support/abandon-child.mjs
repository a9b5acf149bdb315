// Abandons trainings in the middle and prints, as JSON, this process's threads before, with three of
// them under way, and after the garbage collector came by: node --expose-gc abandon-child.mjs FOLDER DEVICE
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DCGAN, train } from '../../dist/index.js';

const [folder, device] = process.argv.slice(2);
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
for (const out of ['a', 'b', 'c']) held.push(await steps(out, 3));
const whileHeld = threads();
held = [];
await stepsUnderWay(3);
let after = threads();
for (let i = 0; i < 200 && after > before; i++) {
  globalThis.gc();
  await new Promise((resolve) => setTimeout(resolve, 50));
  after = threads();
}
// What is still in use works on.
const kept = await DCGAN.create({ preset: 'tiny', batchSize: 8, seed: 1, device, threads: 2 });
globalThis.gc();
const { generatorLoss } = await kept.step(new Float32Array(8 * 28 * 28));
await kept.dispose();
console.log(JSON.stringify({ before, whileHeld, after, works: Number.isFinite(generatorLoss) }));
