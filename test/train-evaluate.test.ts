// Evaluations during a run: they do not change the run, they agree with `dcgan evaluate`, they
// resume like the rest of it, and the best checkpoint is the one that they rank best. `evaluate
// --all` draws them.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Dataset } from '../src/data/dataset.ts';
import { decodeSnapshot } from '../src/gan/snapshot.ts';
import { DCGAN, datasets } from '../src/index.ts';
import { openExtractor } from '../src/metrics/extractors.ts';
import { Judge } from '../src/metrics/judge.ts';
import { forgetBestAfter } from '../src/train/best.ts';
import type { EvaluationEvent, TrainEvent } from '../src/train/events.ts';
import { heldOutFor } from '../src/train/run-data.ts';
import type { TrainOptions } from '../src/train/run-options.ts';
import { dcgan } from './support/cli.ts';
import { TEST_DEVICES } from './support/devices.ts';
import { temporaryFolder } from './support/folders.ts';
import { say } from './support/main.ts';
import { events, isStep, newestBytes, SMALL, timelessMetrics } from './support/training.ts';

const device = TEST_DEVICES.find(({ missing }) => missing === null)!.name;
const small = { ...SMALL, limit: 300, batchSize: 60, device, epochs: 5 } satisfies TrainOptions;
const fresh = (name = 'run'): string => join(temporaryFolder(), name);
const evaluations = (seen: readonly TrainEvent[]): EvaluationEvent[] =>
  seen.filter((event) => event.type === 'evaluation');
const best = (run: string): string => join(run, 'checkpoints/best.safetensors');
const epochOf = (path: string): number => decodeSnapshot(readFileSync(path), path).epoch;
const lines = (run: string) => timelessMetrics(run) as { type: string; epoch: number; value: number }[];

describe('a run that is evaluated', () => {
  it('has the bits of one that is not, and keeps its best checkpoint', async () => {
    const [plain, out] = [fresh(), fresh()];
    await events({ ...small, out: plain });
    const seen = evaluations(await events({ ...small, out, keepBest: true }));
    expect(newestBytes(out).equals(newestBytes(plain))).toBe(true);
    expect(existsSync(best(plain))).toBe(false);
    expect(seen.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5]);
    const lowest = seen.reduce((a, b) => (b.value < a.value ? b : a));
    expect(epochOf(best(out))).toBe(lowest.epoch);
    expect(seen.filter((event) => event.best).at(-1)).toBe(lowest);
    expect(lines(out).filter(({ type }) => type === 'evaluation')).toEqual(
      seen.map(({ best: _, ...event }) => ({ ...event, seconds: 0, time: 0 })),
    );
    expect(lines(out).filter(({ type }) => type !== 'evaluation')).toEqual(lines(plain));
  });

  it('resumes with the same evaluations and the same best checkpoint', async () => {
    const [straight, out] = [fresh(), fresh()];
    await events({ ...small, out: straight, evaluateEvery: 2, keepBest: true });
    await events({ ...small, out, evaluateEvery: 2, keepBest: true }, isStep(12));
    await events({ resume: out, device });
    expect(lines(out)).toEqual(lines(straight));
    expect(
      lines(out)
        .filter(({ type }) => type === 'evaluation')
        .map(({ epoch }) => epoch),
    ).toEqual([2, 4]);
    expect(readFileSync(best(out)).equals(readFileSync(best(straight)))).toBe(true);
  });

  it('may be evaluated otherwise from a resume on', async () => {
    const out = fresh();
    await events({ ...small, epochs: 1, out });
    expect(evaluations(await events({ resume: out, device, epochs: 3, evaluateEvery: 2 }))).toHaveLength(1);
    expect(evaluations(await events({ resume: out, device, epochs: 4, keepBest: true }))).toHaveLength(1);
    expect(epochOf(best(out))).toBe(4);
    expect(evaluations(await events({ resume: out, device, epochs: 6, evaluateEvery: 0 }))).toHaveLength(0);
    forgetBestAfter(join(out, 'checkpoints'), 4);
    expect(existsSync(best(out))).toBe(true);
    forgetBestAfter(join(out, 'checkpoints'), 3);
    expect(existsSync(best(out))).toBe(false);
  });

  it('is refused what contradicts itself', async () => {
    await expect(events({ ...small, out: fresh(), evaluateEvery: 0, keepBest: true })).rejects.toThrow(
      'keepBest needs evaluations: got evaluateEvery 0. Leave one of them out.',
    );
  });
});

