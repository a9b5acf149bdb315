// Runs the programs in examples/ as a reader would.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from './support/folders.ts';
import { ROOT, run } from './support/pack.ts';

const example = async (name: string, ...args: string[]): Promise<string> =>
  (await run(process.execPath, [join(ROOT, 'examples', name), ...args])).stdout;

it('train.mjs tells of a run', async () => {
  const out = join(temporaryFolder(), 'run');
  expect(await example('train.mjs', out)).toMatch(/^training in .*\nepoch 1: .*\nepoch 2: .*\nfilm: .*dcgan\.gif\n$/);
});

it('stop-and-resume.mjs goes on where it stopped', async () => {
  const out = join(temporaryFolder(), 'run');
  expect(await example('stop-and-resume.mjs', out)).toMatch(
    /^stopped after step 7, saved as .*epoch-0001-step-000007\.safetensors\ngoing on after step 7\ndone: 2 epochs\n$/,
  );
});

it('custom-loop.mjs saves what sample.mjs draws from and evaluate.mjs judges', async () => {
  const path = join(temporaryFolder(), 'sevens.safetensors');
  expect(await example('custom-loop.mjs', path)).toMatch(/^step 10: .*\nstep 20: .*\n$/);
  expect(existsSync(path)).toBe(true);
  const drawn = await example('sample.mjs', path);
  expect(
    drawn
      .split('\n')
      .slice(0, -1)
      .map((line) => line.length),
  ).toEqual(new Array(28).fill(28));
  expect(await example('sample.mjs', path)).toBe(drawn);
  expect(await example('evaluate.mjs', path, '100')).toMatch(
    /^samples: Fréchet distance [\d.]+, of real digits [\d.]+\nprecision \d\.\d\d, recall .*\n(sliced .* at (28|14): .*\n){2}noise: Fréchet distance [\d.]+\n$/,
  );
});

it('tutorial.mjs does all that the notebook did, in at most 60 lines', async () => {
  const out = join(temporaryFolder(), 'tutorial');
  expect(await example('tutorial.mjs', out, '2', '256')).toMatch(
    /^training on .*\nTime taken for epoch 1 is .* sec\nTime taken for epoch 2 is .* sec\n$/,
  );
  expect(readdirSync(out).sort()).toEqual([
    'checkpoint.safetensors',
    'dcgan.gif',
    'image_at_epoch_0001.png',
    'image_at_epoch_0002.png',
    'samples.png',
  ]);
  const lines = readFileSync(join(ROOT, 'examples/tutorial.mjs'), 'utf8').trimEnd().split('\n');
  expect(lines.length).toBeLessThanOrEqual(60);
});

it('there are no others', () => {
  expect(readdirSync(join(ROOT, 'examples')).sort()).toEqual([
    'browser',
    'custom-loop.mjs',
    'distributed',
    'evaluate.mjs',
    'sample.mjs',
    'stop-and-resume.mjs',
    'train.mjs',
    'tutorial.mjs',
  ]);
});
