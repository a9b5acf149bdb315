// Trains the network of the extractor `pictures`, and writes assets/pictures.safetensors. It learns
// without labels. A mini-batch holds two views of each of its pictures, and the network is to tell
// which views are of one picture (the loss NT-Xent of Chen et al., "A simple framework for
// contrastive learning of visual representations", 2020). Half of the pictures stand beside one
// that differs from it in a single part, the others beside themselves with a fault. So features
// differ where parts differ, and where samples of a generator are blurred, noisy or blends of
// others. A second loss asks for the kind and the strength of the fault.
//   npm install --no-save PACKAGES             (the sets' scripts name them when they are missing)
//   npm run build && node scripts/train-pictures.mjs
// It takes some ten minutes of one core. --folder keeps the pictures that are drawn, --out names
// another file. The bits depend on the kernels: those of the package were made in bf16 by the
// matrix unit. A processor without bf16 takes --precision float32, and makes another network.
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { encodeParts, joined } from '../dist/checkpoint/safetensors.js';
import { opener } from '../dist/engine/backends/index.js';
import { compile } from '../dist/engine/compile.js';
import { gradients } from '../dist/engine/grad.js';
import { layoutState } from '../dist/engine/layout.js';
import * as ops from '../dist/engine/ops/index.js';
import { Session } from '../dist/engine/session.js';
import { classifierStart } from '../dist/metrics/classifier.js';
import { CHANNELS, makePictureNetwork, SIDE, WIDTH } from '../dist/metrics/picture-network.js';
import { AdamStepSize, adam, moments } from '../dist/nn/adam.js';
import { glorotUniform } from '../dist/nn/initializers.js';
import { dense } from '../dist/nn/layers.js';
import { mean, wholeBatch } from '../dist/nn/losses.js';
import { drawn } from './pictures/drawn.mjs';
import { dice, FAULT_NAMES, view } from './pictures/views.mjs';

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: join(tmpdir(), 'dcgan-pictures') },
    steps: { type: 'string', default: '1200' },
    count: { type: 'string', default: '1500' },
    seed: { type: 'string', default: '1' },
    precision: { type: 'string', default: 'bf16' },
    threads: { type: 'string', default: '1' },
    out: { type: 'string' },
  },
});
const SETS = ['open-peeps', 'notionists', 'lorelei', 'thumbs', 'icons', 'emoji', 'scenes'];
const [STEPS, COUNT, SEED] = [Number(values.steps), Number(values.count), Number(values.seed)];
const [PAIRS, RATE, TEMPERATURE, SHARE_OF_FAULTS, WEIGHT] = [40, 1.5e-3, 0.1, 0.5, 2];
const INSTANCES = 2 * PAIRS;
const VIEWS = 2 * INSTANCES;
const PIXELS = SIDE * SIDE * CHANNELS;
const [PROJECTED, FAULTS] = [64, FAULT_NAMES.length];

const sets = [];
for (const name of SETS) {
  sets.push(await drawn(name, COUNT, values.folder));
  console.log(`${name}: ${COUNT} pictures`);
}

const network = makePictureNetwork();
const { variables } = network;
const head = { initializer: glorotUniform, bias: true };
const project = dense(variables, 'projection', { inputs: WIDTH, units: PROJECTED, ...head });
const blame = dense(variables, 'faults', { inputs: WIDTH, units: FAULTS, ...head });

