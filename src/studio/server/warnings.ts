// Finds the warnings of the watch again from a run's metrics. The same numbers give the same
// warnings as while it trained.

import { meansOf } from '../../train/epoch.ts';
import { type Warning, Watch } from '../../train/health/watch.ts';
import type { RunConfig } from '../../train/run-schema.ts';
import type { MetricsPart, RunWarning } from '../api.ts';

/** Returns all warnings of a run in the order of their steps. */
export function warningsOf(
  { config }: RunConfig,
  { steps, epochs }: MetricsPart,
  nameOf: (flag: string) => string,
): RunWarning[] {
  const watch = new Watch(config);
  const warnings: Warning[] = [];
  let next = 0;
  const upTo = (last: number): void => {
    for (; next < steps.step.length && steps.step[next]! <= last; next++)
      warnings.push(...watch.step({ step: steps.step[next]!, ...meansOf([rowOf(steps, next)]) }));
  };
  for (let i = 0; i < epochs.step.length; i++) {
    upTo(epochs.step[i]!);
    const [generatorGradient, discriminatorGradient] = [epochs.generatorGradient[i], epochs.discriminatorGradient[i]];
    if (typeof generatorGradient !== 'number' || typeof discriminatorGradient !== 'number') continue;
    const [diversity = null, classDiversity = null] = [epochs.diversity[i], epochs.classDiversity[i]];
    const [epoch, step] = [epochs.epoch[i]!, epochs.step[i]!];
    warnings.push(...watch.epoch({ epoch, step, diversity, classDiversity, generatorGradient, discriminatorGradient }));
  }
  upTo(Number.POSITIVE_INFINITY);
  return warnings.map((warning) => ({ ...warning, options: firstChange(warning.help, nameOf) }));
}

/**
 * Returns the options of the first change that a help names, under the library's names. The help
 * `--lr-d 5e-5, or --r1 0.1` names two changes.
 */
function firstChange(help: string, nameOf: (flag: string) => string): Record<string, string> {
  const [first = ''] = help.split(', or ');
  const options = [...first.matchAll(/--([a-z][a-z0-9-]*)(?: (?!--)([^\s,]+))?/g)];
  return Object.fromEntries(options.map(([, flag = '', value = 'true']) => [nameOf(flag), value]));
}

type Row = Parameters<typeof meansOf>[0][number];

function rowOf(columns: MetricsPart['steps'], at: number): Row {
  const { generatorLoss, discriminatorLoss, realScore, fakeScore } = columns;
  return {
    generatorLoss: generatorLoss[at] ?? null,
    discriminatorLoss: discriminatorLoss[at] ?? null,
    realScore: realScore[at] ?? null,
    fakeScore: fakeScore[at] ?? null,
  };
}
