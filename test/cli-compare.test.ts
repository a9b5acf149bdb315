// `dcgan compare`, on made-up runs.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { resolveConfig } from '../src/gan/config.ts';
import { compareRuns } from '../src/train/compare.ts';
import { METRICS_NAME } from '../src/train/metrics.ts';
import { writeRunConfig } from '../src/train/run.ts';
import { dcgan, sharedFolder } from './support/cli.ts';
import { say } from './support/main.ts';

const shared = sharedFolder();
const at = (name: string): string => join(shared.path, 'runs', name);

/** A run of so many epochs of ten steps and a minute each. */
function makeRun(name: string, epochs: number, learningRate: number, evaluated: boolean): void {
  mkdirSync(at(name), { recursive: true });
  writeRunConfig(at(name), {
    format: 1,
    config: resolveConfig('tiny', { learningRate, epochs: 4 }),
    seed: 1,
    data: { source: 'mnist', name: 'mnist', count: 640, sha256: 'a'.repeat(64) },
    contrast: 'fixed',
    onNan: 'stop',
    evaluateEvery: 0,
    keepBest: false,
    notes: { version: '0.1.0', device: 'wasm', variant: 'simd' },
  });
  const lines: object[] = [];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const means = { generatorLoss: epoch * learningRate, discriminatorLoss: 1, realScore: 0.6, fakeScore: null };
    const place = { step: 10 * epoch, epoch, seconds: 60 };
    lines.push(
      { type: 'step', ...place, ...means },
      { type: 'epoch', ...place, ...means, diversity: 0.5, classDiversity: 0.25 },
    );
    if (!evaluated) continue;
    const measured = { measure: 'frechet-distance', value: Math.abs(epoch - 2) + 1, floor: 0.1, samples: 10 };
    lines.push({ type: 'evaluation', ...place, seconds: 30, ...measured, extractor: null });
  }
  writeFileSync(join(at(name), METRICS_NAME), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

beforeAll(() => {
  makeRun('00001-mnist-tiny', 3, 0.5, true);
  makeRun('00002-mnist-tiny', 2, 0.25, true);
  makeRun('00003-mnist-tiny', 0, 0.25, false);
});

it('finds what differs, where each run stands, and its curves along each axis', () => {
  const folders = ['00001-mnist-tiny', '00002-mnist-tiny'].map(at);
  const { runs, differences } = compareRuns(folders, 'minutes');
  expect(differences).toEqual([{ field: 'learningRate', values: [0.5, 0.25] }]);
  expect(runs[0]).toMatchObject({ name: '00001-mnist-tiny', epochs: 3, ofEpochs: 4, steps: 30, minutes: 4.5 });
  const [first] = runs;
  expect(first!.curves.get('generatorLoss')).toEqual([
    [1, 0.5],
    [2.5, 1],
    [4, 1.5],
  ]);
  expect(first!.curves.get('frechet-distance')).toEqual([
    [1.5, 2],
    [3, 1],
    [4.5, 2],
  ]);
  expect([first!.last.get('frechet-distance'), first!.best.get('frechet-distance')]).toEqual([
    2,
    { value: 1, epoch: 2 },
  ]);
  // A figure that is no number has no curve.
  expect(first!.curves.has('fakeScore')).toBe(false);
  const along = (by: 'steps' | 'epochs'): unknown => compareRuns(folders, by).runs[1]!.curves.get('generatorLoss');
  expect([along('steps'), along('epochs')]).toEqual([
    [
      [10, 0.25],
      [20, 0.5],
    ],
    [
      [1, 0.25],
      [2, 0.5],
    ],
  ]);
});

it('prints tables and charts, and draws an SVG', async () => {
  const { code, stdout, stderr } = await dcgan(['compare', '1', '00002', '-o', 'x.svg'], { cwd: shared.path });
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/What differs:\n +00001-mnist-tiny +00002-mnist-tiny\n +learningRate +0\.5 +0\.25\n\n/);
  expect(stdout).toMatch(/\n +epochs +3 of 4 +2 of 4\n +steps +30 +20\n +minutes +4\.5 +3\.0\n/);
  expect(stdout).toMatch(/\n +Fréchet distance +2 +1\n +best \(epoch\) +1 \(2\) +1 \(2\)\n/);
  expect(stdout).toContain('Fréchet distance of 00001-mnist-tiny by epochs\n');
  const svg = readFileSync(join(shared.path, 'x.svg'), 'utf8');
  for (const text of ['<svg', 'Fréchet distance', '00001-mnist-tiny', '00002-mnist-tiny']) expect(svg).toContain(text);
});

it('gives the same as CSV and as JSON, also of a run that has only begun', async () => {
  const run = (...args: string[]) => say(['compare', ...args], shared.path);
  const { stdout: csv } = await run('2', '3', '--csv', '--by', 'steps');
  expect(csv.split('\n').slice(0, 3)).toEqual([
    'run,figure,steps,value',
    '00002-mnist-tiny,generatorLoss,10,0.25',
    '00002-mnist-tiny,generatorLoss,20,0.5',
  ]);
  expect(csv).toContain('00002-mnist-tiny,classDiversity,20,0.25\n');
  expect((await run('1', '2', '--figure', 'classDiversity')).stdout).toContain('diversity within classes of');
  const { stdout: json } = await run(at('00002-mnist-tiny'), '3', '--json');
  expect(JSON.parse(json)).toMatchObject({
    by: 'epochs',
    differences: [],
    runs: [
      { epochs: 2, last: { generatorLoss: 0.5 } },
      { name: '00003-mnist-tiny', epochs: 0, curves: {} },
    ],
  });
  expect((await run('2', '3')).stdout).toContain('fewer than two points');
  expect(await run('2')).toMatchObject({
    code: 2,
    stderr: 'dcgan: the number of runs has an invalid value: expected 2 to 8, got 1.\n',
  });
  expect(await run('2', '7')).toMatchObject({ code: 2, stderr: expect.stringContaining('7 is not a run') });
  expect(await run('1', '2', '-o', 'x.png')).toMatchObject({ code: 2 });
});
