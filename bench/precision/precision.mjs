// Compares training steps on native in float32, in bf16, and in float32 with direct convolutions.
// All sides train in one process, and their steps alternate, so that they meet the same load. On a
// busy machine the time that a step waits for a core says nothing: so processor time is shown too,
// summed over all threads.
//   node bench/precision/precision.mjs [--sides float32,bf16,direct] [--device native] [--steps 8]
//                                      [--preset tf2018] [--batch 256] [--threads 1]
import { parseArgs } from 'node:util';
import { resolveConfig } from '../../dist/gan/config.js';
import { DCGAN } from '../../dist/index.js';
import { load, table } from '../lib.mjs';

const { values } = parseArgs({
  options: {
    preset: { type: 'string', default: 'tf2018' },
    batch: { type: 'string', default: '256' },
    threads: { type: 'string', default: '1' },
    steps: { type: 'string', default: '8' },
    sides: { type: 'string', default: 'float32,bf16' },
    device: { type: 'string', default: 'native' },
  },
});
const batchSize = Number(values.batch);
const { imageSize, channels } = resolveConfig(values.preset, { batchSize });
const images = Float32Array.from({ length: batchSize * imageSize ** 2 * channels }, (_, i) => Math.sin(i));

const OPTIONS = { float32: {}, bf16: { precision: 'bf16' }, direct: { convolutions: 'direct' } };
const { preset, device } = values;
const sides = [];
for (const name of values.sides.split(',')) {
  const options = { preset, batchSize, device, threads: Number(values.threads), ...OPTIONS[name] };
  sides.push({ name, gan: await DCGAN.create(options), wall: [], processor: [] });
}
// The first step of each makes its plan ready.
for (let step = 0; step <= Number(values.steps); step++)
  for (const { gan, wall, processor } of sides) {
    const [before, began] = [process.cpuUsage(), performance.now()];
    await gan.step(images);
    if (step === 0) continue;
    wall.push(performance.now() - began);
    const { user, system } = process.cpuUsage(before);
    processor.push((user + system) / 1000);
  }

const best = (times) => Math.min(...times);
const median = (times) => times.toSorted((a, b) => a - b)[times.length >> 1];
const [reference] = sides;
const rows = sides.map(({ name, wall, processor }) => [
  name,
  ...[best(wall), median(wall), best(processor), median(processor)].map((time) => time.toFixed(0)),
  `${(best(processor) / best(reference.processor)).toFixed(2)} ×`,
  `${(median(processor) / median(reference.processor)).toFixed(2)} ×`,
]);
console.log(`${sides.at(-1).gan.info.variant}, ${values.threads} threads, ${load()}`);
const times = ['best', 'median', 'best, processor', 'median, processor'];
console.log(
  table(['milliseconds a step', ...times, `best, of ${reference.name}`, `median, of ${reference.name}`], rows),
);
for (const { gan } of sides) await gan.dispose();
