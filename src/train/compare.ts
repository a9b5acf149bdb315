// Runs side by side: what differs in their configurations, where each stands, and its figures over
// time. Read from their folders alone, by whoever shows them.
import { basename } from 'node:path';
import { type Difference, differencesOf } from './differences.ts';
import { EPOCH_FIGURES, STEP_FIGURES } from './line-figures.ts';
import { type MetricsLine, metricsWith } from './metrics.ts';
import { readRunConfig } from './run.ts';
import type { RunConfig } from './run-schema.ts';

/** What figures can be laid out along. */
export const AXES = ['steps', 'epochs', 'minutes'] as const;
export type Axis = (typeof AXES)[number];

/** Figures of an epoch, by their names in metrics.jsonl. */
export const FIGURES = [...STEP_FIGURES, ...EPOCH_FIGURES] as const;
export type CurveFigure = (typeof FIGURES)[number];

/** A place on the axis, and the figure there. */
export type Point = readonly [at: number, value: number];

/** One run of a comparison. */
export interface ComparedRun {
  /** The folder's name, or its path where two have one name. */
  readonly name: string;
  readonly folder: string;
  /** Epochs that are done, and how many it is to have. */
  readonly epochs: number;
  readonly ofEpochs: number;
  readonly steps: number;
  /** Minutes that the epochs and the evaluations took. */
  readonly minutes: number;
  /** Curves by figure: those of `FIGURES`, and evaluations by their measure. */
  readonly curves: ReadonlyMap<string, readonly Point[]>;
  /** The newest value of each curve. */
  readonly last: ReadonlyMap<string, number>;
  /** The lowest value of each measure, and the epoch of it. */
  readonly best: ReadonlyMap<string, { readonly value: number; readonly epoch: number }>;
}

export interface Comparison {
  readonly by: Axis;
  readonly runs: readonly ComparedRun[];
  readonly differences: readonly Difference[];
}

/**
 * Compares runs.
 * @param folders of runs, two at least
 * @throws DcganError for what is no run, and for metrics that cannot be understood
 */
export function compareRuns(folders: readonly string[], by: Axis): Comparison {
  const configs = folders.map(readRunConfig);
  const names = folders.map((folder) => basename(folder));
  return {
    by,
    differences: differencesOf(configs),
    runs: folders.map((folder, i) => {
      const own = names.filter((name) => name === names[i]).length === 1;
      return compared(folder, own ? names[i]! : folder, configs[i]!, by);
    }),
  };
}

function compared(folder: string, name: string, { config }: RunConfig, by: Axis): ComparedRun {
  const curves = new Map<string, Point[]>();
  const best = new Map<string, { value: number; epoch: number }>();
  const stand = { epochs: 0, steps: 0, minutes: 0 };
  const add = (figure: string, value: number | null | undefined): void => {
    if (value === null || value === undefined) return;
    if (!curves.has(figure)) curves.set(figure, []);
    curves.get(figure)!.push([stand[by], value]);
  };
  for (const line of epochLines(folder)) {
    Object.assign(stand, { epochs: line.epoch, steps: line.step, minutes: stand.minutes + line.seconds / 60 });
    if (line.type === 'evaluation') {
      add(line.measure, line.value);
      if (!(line.value >= (best.get(line.measure)?.value ?? Number.POSITIVE_INFINITY)))
        best.set(line.measure, { value: line.value, epoch: line.epoch });
    } else for (const figure of FIGURES) add(figure, line[figure]);
  }
  const last = new Map([...curves].map(([figure, points]) => [figure, points.at(-1)![1]]));
  return { name, folder, ...stand, ofEpochs: config.epochs, curves, last, best };
}

/** Lines of epochs and evaluations; those of steps are passed over undecoded. */
function* epochLines(folder: string): Generator<MetricsLine, void, undefined> {
  for (const line of metricsWith(folder, '"type":"e')) if (line.type !== 'step') yield line;
}
