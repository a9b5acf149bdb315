// Guards against kernels that become slower without anyone noticing. Callgrind counts the
// instructions of the main kernels at small shapes, built for x86-64-v3, and they are compared with
// the counts committed beside this file. Counts do not depend on the machine's load. They do depend
// on the compiler, so the file names the compiler too.
//   npm run build && node bench/guard/guard.mjs            exit 1 if a count grew by over 3 %
//   npm run build && node bench/guard/guard.mjs --update   writes today's counts
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FUSED } from '../../dist/engine/backends/native/compiler.js';
import { compile } from '../../dist/engine/compile.js';
import { encode } from '../../dist/engine/encode.js';
import { layoutState } from '../../dist/engine/layout.js';
import { conv2d, convFilter, convInput } from '../../dist/engine/ops/conv.js';
import * as ops from '../../dist/engine/ops/index.js';
import { adam, moments } from '../../dist/nn/adam.js';
import { batchNormalization, dropout } from '../../dist/nn/layers.js';
import { Variables } from '../../dist/nn/variables.js';

const SLACK = 0.03;
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const COUNTS = here('counts.json');
const N = 8;
/** Images from which on the fast convolutions take over: kernels/winograd.c. */
const FAST = 32;

const single = (name, result, state = layoutState([ops.variable('unused', [1])]), updates = new Map()) => ({
  name,
  plan: compile({ name, outputs: result ? { result } : {}, updates }, state),
});

function convolutions(name, [h, c], [oh, oc], stride, batch = N) {
  const x = ops.input('x', [batch, h, h, c]);
  const w = ops.input('w', [5, 5, c, oc]);
  const y = ops.input('y', [batch, oh, oh, oc]);
  return [
    single(`${name} forward`, conv2d(x, w, stride)),
    single(`${name} input gradient`, convInput(y, w, { stride, height: h, width: h })),
    single(`${name} filter gradient`, convFilter(x, y, { stride, kernelHeight: 5, kernelWidth: 5 })),
  ];
}

function batchNorm() {
  const variables = new Variables('g');
  const norm = batchNormalization(variables, 'bn', {
    channels: 32,
    momentum: 0.99,
    epsilon: 1e-3,
    unbiasedMovingVariance: true,
  });
  const updates = new Map();
  const y = ops.leakyRelu(norm(ops.input('x', [N, 14, 14, 32]), { updates, part: { shards: 1, whole: N } }), 0);
  return single('batch norm and ReLU', y, layoutState(variables.all.map(({ tensor }) => tensor)), updates);
}

function adamStep() {
  const declared = { name: 'w', tensor: ops.variable('w', [20000]), initializer: () => null, trainable: true };
  const { m, v } = moments(declared);
  const options = { learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
  const updates = adam(declared, ops.input('slope', [20000]), ops.input('size', []), options);
  return single('Adam', null, layoutState([declared.tensor, m.tensor, v.tensor]), updates);
}

const cases = [
  ...convolutions('D conv1', [28, 1], [14, 64], 2),
  ...convolutions('D conv2', [14, 64], [7, 128], 2),
  ...convolutions('G conv1', [7, 64], [7, 64], 1),
  ...convolutions('G conv2', [14, 32], [7, 64], 2),
  ...convolutions('fast stride 1', [7, 64], [7, 64], 1, FAST),
  ...convolutions('fast stride 2', [14, 32], [7, 64], 2, FAST),
  single('dense', ops.matmul(ops.input('x', [N, 100]), ops.input('w', [100, 3136]))),
  batchNorm(),
  adamStep(),
  single(
    'leaky ReLU and dropout',
    dropout(ops.leakyRelu(ops.input('x', [20000]), 0.2), 0.3, { name: 'mask', stream: 1, site: 0 }),
  ),
  single('normal noise', ops.normal([20000], { name: 'noise', stream: 2, site: 0 })),
];

/** Compiles the kernels with count.c, for any processor of x86-64-v3. */
function build(folder) {
  const kernels = here('../../kernels/');
  const flags = ['-O3', '-std=gnu17', '-fno-math-errno', '-march=x86-64-v3', '-g'];
  const units = readdirSync(kernels).filter((name) => name.endsWith('.c') && name !== 'pool.c');
  const objects = units.map((unit) => {
    const object = join(folder, unit.replace(/c$/, 'o'));
    const contract = FUSED.includes(unit) ? 'fast' : 'off';
    execFileSync('gcc', [...flags, `-ffp-contract=${contract}`, '-c', join(kernels, unit), '-o', object]);
    return object;
  });
  const program = join(folder, 'count');
  execFileSync('gcc', [...flags, here('count.c'), ...objects, '-o', program]);
  return program;
}

function count(program, folder, { plan }) {
  const words = join(folder, 'words');
  const out = join(folder, 'callgrind.out');
  writeFileSync(words, encode(plan));
  const floats = plan.stateFloats + plan.scratchFloats;
  const options = ['--tool=callgrind', '--toggle-collect=dcgan_walk', `--callgrind-out-file=${out}`];
  execFileSync('valgrind', [...options, program, words, String(floats), String(plan.control)], { stdio: 'ignore' });
  return Number(/^(?:summary|totals): (\d+)/m.exec(readFileSync(out, 'utf8'))[1]);
}

const compiler = execFileSync('gcc', ['--version'], { encoding: 'utf8' }).split('\n')[0];
const folder = mkdtempSync(join(tmpdir(), 'dcgan-guard-'));
try {
  const program = build(folder);
  const counts = Object.fromEntries(cases.map((each) => [each.name, count(program, folder, each)]));
  if (process.argv[2] === '--update') writeFileSync(COUNTS, `${JSON.stringify({ compiler, counts }, null, 2)}\n`);
  const known = JSON.parse(readFileSync(COUNTS, 'utf8'));
  if (known.compiler !== compiler)
    console.log(`The counts were made by "${known.compiler}", here is "${compiler}": they are not compared.`);
  for (const [name, instructions] of Object.entries(counts)) {
    const ratio = instructions / known.counts[name];
    const slow = known.compiler === compiler && !(ratio <= 1 + SLACK);
    if (slow) process.exitCode = 1;
    console.log(
      `${slow ? 'SLOW' : 'ok  '}  ${name.padEnd(30)} ${String(instructions).padStart(10)}  ${ratio.toFixed(3)} of the committed count`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
