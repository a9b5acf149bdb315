// Runs every benchmark, one after another, and writes the results into docs/benchmarks.md. The
// comparison with the peers also goes into README.md. The machine should do nothing else meanwhile.
// A benchmark that fails is named at the end; the others still run.
//   npm run build && node bench/all.mjs
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { publish, published } from './lib.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
const DOCUMENT = 'docs/benchmarks.md';
const into = ['--markdown', DOCUMENT];
const devices = ['--device', 'native,native-avx2,native-bf16,wasm,wasm-relaxed'];
const runs = [
  ['bench/peers/compare.mjs', '--peers', 'pytorch,tensorflow,jax', ...devices, ...into],
  [
    'bench/peers/compare.mjs',
    '--peers',
    'tfjs,jaxjs',
    '--device',
    'wasm,native',
    '--batch',
    '4',
    '--steps',
    '1',
    ...into,
  ],
  ['bench/peers/compare.mjs', '--peers', 'pytorch:default+channels_last', '--sample', '10000', ...into],
  ['bench/peers/processors.mjs', ...into],
  ['bench/peers/small.mjs', ...into],
  ['bench/limit/limit.mjs', ...into],
  ['bench/passes/passes.mjs', ...into],
  ['bench/sizes/sizes.mjs', ...into],
  ['bench/process/process.mjs', '--peers', ...into],
  ['bench/studio/studio.mjs', ...into],
  ['bench/studio/lab.mjs', ...into],
  ['bench/scaling/scaling.mjs', '--plot', 'docs/scaling.svg', ...into],
  ['bench/profile/profile.mjs', ...into],
  ['bench/kernels/run.mjs', ...into],
  ['bench/gpu/gpu.mjs', ...into],
];
const failed = [];
for (const run of runs) {
  const command = `node ${run.join(' ')}`;
  console.log(`\n> ${command}`);
  const began = performance.now();
  const { status } = spawnSync(process.execPath, run, { stdio: 'inherit' });
  console.log(`(${((performance.now() - began) / 1000).toFixed(0)} s)`);
  if (status !== 0) failed.push(command);
}
publish('peers', published('peers', DOCUMENT), 'README.md');
if (failed.length > 0) {
  console.error(`\nFailed:\n${failed.join('\n')}`);
  process.exitCode = 1;
}
