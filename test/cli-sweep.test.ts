// A sweep lists its runs from its file alone, trains those that are not done, and several processes
// that work on one sweep never train one run twice.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRecord, folderOfSweep, keepRecord, standingOf } from '../src/cli/sweep/folders.ts';
import { inWords, readSweep, runAt } from '../src/cli/sweep/plan.ts';
import { readRunConfig } from '../src/train/run.ts';
import { BIN, dcgan, type Ended, sharedFolder, startProgram } from './support/cli.ts';
import { temporaryFolder } from './support/folders.ts';
import { ROOT } from './support/pack.ts';
import { events, isStep } from './support/training.ts';

const shared = sharedFolder();
const at = (...parts: string[]): string => join(shared.path, ...parts);
const run = (...args: string[]): Promise<Ended> => dcgan(args, { cwd: shared.path });
const fileWith = (sweep: unknown): string => {
  const path = join(temporaryFolder(), 'sweep.json');
  writeFileSync(path, JSON.stringify(sweep));
  return path;
};
const refused = (sweep: unknown): string => {
  try {
    readSweep(fileWith(sweep));
  } catch (error) {
    return (error as Error).message.replace(/^\S*sweep\.json/, 'sweep.json');
  }
  return 'nothing';
};

describe('the list of runs', () => {
  it('has every combination with every seed, in the order of the file', () => {
    const { runs } = readSweep(
      fileWith({ base: { epochs: 2 }, grid: { learningRate: [1e-4, 2e-4], batchSize: [16, 32] }, seeds: [5, 6] }),
    );
    expect(runs).toHaveLength(8);
    expect(runs.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(runs[3]).toEqual({
      index: 3,
      options: { epochs: 2, learningRate: 1e-4, batchSize: 32, seed: 6 },
      varied: { learningRate: 1e-4, batchSize: 32, seed: 6 },
    });
    expect(inWords(runs[3]!.varied)).toBe('learningRate 0.0001, batchSize 32, seed 6');
    expect(readSweep(fileWith({ list: [{ loss: 'ls' }, { loss: 'hinge' }] })).runs.map(({ varied }) => varied)).toEqual(
      [{ loss: 'ls' }, { loss: 'hinge' }],
    );
    expect(() => runAt({ out: undefined, runs }, 8)).toThrow(
      '--index is not a run of the sweep: expected a number from 0 to 7, got 8.',
    );
  });

  it('draws the same on every machine, within its ranges, whole where the option is', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 1, max: 8 }), (seed, count) => {
        const random = {
          ...{ count, seed },
          options: {
            learningRate: { from: 1e-5, to: 1e-3, scale: 'log' },
            batchSize: { from: 8, to: 64 },
            beta1: { from: 0.1, to: 0.9 },
            loss: ['ns', 'hinge'],
          },
        };
        const file = fileWith({ random });
        const { runs } = readSweep(file);
        expect(runs).toEqual(readSweep(file).runs);
        // More draws leave the first ones as they are.
        const more = readSweep(fileWith({ random: { ...random, count: count + 1 } })).runs;
        expect(more.slice(0, count)).toEqual(runs);
        for (const { options } of runs) {
          expect(options.learningRate).toBeGreaterThanOrEqual(1e-5);
          expect(options.learningRate).toBeLessThanOrEqual(1e-3);
          expect(Number.isInteger(options.batchSize)).toBe(true);
          expect(options.beta1).toBeGreaterThanOrEqual(0.1);
        }
      }),
      { numRuns: 10 },
    );
  });

  it.each([
    [{ grids: {} }, 'sweep.json: unknown key grids. Did you mean grid?'],
    [{ grid: { lr: [1] } }, 'sweep.json: grid: unknown key lr. Did you mean learningRate?'],
    [
      { grid: { batchSize: [16, 0] } },
      'sweep.json: grid: batchSize has an invalid value: expected number to be >=1, got 0.',
    ],
    [{ list: [{ epochs: 1 }, { epoch: 2 }] }, 'sweep.json: list.1: unknown key epoch. Did you mean epochs?'],
    [{ base: { seed: 3 } }, expect.stringMatching(/^sweep\.json: base: unknown key seed\. /)],
    [
      { grid: { epochs: [1] }, list: [{}] },
      'sweep.json has more than one of grid, list, random: got grid and list. Keep one of them, or make a sweep of each.',
    ],
    [
      { random: { count: 2, options: { learningRate: { from: 0, to: 1, scale: 'log' } } } },
      'sweep.json: random.options.learningRate has an invalid range: expected numbers above 0 for scale log, got 0 to 1.',
    ],
    [
      { random: { count: 2, options: { learningRates: [1] } } },
      'sweep.json: random.options: unknown key learningRates. Did you mean learningRate?',
    ],
    [
      { random: { count: 2, options: { shards: { from: 1, to: 8 } } } },
      'sweep.json: random.options.shards is a range with values that the option does not take, such as 3. Give a list: [1,2,4,8].',
    ],
    [{ seeds: [1.5] }, expect.stringMatching(/^sweep\.json: seeds\.0 has an invalid value: expected int, got 1\.5\./)],
  ])('refuses %j', (sweep, message) => {
    expect(refused(sweep)).toEqual(message);
  });

  it('is compared with what its folder says of its runs', () => {
    const file = fileWith({ list: [{ epochs: 1 }, { epochs: 2 }] });
    const folder = folderOfSweep(file, readSweep(file), undefined);
    expect(folder).toBe(file.replace('.json', ''));
    keepRecord(folder, readSweep(file));
    checkRecord(folder, readSweep(fileWith({ list: [{ epochs: 1 }, { epochs: 2 }, { epochs: 3 }] })));
    expect(() => checkRecord(folder, readSweep(fileWith({ list: [{ epochs: 1 }, { epochs: 4 }] })))).toThrow(
      /holds another sweep: run 1 differs: expected epochs 4, got epochs 2\. Choose another folder: --out FOLDER\./,
    );
  });
});

