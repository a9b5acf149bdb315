// Measures what the fast convolutions cost in precision. It compares the fakes of a first step of
// `tf2018` with those of the same generator in float64. The error is a share of their norm, and is
// also shown in units of the error of TensorFlow's float32 run, which the golden file records. Both
// choices of `--convolutions` are compared.
//   npm run build && node bench/precision/error.mjs [--batch 13,16,40]
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { decodeTensors, encodeTensors } from '../../dist/checkpoint/safetensors.js';
import { openDataset } from '../../dist/data/open.js';
import { CONVOLUTIONS } from '../../dist/engine/plan.js';
import { normals, replayGolden } from '../../dist/gan/golden.js';
import { readFile } from '../../dist/platform/durable.js';
import { table } from '../lib.mjs';

const { values } = parseArgs({ options: { batch: { type: 'string', default: '13,16,40' } } });
const GOLDEN = fileURLToPath(new URL('../../test/golden/tf2018-b8.safetensors', import.meta.url));
const SEED = 2;

/** Batch norm over all but the last axis, in place, and ReLU. */
function normalize(x, channels, gamma, beta) {
  const rows = x.length / channels;
  for (let c = 0; c < channels; c++) {
    let [mean, variance] = [0, 0];
    for (let i = c; i < x.length; i += channels) mean += x[i] / rows;
    for (let i = c; i < x.length; i += channels) variance += (x[i] - mean) ** 2 / rows;
    for (let i = c; i < x.length; i += channels)
      x[i] = Math.max(0, (gamma[c] * (x[i] - mean)) / Math.sqrt(variance + 1e-3) + beta[c]);
  }
  return x;
}

/** A transposed 5 x 5 convolution of y [n, side, side, from] with w [5, 5, to, from], padding SAME. */
function transposed(y, w, { n, side, from, to, stride }) {
  const [wide, pad] = [side * stride, stride === 1 ? 2 : 1];
  const x = new Float64Array(n * wide * wide * to);
  for (let image = 0; image < n; image++)
    for (let oy = 0; oy < side; oy++)
      for (let ox = 0; ox < side; ox++)
        for (let tap = 0; tap < 25; tap++) {
          const [iy, ix] = [oy * stride - pad + Math.floor(tap / 5), ox * stride - pad + (tap % 5)];
          if (iy < 0 || ix < 0 || iy >= wide || ix >= wide) continue;
          const at = ((image * side + oy) * side + ox) * from;
          const made = ((image * wide + iy) * wide + ix) * to;
          for (let c = 0; c < to; c++) {
            let sum = 0;
            for (let o = 0; o < from; o++) sum += y[at + o] * w[(tap * to + c) * from + o];
            x[made + c] += sum;
          }
        }
  return x;
}

/** The fakes of the first step in float64, from the same float32 start and noise. */
function exact(start, n) {
  const of = (name) => Float32Array.from(start.get(`generator/${name}`));
  const noise = normals(SEED, 1000, n * 100);
  const [dense, units] = [of('fc1/kernel'), 3136];
  const base = new Float64Array(n * units);
  for (let image = 0; image < n; image++)
    for (let k = 0; k < 100; k++)
      for (let j = 0; j < units; j++) base[image * units + j] += noise[image * 100 + k] * dense[k * units + j];
  const norm = (x, layer, channels) => normalize(x, channels, of(`bn${layer}/gamma`), of(`bn${layer}/beta`));
  let x = norm(base, 1, units);
  x = norm(transposed(x, of('conv1/kernel'), { n, side: 7, from: 64, to: 64, stride: 1 }), 2, 64);
  x = norm(transposed(x, of('conv2/kernel'), { n, side: 7, from: 64, to: 32, stride: 2 }), 3, 32);
  return transposed(x, of('conv3/kernel'), { n, side: 14, from: 32, to: 1, stride: 2 }).map(Math.tanh);
}

async function errorOf(batch, convolutions) {
  const request = encodeTensors(new Map(), {
    preset: 'tf2018',
    config: JSON.stringify({ convolutions }),
    seed: String(SEED),
    batch: String(batch),
    real: String(batch),
    steps: '1',
  });
  const { tensors, start } = await replayGolden(request, 'request', openDataset(), { device: 'native', threads: 1 });
  const [made, want] = [tensors.get('step1/fake'), exact(start, batch)];
  const size = Math.sqrt(want.reduce((total, value) => total + value ** 2, 0));
  return Math.sqrt(made.reduce((total, value, i) => total + (value - want[i]) ** 2, 0)) / size;
}

const { metadata } = decodeTensors(readFile(GOLDEN), GOLDEN);
const unit = JSON.parse(metadata.tf_float32_deviation)['step1/fake'];
const rows = [];
for (const batch of values.batch.split(',')) {
  const cells = [];
  for (const convolutions of CONVOLUTIONS) {
    const error = await errorOf(Number(batch), convolutions);
    cells.push(error.toExponential(2), (error / unit).toFixed(1));
  }
  rows.push([batch, ...cells]);
}
const heads = CONVOLUTIONS.flatMap((how) => [how, "of TensorFlow's"]);
console.log(table(['batch', ...heads], rows));