/** The loss of a mini-batch: views [V, 64, 64, 3], of which 2i and 2i + 1 are of one picture. */
function step() {
  const features = network.features(ops.input('images', [VIEWS, SIDE, SIDE, CHANNELS]));
  const projected = project(features);
  const length = ops.rsqrt(ops.shift(ops.sum(ops.square(projected), 1, 1), 1e-6));
  const unit = ops.mul(projected, length);
  const alike = ops.scale(ops.matmul(unit, unit, false, true), 1 / TEMPERATURE);
  // `self` is far below zero on the diagonal: a view is no partner of its own.
  const others = ops.log(ops.sum(ops.exp(ops.add(alike, ops.input('self', [VIEWS, VIEWS]))), 1, 1));
  const twin = ops.sum(ops.mul(alike, ops.input('twins', [VIEWS, VIEWS])), 1, 1);
  const contrast = mean(ops.sub(others, twin), wholeBatch(VIEWS));
  const missed = ops.square(ops.sub(blame(features), ops.input('faults', [VIEWS, FAULTS])));
  const faults = mean(missed, wholeBatch(VIEWS));
  const loss = ops.add(contrast, ops.scale(faults, WEIGHT * FAULTS));
  const { trainable } = variables;
  const slopes = gradients(
    loss,
    trainable.map(({ tensor }) => tensor),
  );
  const size = ops.input('step', []);
  const updates = new Map();
  trainable.forEach((variable, i) => {
    const moved = adam(variable, slopes[i], size, { learningRate: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
    for (const [name, value] of moved) updates.set(name, value);
  });
  return { name: 'step of the picture network', outputs: { contrast, faults }, updates, precision: values.precision };
}

const pick = (roll, list) => list[Math.floor(roll() * list.length)];

/** The mini-batch of a step. Six in ten pairs are of one set, to be hard to tell apart. */
function batch(number) {
  const roll = dice(SEED * 1_000_003 + number);
  const images = new Float32Array(VIEWS * PIXELS);
  const faults = new Float32Array(VIEWS * FAULTS);
  const main = pick(roll, sets);
  for (let pair = 0; pair < PAIRS; pair++) {
    const set = roll() < 0.6 ? main : pick(roll, sets);
    const first = 2 * Math.floor((roll() * COUNT) / 2);
    const side = pick(roll, [16, 32, 32, 64, 64]);
    const grey = roll() < 0.15;
    const faulty = roll() < SHARE_OF_FAULTS;
    const whole = faulty && roll() < 0.3 ? any(roll) : null;
    for (const second of [0, 1]) {
      // The second is the first with a fault, or with another part.
      const fault = faulty ? (second ? any(roll) : whole) : null;
      const bytes = set[first + (faulty ? 0 : second)][side];
      const other = pick(roll, set)[side];
      for (const twin of [0, 1]) {
        const at = 2 * (2 * pair + second) + twin;
        view(images, at * PIXELS, { bytes, side, other }, fault && { ...fault, seed: fault.seed + twin }, grey, roll);
        if (fault) faults[at * FAULTS + FAULT_NAMES.indexOf(fault.name)] = fault.strength;
      }
    }
  }
  return { images, faults };
}

function any(roll) {
  return { name: pick(roll, FAULT_NAMES), strength: 0.15 + 0.85 * roll(), seed: Math.floor(roll() * 2 ** 31) };
}

const square = (value) => {
  const matrix = new Float32Array(VIEWS * VIEWS);
  for (let i = 0; i < VIEWS; i++) value(matrix, i);
  return matrix;
};
const self = square((matrix, i) => {
  matrix[i * VIEWS + i] = -1e4;
});
const twins = square((matrix, i) => {
  matrix[i * VIEWS + (i ^ 1)] = 1;
});

const layout = layoutState(
  variables.all.flatMap((each) => [each.tensor, ...Object.values(moments(each)).map(({ tensor }) => tensor)]),
);
const session = new Session(
  await opener('native')({ stateFloats: layout.floats, threads: Number(values.threads) }),
  layout,
);
await session.run(compile(classifierStart({ variables }), layout), { key: { seed: SEED, step: 0 }, outputs: [] });
const plan = compile(step(), layout);
const stepSize = new AdamStepSize({ learningRate: RATE, beta1: 0.9, beta2: 0.999 });

async function write() {
  const state = await session.readState();
  const own = new Set(makePictureNetwork().variables.all.map(({ name }) => name));
  const tensors = new Map(
    variables.all
      .filter(({ name }) => own.has(name))
      .map(({ name, tensor }) => [name, { shape: tensor.shape, data: state.get(name) }]),
  );
  const bytes = joined(encodeParts(tensors, { by: 'scripts/train-pictures.mjs' }, 'F16'));
  writeFileSync(values.out ?? new URL('../assets/pictures.safetensors', import.meta.url), bytes);
  return bytes.length;
}

const REPORT = 50;
let total = [0, 0];
const start = performance.now();
for (let number = 1; number <= STEPS; number++) {
  // The learning rate rises for 50 steps and falls to zero in a straight line.
  const rate = Math.min(1, number / 50) * (1 - (number - 1) / STEPS);
  const found = await session.run(plan, {
    key: { seed: SEED, step: number },
    inputs: { ...batch(number), self, twins, step: Float32Array.of(stepSize.at(number) * rate) },
    outputs: ['contrast', 'faults'],
  });
  total = total.map((sum, i) => sum + found[i][0]);
  if (number % REPORT === 0) {
    const [contrast, faults] = total.map((sum) => (sum / REPORT).toFixed(4));
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    console.log(`step ${number} of ${STEPS}: contrast ${contrast}, faults ${faults}, ${seconds} s`);
    total = [0, 0];
  }
  if (number % 500 === 0) await write();
}
console.log(`${await write()} bytes`);
await session.dispose();
