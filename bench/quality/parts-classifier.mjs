// The classifier that answers, for a picture of a set, which value each of its parts has: three
// convolutions and two dense layers, one softmax for each part. It is trained on pictures that the
// set's script draws without end, so it needs no held-out trick: those after the training's last
// one tell how often it is right.
import { decodeTensors, encodeTensors } from '../../dist/checkpoint/safetensors.js';
import { opener } from '../../dist/engine/backends/index.js';
import { compile } from '../../dist/engine/compile.js';
import { gradients } from '../../dist/engine/grad.js';
import { layoutState } from '../../dist/engine/layout.js';
import * as ops from '../../dist/engine/ops/index.js';
import { permutation } from '../../dist/engine/random.js';
import { Session } from '../../dist/engine/session.js';
import { classifierStart } from '../../dist/metrics/classifier.js';
import { AdamStepSize, adamOfAll, moments } from '../../dist/nn/adam.js';
import { glorotUniform } from '../../dist/nn/initializers.js';
import { convolution, dense } from '../../dist/nn/layers.js';
import { mean, wholeBatch } from '../../dist/nn/losses.js';
import { Variables } from '../../dist/nn/variables.js';
import { SIDE } from './sets.mjs';

const [SEED, BATCH, EPOCHS, RATE] = [1, 128, 5, 1e-3];
const FILTERS = [32, 64, 96];
const UNITS = 128;
const INITIALIZER = { initializer: glorotUniform, bias: true };
const CHANNELS = 3;

/** `parts` is the set's own list: for each part its values. */
export class PartsClassifier {
  #counts;
  #variables = new Variables('parts');
  #session;
  #logits;
  #plans = new Map();

  static async open(parts, threads) {
    const made = new PartsClassifier(parts);
    const layout = layoutState([
      ...made.#variables.all.map(({ tensor }) => tensor),
      ...made.#variables.all.flatMap((each) => Object.values(moments(each)).map(({ tensor }) => tensor)),
    ]);
    made.#session = new Session(await opener('native')({ stateFloats: layout.floats, threads }), layout);
    return made;
  }

  constructor(parts) {
    this.#counts = Object.values(parts).map((values) => values.length);
    const layers = FILTERS.map((filters, i) =>
      convolution(this.#variables, `conv${i + 1}`, {
        inputs: i ? FILTERS[i - 1] : CHANNELS,
        filters,
        kernelSize: i ? 3 : 5,
        stride: 2,
        ...INITIALIZER,
      }),
    );
    const inputs = (SIDE / 2 ** FILTERS.length) ** 2 * FILTERS.at(-1);
    const hidden = dense(this.#variables, 'fc1', { inputs, units: UNITS, ...INITIALIZER });
    const last = dense(this.#variables, 'fc2', { inputs: UNITS, units: this.#width, ...INITIALIZER });
    const relu = (x) => ops.leakyRelu(x, 0);
    this.#logits = (images) => {
      const features = layers.reduce((x, layer) => relu(layer(x)), images);
      return last(relu(hidden(ops.reshape(features, [images.shape[0], inputs]))));
    };
  }

