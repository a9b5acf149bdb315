// Trains the digit classifier that `dcgan evaluate` measures with, and writes
// assets/digits.safetensors. It runs on the wasm device, whose results are the same to the bit
// everywhere, so everyone gets the same file:
//   npm run classifier            (about ten minutes on two cores)
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { encodeTensors } from '../dist/checkpoint/safetensors.js';
import { openDataset } from '../dist/data/open.js';
import { opener } from '../dist/engine/backends/index.js';
import { compile } from '../dist/engine/compile.js';
import { drawWord, permutation } from '../dist/engine/random.js';
import { Session } from '../dist/engine/session.js';
import * as classifier from '../dist/metrics/classifier.js';
import { DIGITS_FILE, openDigits } from '../dist/metrics/digits.js';
import { AdamStepSize } from '../dist/nn/adam.js';
import { usableCores } from '../dist/platform/cores.js';

const { values } = parseArgs({
  options: { epochs: { type: 'string', default: '12' }, out: { type: 'string' } },
});
const epochs = Number(values.epochs);
const [SEED, BATCH, RATE, REACH] = [1, 128, 2e-3, 2];
const [ORDER, SHIFTS] = [3, 200];

const data = openDataset('mnist');
const model = classifier.makeClassifier();
const threads = usableCores();
const session = new Session(await opener('wasm')({ stateFloats: model.layout.floats, threads }), model.layout);
await session.run(compile(classifier.classifierStart(model), model.layout), {
  key: { seed: SEED, step: 0 },
  outputs: [],
});
const plan = compile(classifier.classifierStep(model, BATCH), model.layout);
const stepSize = new AdamStepSize({ learningRate: RATE, beta1: 0.9, beta2: 0.999 });
const steps = Math.floor(data.count / BATCH) * epochs;

/** Each image, moved by up to REACH pixels in each direction; the border it uncovers is black. */
function moved(images, step) {
  const side = classifier.SIDE;
  const out = new Float32Array(images.length).fill(-1);
  for (let n = 0; n < BATCH; n++) {
    const word = drawWord({ seed: SEED, step }, SHIFTS, n);
    const [down, right] = [word % (2 * REACH + 1), (word >>> 8) % (2 * REACH + 1)].map((v) => v - REACH);
    for (let h = Math.max(0, down); h < Math.min(side, side + down); h++)
      for (let w = Math.max(0, right); w < Math.min(side, side + right); w++)
        out[(n * side + h) * side + w] = images[(n * side + h - down) * side + w - right];
  }
  return out;
}

let step = 0;
for (let epoch = 1; epoch <= epochs; epoch++) {
  const order = permutation(data.count, { seed: SEED, step: epoch }, ORDER);
  let total = 0;
  for (let at = 0; at + BATCH <= order.length; at += BATCH) {
    step++;
    const indices = order.subarray(at, at + BATCH);
    const labels = new Float32Array(BATCH * classifier.CLASSES);
    indices.forEach((index, n) => {
      labels[n * classifier.CLASSES + data.labels[index]] = 1;
    });
    // The learning rate falls to zero in a straight line.
    const size = stepSize.at(step) * (1 - (step - 1) / steps);
    const [loss] = await session.run(plan, {
      key: { seed: SEED, step },
      inputs: { images: moved(data.batch(indices), step), labels, step: Float32Array.of(size) },
      outputs: ['loss'],
    });
    total += loss[0];
  }
  console.log(`epoch ${epoch} of ${epochs}: loss ${(total / Math.floor(data.count / BATCH)).toFixed(4)}`);
}

const state = await session.readState();
await session.dispose();
const tensors = new Map(
  model.variables.all.map(({ name, tensor }) => [name, { shape: tensor.shape, data: state.get(name) }]),
);
const bytes = encodeTensors(tensors, { classes: '0 1 2 3 4 5 6 7 8 9', by: 'scripts/train-classifier.mjs' });
const test = openDataset('mnist-test');
const digits = await openDigits({ threads }, bytes);
const { logits } = await digits.extract(test.batch(Array.from({ length: test.count }, (_, i) => i)), test.count);
await digits.dispose();
let right = 0;
for (let n = 0; n < test.count; n++) {
  const row = logits.values.subarray(n * logits.width, (n + 1) * logits.width);
  if (row.indexOf(Math.max(...row)) === test.labels[n]) right++;
}
console.log(`${((100 * right) / test.count).toFixed(2)} % of the test set right; ${bytes.length} bytes`);
const path = values.out ?? DIGITS_FILE;
if (path instanceof URL) mkdirSync(new URL('.', path), { recursive: true });
writeFileSync(path, bytes);
