// The speed targets of the project, and where it stands: one row a target in docs/benchmarks.md.
// Each benchmark writes its own row, from the numbers of its own run.
import { readFileSync } from 'node:fs';
import { publish, table } from './lib.mjs';

const times = (x) => `${x.toFixed(2)} ×`;
const percent = (x) => `${(100 * x).toFixed(1)} %`;
const seconds = (x) => `${x.toFixed(2)} s`;
const target =
  (sign, reached) =>
  (what, asked, hoped, text = times) => {
    const cells = [what, `${sign} ${text(asked)}`, `${sign} ${text(hoped)}`];
    return {
      cells,
      measured: (x) => [...cells, text(x), reached(x, hoped) ? 'as hoped' : reached(x, asked) ? 'met' : 'missed'],
    };
  };
const more = target('≥', (x, bound) => x >= bound);
const less = target('≤', (x, bound) => x <= bound);

const TARGETS = {
  step: more(
    'native float32 step, 2 threads: times as fast as the fastest float32 mode of PyTorch, TensorFlow, JAX',
    2,
    3,
  ),
  best: more("the step of `best` at batch 64: times as fast as PyTorch's same step", 3, 3),
  small: more("the step at batch 16: times as fast as PyTorch's", 3, 3),
  used: more('images a second at batch 16, of those at batch 256', 0.6, 0.6),
  limit: less('the step against the float32 limit: needed FLOP at the FMA peak of the same run', 1.4, 1, times),
  rest: less('all that is not convolution or matrix product, of a step', 0.1, 0.05, percent),
  threads: more('gain of a second thread, as a share of the gain of the FMA peak', 0.93, 0.98),
  wasm: more('wasm, 2 threads: speed of native held to AVX2', 0.3, 0.5),
  relaxed: more('wasm-relaxed, the same', 0.3, 0.5),
  javascript: more('wasm: times as fast as the fastest JavaScript engine that can train this', 10, 50),
  sampling: more('sampling 10,000 images: times as fast as PyTorch under `inference_mode`', 2, 3),
  passes: more('all passes on: times as fast as op by op', 1.33, 1.6),
  firstStep: less('`dcgan train` to its first step, kernels cached', 1.5, 0.7, seconds),
  compilation: less("what the kernels' first compilation adds to that", 15, 5, seconds),
  epoch: less('an epoch beyond its 235 steps', 0.02, 0.005, percent),
  memory: less("peak memory of a step's process, of PyTorch's", 1 / 2, 1 / 3, percent),
};

/**
 * Writes the rows of the measured targets ({ key: number }) into a document; others stay as they
 * were.
 */
export function record(measured, file) {
  if (!file) return;
  const lines = readFileSync(file, 'utf8').split('\n');
  const rows = Object.entries(TARGETS).map(([key, { cells, measured: row }]) => {
    if (key in measured) return row(measured[key]);
    const known = lines.find((line) => line.startsWith(`| ${cells.join(' | ')} |`));
    return known ? known.slice(2, -2).split(' | ') : [...cells, '', 'not measured'];
  });
  publish('targets', table(['what', 'asked', 'hoped for', 'measured', ''], rows), file);
}
