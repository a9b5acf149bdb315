// Our side of a comparison: a worker that runs what each line asks for (`step`, `steps N`, or
// `sample N`) and answers with its time. For `steps`, two steps are under way at a time, as in a
// training on a GPU.
//   node bench/peers/ours.mjs [--device native] [--precision float32] [--threads 2] [--batch 256]
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { DCGAN } from '../../dist/index.js';

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'native' },
    precision: { type: 'string', default: 'float32' },
    threads: { type: 'string', default: '2' },
    batch: { type: 'string', default: '256' },
  },
});
const gan = await DCGAN.create({
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
for (let warm = 0; warm < 2; warm++) await gan.step(images);
console.log(JSON.stringify({ ready: values.device, ...gan.info }));
for await (const line of createInterface({ input: process.stdin })) {
  const [order, count] = line.split(' ');
  const began = performance.now();
  if (order === 'sample') await gan.generate(Number(count), { seed: 1 });
  else if (order === 'steps') await manySteps(Number(count));
  else await gan.step(images);
  console.log(JSON.stringify({ seconds: (performance.now() - began) / 1000 }));
}
await gan.dispose();

async function manySteps(many) {
  let last = gan.step(images);
  for (let i = 1; i < many; i++) {
    const next = gan.step(images);
    await last;
    last = next;
  }
  await last;
}