describe('the runs', () => {
  const base = { preset: 'tiny', limit: 64, batchSize: 32, epochs: 1, device: 'wasm', threads: 1 };

  it('are trained by the line of xargs in the document, one of them from where it was stopped', async () => {
    const sweep = { base, grid: { learningRate: [1e-4, 2e-4] }, seeds: [1, 2] };
    writeFileSync(at('sweep.json'), JSON.stringify(sweep));
    await events({ ...base, learningRate: 1e-4, seed: 2, out: at('sweep', '0001') }, isStep(1));
    expect(standingOf(at('sweep', '0001'))).toEqual({ is: 'stopped', epochs: 0 });
    const dry = await run('sweep', 'sweep.json', '--dry-run', '--json');
    const states = (JSON.parse(dry.stdout).runs as { state: string }[]).map(({ state }) => state);
    expect(states).toEqual(['new', 'stopped', 'new', 'new']);

    const document = readFileSync(join(ROOT, 'docs/sweeps.md'), 'utf8');
    const [line] = /^seq 0 7 \| xargs .*$/m.exec(document)!;
    const typed = line!.replace('seq 0 7', 'seq 0 3').replace('npx dcgan', `${process.execPath} ${BIN}`);
    expect(await startProgram('sh', ['-c', typed], { cwd: shared.path }).ended).toMatchObject({ code: 0, stderr: '' });
    const records = [0, 1, 2, 3].map((i) => readRunConfig(at('sweep', `000${i}`)));
    expect(records.map(({ config, seed }) => [config.learningRate, seed])).toEqual([
      [1e-4, 1],
      [1e-4, 2],
      [2e-4, 1],
      [2e-4, 2],
    ]);
    expect(records.map(({ sittings }) => sittings!.map(({ end }) => end!.how))).toEqual([
      ['done'],
      ['stopped', 'done'],
      ['done'],
      ['done'],
    ]);
    const { code, stdout } = await run('sweep', 'sweep.json');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Run 0 of 4 \(sweep\/0000\) is done\.$/m);
    expect(stdout).toMatch(/^ {2}run +state +epochs +learningRate +seed +G loss +D loss +diversity$/m);
    expect(stdout).toMatch(/^ {2}0003 +done +1 +0\.0002 +2 +\d/m);
    // The folder also holds a file, which is no run.
    const [, runs] = /`dcgan compare rates\/(\S+)`/.exec(document)!;
    const compare = `${process.execPath} ${BIN} compare sweep/${runs}`;
    expect(await startProgram('sh', ['-c', compare], { cwd: shared.path }).ended).toMatchObject({
      code: 0,
      stderr: '',
    });
  });

  it('are each trained once by two processes that begin at the same time; a failing one stops no other', async () => {
    const list = [{ learningRate: 1, beta2: 0, epochs: 2 }, { epochs: 2 }, { epochs: 3 }];
    writeFileSync(at('race.json'), JSON.stringify({ base, list }));
    const both = await Promise.all([run('sweep', 'race.json'), run('sweep', 'race.json', '--json')]);
    expect(both.some(({ stderr }) => stderr.includes('dcgan: run 0 of the sweep: the training has diverged'))).toBe(
      true,
    );
    const codes = both.map(({ code }) => code);
    expect(codes).toContain(1);
    // Whoever ends while the other still trains a run says so by its code.
    for (const [i, code] of codes.entries())
      if (code === 3) expect(both[i]!.stderr).toMatch(/^Note: not done, because /m);
    for (const code of codes) expect([1, 3]).toContain(code);
    for (const name of ['0001', '0002']) expect(readRunConfig(at('race', name)).sittings).toHaveLength(1);
    const { runs } = JSON.parse((await run('sweep', 'race.json', '--index', '2', '--json')).stdout);
    expect(runs).toMatchObject([{ index: 2, folder: 'race/0002', state: 'done', epochs: 3 }]);
  });

  it('are refused before the first one is trained, where one cannot be', async () => {
    writeFileSync(at('wrong.json'), JSON.stringify({ base, list: [{}, { limit: 33, shards: 2 }] }));
    const { code, stderr } = await run('sweep', 'wrong.json');
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^dcgan: run 1 of the sweep: the last mini-batch /)]);
  });
});
