// The watch over a training: it is silent on healthy runs, recorded and real, and a small real
// training provokes each of its warnings.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../src/gan/config.ts';
import { presets } from '../src/gan/presets.ts';
import type { ConfigOverrides } from '../src/gan/schema.ts';
import type { TrainEvent, WarningEvent } from '../src/train/events.ts';
import { adviceOn, CONDITIONS } from '../src/train/health/advice.ts';
import { type Warning, Watch } from '../src/train/health/watch.ts';
import type { TrainOptions } from '../src/train/run-options.ts';
import { dcgan } from './support/cli.ts';
import { TEST_DEVICES } from './support/devices.ts';
import { temporaryFolder } from './support/folders.ts';
import { events, timelessMetrics } from './support/training.ts';

const device = TEST_DEVICES.find(({ missing }) => missing === null)!.name;

/**
 * tf2018's first five epochs (`dcgan train --seed 1`), and the diversity of its pictures after
 * each.
 */
const RECORDED = readFileSync(new URL('recorded/tf2018-steps.csv', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .slice(1);
const RECORDED_DIVERSITY = [0.1, 0.06, 0.19, 0.62, 0.59];
const STEPS = RECORDED.length / RECORDED_DIVERSITY.length;

/** The same of a training on 2,000 portraits without groups, at 125 steps an epoch. */
const FEW_PICTURES = [
  0.05,
  0.08,
  0.09,
  0.09,
  0.09,
  0.08,
  0.08,
  0.08,
  0.08,
  0.08,
  0.07,
  0.07,
  0.07,
  ...Array(7).fill(0.06),
];

const SOUND = { generatorLoss: 0.9, discriminatorLoss: 1.2, realScore: 0.6, fakeScore: 0.4 };
/** Figures of an epoch in which they were not measured. */
const NONE = { diversity: null, classDiversity: null, recall: null, coverage: null };
const GRADIENTS = { generatorGradient: 2, discriminatorGradient: 3 };

/** Gives a watch the same numbers step after step. */
function steps(watch: Watch, from: number, to: number, numbers: Partial<typeof SOUND> = {}): Warning[] {
  const found: Warning[] = [];
  for (let step = from; step <= to; step++) found.push(...watch.step({ step, ...SOUND, ...numbers }));
  return found;
}

describe('the watch', () => {
  it('is silent on a sound training', () => {
    const watch = new Watch(presets.tf2018);
    const found = RECORDED.flatMap((line, i) => {
      const [generatorLoss, discriminatorLoss, realScore, fakeScore] = line.split(',').map(Number) as [
        number,
        number,
        number,
        number,
      ];
      const step = i + 1;
      const epoch = step / STEPS;
      return [
        ...watch.step({ step, generatorLoss, discriminatorLoss, realScore, fakeScore }),
        ...(Number.isInteger(epoch)
          ? watch.epoch({ epoch, step, ...NONE, diversity: RECORDED_DIVERSITY[epoch - 1]!, ...GRADIENTS })
          : []),
      ];
    });
    expect([STEPS, found]).toEqual([235, []]);
  });

  it('says when the discriminator has won, since when, and only once', () => {
    const watch = new Watch(presets.tf2018);
    const won = { realScore: 0.99, fakeScore: 0.01 };
    expect(steps(watch, 1, 50)).toEqual([]);
    expect(steps(watch, 51, 249, won)).toEqual([]);
    expect(steps(watch, 250, 250)).toEqual([]);
    const found = steps(watch, 251, 2000, won);
    expect(found).toMatchObject([{ condition: 'discriminator-won', since: 251, step: 450 }]);
    expect(found[0]!.seen).toContain('D(x) is 0.990, D(G(z)) 0.010');
    expect(found[0]!.help).toBe(
      'What usually helps, in a new run: --r1 0.1, or --label-smoothing 0.1, or --augment diffaugment, or --lr-d 0.00005',
    );
  });

  it.each<[ConfigOverrides, Partial<typeof SOUND>, boolean]>([
    [{ labelSmoothing: 0.1 }, { realScore: 0.89, fakeScore: 0.01 }, true],
    [{}, { realScore: 0.89, fakeScore: 0.01 }, false],
    [{ loss: 'hinge' }, { realScore: 0.99, fakeScore: 0.01 }, true],
    // With least squares no scores can be reached but those near 0.73 and 0.5.
    [{ loss: 'ls' }, { discriminatorLoss: 0.002, realScore: 0.73, fakeScore: 0.5 }, true],
    [{ loss: 'ls' }, { discriminatorLoss: 0.02, realScore: 0.99, fakeScore: 0.01 }, false],
    [{ loss: 'wgan-gp' }, { realScore: 1, fakeScore: 0 }, false],
  ])('judges by the loss: %o', (overrides, numbers, won) => {
    expect(steps(new Watch(resolveConfig('tf2018', overrides)), 1, 300, numbers)).toHaveLength(won ? 1 : 0);
  });

  it('knows a fall of diversity from a start, which has none yet', () => {
    const collapse = (...diversities: (number | null)[]): Warning[] => {
      const watch = new Watch(presets.tf2018);
      return diversities.flatMap((diversity, i) =>
        watch.epoch({ epoch: i + 1, step: 10 * (i + 1), ...NONE, diversity, ...GRADIENTS }),
      );
    };
    expect(collapse(0.03, 0.05, 0.03, 0.4, 0.9, 0.2, 0.9)).toEqual([]);
    expect(collapse(0.03, 0.4, 0.9, 0.2, 0.1)).toMatchObject([{ condition: 'mode-collapse', since: 40, step: 50 }]);
    expect(collapse(0.01, 0.01, 0.01)).toMatchObject([{ condition: 'mode-collapse', since: 10, step: 20 }]);
    expect(collapse(null, null, null)).toEqual([]);
  });

  it('knows samples of a class that are all alike, however unlike classes are', () => {
    const collapse = (groups: number, ...within: (number | null)[]): Warning[] => {
      const watch = new Watch({ ...presets.best, classes: 28, groups });
      return within.flatMap((classDiversity, i) =>
        watch.epoch({ epoch: i + 1, step: 400 * (i + 1), ...NONE, diversity: 0.9, classDiversity, ...GRADIENTS }),
      );
    };
    expect(collapse(28, 0.1, 0.1, 0.1, 0.6, 0.5)).toEqual([]);
    const [found, ...more] = collapse(28, 0.3, 0.3, 0.14, 0.12, 0.1);
    expect([found, more]).toMatchObject([{ condition: 'class-collapse', since: 1200, step: 1600 }, []]);
    expect(found!.seen).toContain(
      'samples of one group in epoch 4 differ from each other only 12.0 % as much as its reals do',
    );
    expect(found!.help).toContain('--batch-size 16, or --augment diffaugment, or --bn-d');
    const [ofClasses] = collapse(0, 0.1, 0.1, 0.1, 0.1);
    expect(ofClasses!.seen).toContain('samples of one class');
    expect(collapse(28, null, null, null, null)).toEqual([]);
  });

  it('sees a few pictures from the start', () => {
    const watch = new Watch(presets.best);
    const found = FEW_PICTURES.flatMap((diversity, i) =>
      watch
        .epoch({ epoch: i + 1, step: 125 * (i + 1), ...NONE, diversity, ...GRADIENTS })
        .map(({ condition }) => [i + 1, condition]),
    );
    expect(found).toEqual([[18, 'mode-collapse']]);
  });

  it('advises against little variety what helped, what helped most first', () => {
    const few = { ...presets.best, batchSize: 16, augment: 'diffaugment' } as const;
    const help = 'What usually helps, in a new run: ';
    expect(adviceOn('little-variety', few)).toBe(`${help}--augment none --r1 3.1, or --epochs 30`);
    expect(adviceOn('little-variety', presets.best)).toBe(`${help}--r1 3.1, or --epochs 30, or --batch-size 16`);
    expect(adviceOn('little-variety', { ...few, augment: 'none', r1: 3.1 })).toBe(`${help}--epochs 30`);
    expect(adviceOn('little-variety', { ...few, ema: 0 })).toContain('--r1 3.1, or --ema 0.999, or --epochs 30');
  });

  it('remembers what it was told, and so repeats nothing', () => {
    const line = { type: 'step', epoch: 1, seconds: 1, ...SOUND, realScore: 1, fakeScore: 0 } as const;
    const told = Array.from({ length: 150 }, (_, i) => ({ ...line, step: i + 1 }));
    const watch = new Watch(presets.tiny);
    for (const line of told) watch.remember(line);
    expect(steps(watch, 151, 400, { realScore: 1, fakeScore: 0 })).toMatchObject([{ since: 1, step: 200 }]);
    const later = new Watch(presets.tiny);
    for (const line of [...told, ...told.map((each) => ({ ...each, step: each.step + 150 }))]) later.remember(line);
    expect(steps(later, 301, 600, { realScore: 1, fakeScore: 0 })).toEqual([]);
  });

  it('advises options that dcgan train has', async () => {
    const { stdout } = await dcgan(['train', '--help'], { cwd: '.' });
    for (const preset of Object.values(presets))
      for (const condition of CONDITIONS) {
        const options = adviceOn(condition, { ...preset, batchSize: 8 }).match(/--[a-z0-9-]+/g)!;
        expect(options.length, `${preset.preset} ${condition}`).toBeGreaterThan(0);
        for (const option of options) expect(stdout).toContain(`  ${option} `);
      }
  });

  it('against losses that explode advises R1 in every step first, where it is rare', () => {
    const rare = { ...presets.best, r1: 16, r1Every: 4 };
    expect(adviceOn('explosion', rare)).toMatch(/: --r1-every 1, or --lr /);
    expect(adviceOn('explosion', { ...rare, r1Every: 1 })).not.toContain('--r1-every');
  });
});

const TINY = { preset: 'tiny', limit: 128, batchSize: 16, seed: 3, threads: 1, device } as const satisfies TrainOptions;

const isWarning =
  (condition: WarningEvent['condition']) =>
  (event: TrainEvent): boolean =>
    event.type === 'warning' && event.condition === condition;

describe('a real training', () => {
  it('that is sound raises no warning, and its metrics tell diversity and gradients', async () => {
    const out = join(temporaryFolder(), 'run');
    const seen = await events({ ...TINY, limit: 512, epochs: 8, out });
    expect(seen.filter(({ type }) => type === 'warning')).toEqual([]);
    const epochs = timelessMetrics(out).filter((line) => (line as { type: string }).type === 'epoch');
    expect(epochs).toHaveLength(8);
    for (const epoch of epochs)
      expect(epoch).toMatchObject({
        diversity: expect.closeTo(0.5, 0),
        generatorGradient: expect.any(Number),
        discriminatorGradient: expect.any(Number),
      });
  });

  it.each<[WarningEvent['condition'], TrainOptions]>([
    ['discriminator-won', { discriminatorLearningRate: 2e-3, generatorLearningRate: 1e-5, epochs: 40 }],
    ['mode-collapse', { learningRate: 0.9, epochs: 20 }],
    ['class-collapse', { learningRate: 0.9, groups: 4, batchSize: 2, epochs: 20 }],
    ['explosion', { learningRate: 0.9, epochs: 20 }],
    ['vanished-gradient', { learningRate: 0.9, epochs: 60 }],
    ['oscillation', { learningRate: 5e-3, batchSize: 2, epochs: 20 }],
  ])('provoked: %s', async (condition, options) => {
    const out = join(temporaryFolder(), 'run');
    const seen = await events({ ...TINY, ...options, out }, isWarning(condition));
    const found = seen.filter(isWarning(condition)) as WarningEvent[];
    expect(found).toHaveLength(1);
    const { since, step, seen: what, help } = found[0]!;
    expect(since).toBeGreaterThan(0);
    expect(since).toBeLessThanOrEqual(step);
    expect([what, help]).toEqual([
      expect.stringMatching(/\w/),
      expect.stringMatching(/^What usually helps, in a new run: --/),
    ]);
    // After a resume it does not warn again.
    const rest = await events({ resume: out, device }, ({ type }) => type === 'epoch');
    expect(rest.filter(isWarning(condition))).toEqual([]);
  });

  it('is warned of on a line of its own, and in --json as an event', async () => {
    const cwd = temporaryFolder();
    const args = ['train', '--preset', 'tiny', '--limit', '128', '--batch-size', '16', '--seed', '3', '--lr', '0.9'];
    const plain = await dcgan([...args, '--epochs', '6', '--out', 'a'], { cwd });
    expect([plain.code, plain.stdout.match(/^Warning, .*$/gm)]).toEqual([
      0,
      [
        expect.stringMatching(
          /^Warning, since step \d+, seen in step \d+: the losses explode: G \S+, D \S+\. What usually helps, in a new run: --lr 0\.09, or --clip-grad 1\.$/,
        ),
        expect.stringMatching(/^Warning, since step \d+, seen in step \d+: mode collapse: /),
      ],
    ]);
    const json = await dcgan([...args, '--epochs', '3', '--out', 'b', '--json'], { cwd });
    const found = json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as TrainEvent);
    expect(found.filter(({ type }) => type === 'warning')).toEqual([
      {
        type: 'warning',
        condition: 'explosion',
        since: expect.any(Number),
        step: expect.any(Number),
        seen: expect.any(String),
        help: expect.any(String),
      },
    ]);
  });
});
