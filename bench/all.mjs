// Every benchmark, one after another, into docs/benchmarks.md. The machine should do nothing else meanwhile.
//   npm run build && node bench/all.mjs
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const into = ['--markdown', 'docs/benchmarks.md'];
const runs = [
  ['bench/peers/compare.mjs', '--peers', 'pytorch,tensorflow,jax', '--device', 'native,wasm', ...into],
  ['bench/peers/compare.mjs', '--peers', 'pytorch:default+channels_last', '--sample', '10000', ...into],
  ['bench/passes/passes.mjs', ...into],
  ['bench/process/process.mjs', '--peers', ...into],
  ['bench/scaling/scaling.mjs', '--plot', 'docs/scaling.svg', ...into],
];
for (const run of runs) {
  console.log(`\n> node ${run.join(' ')}`);
  execFileSync(process.execPath, run, { cwd: root, stdio: 'inherit' });
}
