// What all JavaScript peers share, as python/common.py for Python's: the numbers of the tf2018
// model, the golden file's inputs, and the worker that a comparison drives. A peer provides
// make(start, batch) -> { step(images, noise, masks), finals() }. Arrays are Float32Arrays in NHWC.
// Without noise and masks the peer draws its own. finals() returns every variable and moving
// statistic by name.
//   node PEER_step.mjs --packages DIR --mode M [--batch 256]
//     is a worker: it prints one JSON line when it is ready, and one for each line it reads
//   node PEER_step.mjs --packages DIR --mode M --golden FILE
//     compares its steps with TensorFlow's in double precision
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { decodeTensors } from '../../../dist/checkpoint/safetensors.js';
import { openDataset } from '../../../dist/data/open.js';
import { resolveConfig } from '../../../dist/gan/config.js';
import { masks, normals, startValues } from '../../../dist/gan/golden.js';
import { deviation } from '../../../dist/gan/golden-judge.js';
import { makeModel } from '../../../dist/gan/model.js';

export const [RATE, SLOPE, MOMENTUM, EPSILON] = [0.3, 0.2, 0.99, 1e-3];
export const [BETA1, BETA2, ADAM_EPSILON] = [0.9, 0.999, 1e-8];
/** Adam's step size in TensorFlow's form (its epsilon stands outside the correction). */
export const adamRate = (t) => (1e-4 * Math.sqrt(1 - BETA2 ** t)) / (1 - BETA1 ** t);
/** Channels of the three batch normalizations. */
export const NORMS = { 1: 3136, 2: 64, 3: 32 };

/**
 * The variables: name, shape (kernels [h, w, in, out], transposed [h, w, out, in]) and the seed's
 * start value.
 */
function started(seed) {
  const model = makeModel(resolveConfig('tf2018'));
  const values = startValues({ model }, seed);
  return [...model.generator.trainable, ...model.discriminator.trainable].map(({ name, tensor: { shape } }) => ({
    name,
    shape: [...shape],
    value: Float32Array.from(values.get(name)),
  }));
}

/**
 * Replays a golden file. Returns whether losses, variables and moving statistics stay within the
 * bounds that hold for dcgan itself.
 */
async function check(make, file) {
  const { tensors, metadata } = decodeTensors(new Uint8Array(readFileSync(file)), file);
  const [seed, batch, reals, steps] = ['seed', 'batch', 'real', 'steps'].map((key) => Number(metadata[key]));
  const data = openDataset('mnist');
  const start = started(seed);
  const trainer = await make(start, batch);
  const losses = [];
  for (let t = 1; t <= steps; t++) {
    const images = data.batch(Array.from({ length: reals }, (_, i) => (t - 1) * reals + i));
    const layers = [[reals, 12544], [reals, 6272], [batch, 12544], [batch, 6272]]; // biome-ignore format: pairs
    const given = layers.map(([count, floats], i) => masks(seed, 1000 * t + 1 + i, count * floats, RATE));
    losses.push(...(await trainer.step(images, normals(seed, 1000 * t, batch * 100), given)));
  }
  const before = new Map(start.map(({ name, value }) => [name, value]));
  const compared = [...(await trainer.finals())].map(([name, have]) => [`final/${name}`, have, before.get(name)]);
  const all = [['losses', Float32Array.from(losses)], ...compared].map(([name, have, from]) =>
    deviation(name, have, tensors.get(name).data, from),
  );
  const worst = all.reduce((a, b) => (b.ratio <= a.ratio ? a : b));
  console.log(`${all.length} tensors; worst ${worst.tensor}: ${worst.detail}`);
  return worst.ratio <= 1;
}

async function work(make, version, mode, batch) {
  const trainer = await make(started(1), batch);
  const images = Float32Array.from({ length: batch * 784 }, (_, i) => Math.sin(i * 12.9898));
  await trainer.step(images);
  console.log(JSON.stringify({ ready: mode, version }));
  for await (const _ of createInterface({ input: process.stdin })) {
    const began = performance.now();
    await trainer.step(images);
    console.log(JSON.stringify({ seconds: (performance.now() - began) / 1000 }));
  }
}

/** `load(mode, packages)` imports the peer from its installation folder, as { make, version }. */
export async function main(load) {
  const { values } = parseArgs({
    options: {
      packages: { type: 'string' },
      mode: { type: 'string' },
      batch: { type: 'string', default: '256' },
      // The peers choose their number of threads themselves.
      threads: { type: 'string' },
      golden: { type: 'string' },
    },
  });
  const { make, version } = await load(values.mode, values.packages);
  if (values.golden) process.exit((await check(make, values.golden)) ? 0 : 1);
  await work(make, version, values.mode, Number(values.batch));
}
