// Our side of a comparison: a worker that runs what each line asks for (`step`, `steps N`, or
// `sample N`) and answers with its time. For `steps`, two steps are under way at a time, as in a
// training on a GPU.
// Times are wall-clock times, and processor times of all threads.
//   node bench/peers/ours.mjs [--preset tf2018] [--device native] [--precision float32] [--threads 2]
//     [--batch 256]
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { DCGAN } from '../../dist/index.js';

const { values } = parseArgs({
  options: {
    preset: { type: 'string', default: 'tf2018' },
    device: { type: 'string', default: 'native' },
    precision: { type: 'string', default: 'float32' },
    threads: { type: 'string', default: '2' },
    batch: { type: 'string', default: '256' },
  },
});
// `best` finds 100 groups in MNIST.
const classes = values.preset === 'best' ? 100 : 0;
const gan = await DCGAN.create({
  preset: values.preset,
  classes,
  groups: classes,
  seed: 1,
  device: values.device,
  precision: values.precision,
  threads: Number(values.threads),
  batchSize: Number(values.batch),
});
const { batchSize, imageSize, channels } = gan.config;
const images = Float32Array.from({ length: batchSize * imageSize * imageSize * channels }, (_, i) =>
  Math.sin(i * 12.9898),
);
const options = classes > 0 ? { classes: Array.from({ length: batchSize }, (_, i) => i % classes) } : {};
const step = () => gan.step(images, options);
for (let warm = 0; warm < 2; warm++) await step();
console.log(JSON.stringify({ ready: values.device, ...gan.info }));
for await (const line of createInterface({ input: process.stdin })) {
  const [order, count] = line.split(' ');
  const [began, worked] = [performance.now(), process.cpuUsage()];
  if (order === 'sample') await gan.generate(Number(count), { seed: 1 });
  else if (order === 'steps') await manySteps(Number(count));
  else await step();
  const { user, system } = process.cpuUsage(worked);
  console.log(JSON.stringify({ seconds: (performance.now() - began) / 1000, processor: (user + system) / 1e6 }));
}
await gan.dispose();

async function manySteps(many) {
  let last = step();
  for (let i = 1; i < many; i++) {
    const next = step();
    await last;
    last = next;
  }
  await last;
}