  get #width() {
    return this.#counts.reduce((a, b) => a + b);
  }

  #plan(name, make) {
    if (!this.#plans.has(name)) this.#plans.set(name, compile(make(), this.#session.layout));
    return this.#plans.get(name);
  }

  #run(plan, step, inputs, outputs) {
    return this.#session.run(plan, { key: { seed: SEED, step }, inputs, outputs });
  }

  /** Trains on pictures [count][SIDE * SIDE * 3] in [-1, 1], whose truths are lists of places. */
  async train(pictures, truths, say) {
    await this.#run(
      this.#plan('start', () => this.#start()),
      0,
      {},
      [],
    );
    const step = this.#plan('step', () => this.#step());
    const size = new AdamStepSize({ learningRate: RATE, beta1: 0.9, beta2: 0.999 });
    const each = Math.floor(pictures.length / BATCH);
    for (let epoch = 0, at = 0; epoch < EPOCHS; epoch++) {
      const order = permutation(pictures.length, { seed: SEED, step: epoch }, 1);
      let total = 0;
      for (let i = 0; i < each; i++) {
        const chosen = [...order.subarray(i * BATCH, (i + 1) * BATCH)];
        const labels = new Float32Array(BATCH * this.#width);
        chosen.forEach((index, n) => {
          for (const place of this.#places(truths[index])) labels[n * this.#width + place] = 1;
        });
        at++;
        const inputs = {
          images: batchOf(chosen.map((index) => pictures[index])),
          labels,
          member: this.#member(),
          // The learning rate falls to zero in a straight line.
          step: Float32Array.of(size.at(at) * (1 - (at - 1) / (each * EPOCHS))),
        };
        total += (await this.#run(step, at, inputs, ['loss']))[0][0];
      }
      say(`epoch ${epoch + 1} of ${EPOCHS}: loss ${(total / each).toFixed(3)}`);
    }
  }

  /** The likeliest value of each part: a list of places for each picture. */
  async answer(pictures) {
    const plan = this.#plan('answer', () => this.#answer());
    const answers = [];
    for (let at = 0; at < pictures.length; at += BATCH) {
      const some = pictures.slice(at, at + BATCH);
      const [logits] = await this.#run(plan, 0, { images: batchOf(some) }, ['logits']);
      some.forEach((_, n) => {
        let first = n * this.#width;
        answers.push(
          this.#counts.map((count) => {
            const row = logits.subarray(first, first + count);
            first += count;
            return row.indexOf(Math.max(...row));
          }),
        );
      });
    }
    return answers;
  }

  async encode() {
    const state = await this.#session.readState();
    return encodeTensors(
      new Map(this.#variables.all.map(({ name, tensor }) => [name, { shape: tensor.shape, data: state.get(name) }])),
      { by: 'bench/quality/parts.mjs' },
    );
  }

  async load(bytes, file) {
    const { tensors } = decodeTensors(bytes, file);
    await this.#run(
      this.#plan('start', () => this.#start()),
      0,
      {},
      [],
    );
    await this.#session.writeState(new Map([...tensors].map(([name, { data }]) => [name, data])));
  }

  dispose() {
    return this.#session.dispose();
  }

  /** Where the values of a truth stand among the logits. */
  #places(truth) {
    let first = 0;
    return truth.map((value, part) => {
      const place = first + value;
      first += this.#counts[part];
      return place;
    });
  }

  /** Which value belongs to which part: [width, parts], ones and zeros. */
  #member() {
    const matrix = new Float32Array(this.#width * this.#counts.length);
    let value = 0;
    this.#counts.forEach((count, part) => {
      for (let i = 0; i < count; i++, value++) matrix[value * this.#counts.length + part] = 1;
    });
    return matrix;
  }

  #start() {
    return classifierStart({ variables: this.#variables });
  }

  #images() {
    return ops.input('images', [BATCH, SIDE, SIDE, CHANNELS]);
  }

  #answer() {
    return { name: 'parts of images', outputs: { logits: this.#logits(this.#images()) }, updates: new Map() };
  }

  #step() {
    const labels = ops.input('labels', [BATCH, this.#width]);
    const logits = this.#logits(this.#images());
    // The sum of the cross-entropies of all parts: [width, parts] adds up the values of each part.
    const member = ops.input('member', [this.#width, this.#counts.length]);
    const normaliser = ops.sum(ops.log(ops.matmul(ops.exp(logits), member)), 1, 1);
    const loss = mean(ops.sub(normaliser, ops.sum(ops.mul(labels, logits), 1, 1)), wholeBatch(BATCH));
    const { trainable } = this.#variables;
    const slopes = gradients(
      loss,
      trainable.map(({ tensor }) => tensor),
    );
    const size = ops.input('step', []);
    const updates = adamOfAll(trainable, slopes, size, { learningRate: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
    return { name: 'step of the parts classifier', outputs: { loss }, updates };
  }
}

/** Pictures side by side; a batch that is not full ends in black ones. */
function batchOf(pictures) {
  const values = new Float32Array(BATCH * SIDE * SIDE * CHANNELS);
  for (const [n, picture] of pictures.entries()) values.set(picture, n * picture.length);
  return values;
}