describe('its figures', () => {
  const judged = async (run: string, data: Dataset) => {
    const machine = { device, threads: 2 };
    const gan = await DCGAN.load(join(run, 'checkpoints/epoch-0001.safetensors'), machine);
    const heldOut = await heldOutFor(data);
    const count = heldOut ? data.count : data.count / 2;
    const [images, { channels }] = [await gan.generate(count, { seed: 1 }), gan.config];
    await gan.dispose();
    const extractor = await openExtractor({}, data, machine);
    const judge = await Judge.open(data, heldOut, { ...machine, seed: 1, count, extractor });
    const found = await judge.judge({ images, count, height: 28, width: 28, channels });
    await extractor?.dispose();
    return found;
  };

  it('are those of a whole evaluation: the Fréchet distance where an extractor knows the images', async () => {
    const out = fresh();
    const data = datasets.mnist().limit(300);
    const [found] = evaluations(await events({ ...small, limit: undefined, data, epochs: 1, evaluateEvery: 1, out }));
    const { features } = await judged(out, data);
    expect(found).toMatchObject({ measure: 'frechet-distance', samples: 300, extractor: features!.extractor });
    expect({ value: found!.value, floor: found!.floor }).toEqual(features!.frechetDistance);
  });

  it('and the mean sliced Wasserstein distance where none does', async () => {
    const out = fresh();
    const images = datasets
      .mnist()
      .bytes(0, 100)
      .map((value) => 255 - value);
    const data = new Dataset({ name: 'own', images, count: 100, height: 28, width: 28, channels: 1 });
    const [found] = evaluations(await events({ ...small, limit: undefined, data, epochs: 1, evaluateEvery: 1, out }));
    const { slicedWasserstein: levels } = await judged(out, data);
    expect(found).toMatchObject({ measure: 'sliced-wasserstein', samples: 50, extractor: null });
    expect(found!.value).toBeCloseTo((levels[0]!.value + levels[1]!.value) / 2, 10);
    expect(found!.floor).toBeCloseTo((levels[0]!.floor + levels[1]!.floor) / 2, 10);
  });
});

describe('the command line', () => {
  it('says the figures in training, and draws them all afterwards', async () => {
    const cwd = temporaryFolder();
    const flags = ['--preset', 'tiny', '--limit', '128', '--epochs', '4', '--seed', '7', '--out', 'run'];
    const trained = await dcgan(['train', ...flags, '--evaluate-every', '2', '--keep-best'], { cwd });
    expect(trained.code).toBe(0);
    expect(
      trained.stdout.match(/^ {2}Fréchet distance of 128 samples \d+\.\d\d(, the best so far)? \(\d+\.\d s\)$/gm),
    ).toHaveLength(2);
    const all = await dcgan(['evaluate', 'run', '--all'], { cwd });
    expect([all.code, all.stderr]).toEqual([0, '']);
    const rows = all.stdout.match(/^ +\d+ {2} +\d+\.\d\d( {2}best)?$/gm)!;
    // The kept checkpoints are 0, 3 and 4; epoch 2 was measured during training.
    expect(rows.map((row) => Number.parseInt(row, 10))).toEqual([0, 2, 3, 4]);
    expect(all.stdout).toContain('┤');
    const svg = readFileSync(join(cwd, 'run/evaluation.svg'), 'utf8');
    expect(svg).toMatch(/^<svg [^>]*>/);
    expect(svg).toContain('run: Fréchet distance');
    // What training measured is reused; the rest is measured now.
    const json = JSON.parse((await say(['evaluate', 'run', '--all', '--json'], cwd)).stdout);
    const stored = lines(join(cwd, 'run'));
    writeFileSync(
      join(cwd, 'run/metrics.jsonl'),
      stored
        .filter(({ type }) => type !== 'evaluation')
        .map((line) => `${JSON.stringify(line)}\n`)
        .join(''),
    );
    const again = JSON.parse((await say(['evaluate', 'run', '--all', '--json'], cwd)).stdout);
    const at = (report: typeof json, n: number) => report.epochs.find(({ epoch }: { epoch: number }) => epoch === n);
    expect(at(json, 2).value).toBe(stored.find(({ type, epoch }) => type === 'evaluation' && epoch === 2)!.value);
    expect(at(again, 2)).toBe(undefined);
    expect(at(again, 4)).toEqual(at(json, 4));
  });

  it.each([
    ['run --all --against mnist', '--all takes a run with its own data, and no --against'],
    ['--all', 'there is no run in ./runs'],
  ])('refuses evaluate %s', async (line, message) => {
    const ended = await say(['evaluate', ...line.split(' ')], temporaryFolder());
    expect([ended.code, ended.stderr.includes(message)], ended.stderr).toEqual([2, true]);
  });
});
