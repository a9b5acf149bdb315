// The committed wasm kernels are what their sources give, in any folder, where the compiler is installed.
import { expect, it } from 'vitest';
import { ROOT } from '../support/pack.ts';
import { findProgram } from '../support/programs.ts';
import { buildWasm, copiedKernels } from '../support/wasm-builds.ts';

const missing = ['clang-19', 'wasm-ld-19'].filter((tool) => findProgram(tool) === null);
const title = missing.length > 0 ? ` (skipped: ${missing.join(', ')} not found. apt-get install clang-19 lld-19)` : '';

it.skipIf(missing.length > 0).each([
  ['in this folder', () => ROOT],
  ['in another folder', copiedKernels],
])(`the builds in kernels/wasm are made again %s${title}`, (_, rootOf) => {
  const { code, said } = buildWasm('--check', rootOf());
  expect(said).toMatch(/^dcgan\.wasm: \d+ bytes.*\ndcgan-relaxed\.wasm: \d+ bytes.*\ndcgan-generate\.wasm: \d+ bytes/);
  expect(code).toBe(0);
});
