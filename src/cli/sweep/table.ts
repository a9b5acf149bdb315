// How the runs of a sweep stand, as a table: what each varies, and the figures of those that have
// begun, as `dcgan compare` reads them.

import { basename } from 'node:path';
import { MEASURE_NAMES } from '../../metrics/gauge.ts';
import { type ComparedRun, compareRuns } from '../../train/compare.ts';
import { settingText } from '../../train/setting.ts';
import { duration, shown, table } from '../format.ts';
import type { Cost } from './costs.ts';
import { folderOfRun, type RunStanding, standingOf } from './folders.ts';
import type { PlannedRun } from './plan.ts';

export interface SweptRun {
  readonly index: number;
  readonly folder: string;
  readonly state: RunStanding;
  readonly varied: PlannedRun['varied'];
  /** Epochs that are done. */
  readonly epochs: number;
  /** The newest value of each figure; empty for a run that has not begun. */
  readonly last: Readonly<Record<string, number>>;
  /** The lowest value of each measure. */
  readonly best: Readonly<Record<string, number>>;
}

/** Reads how runs stand. It changes nothing. */
export function swept(folder: string, runs: readonly PlannedRun[]): SweptRun[] {
  const standing = runs.map((run) => ({
    run,
    path: folderOfRun(folder, run),
    ...standingOf(folderOfRun(folder, run)),
  }));
  const begun = standing.filter(({ is, epochs }) => is !== 'new' && epochs > 0).map(({ path }) => path);
  const figures = new Map<string, ComparedRun>(
    begun.length === 0 ? [] : compareRuns(begun, 'epochs').runs.map((one) => [one.folder, one]),
  );
  return standing.map(({ run: { index, varied }, path, is, epochs }) => {
    const found = figures.get(path);
    const best = [...(found?.best ?? [])].map(([measure, { value }]) => [measure, value]);
    const about = { index, folder: path, state: is, varied, epochs };
    return { ...about, last: Object.fromEntries(found?.last ?? []), best: Object.fromEntries(best) };
  });
}

/** Returns the table of runs and their figures. */
export function figuresTable(runs: readonly SweptRun[]): string {
  const options = optionsOf(runs);
  const measures = Object.keys(MEASURE_NAMES).filter((measure) => runs.some(({ best }) => measure in best));
  const head = ['run', 'state', 'epochs', ...options, 'G loss', 'D loss', 'diversity'];
  const best = measures.map((measure) => `best ${MEASURE_NAMES[measure as keyof typeof MEASURE_NAMES]}`);
  const rows = runs.map(({ folder, state, epochs, varied, last, best: lowest }) => [
    basename(folder),
    state,
    String(epochs),
    ...options.map((name) => valueText(name, varied[name])),
    shown(last.generatorLoss),
    shown(last.discriminatorLoss),
    shown(last.diversity),
    ...measures.map((measure) => shown(lowest[measure])),
  ]);
  return table([[...head, ...best], ...rows]);
}

/** Returns the seconds that a run still takes; 0 for one that is done. */
export function secondsLeft({ state, epochs }: SweptRun, cost: Cost): number {
  return state === 'done' ? 0 : Math.max(0, cost.epochs - epochs) * cost.secondsPerEpoch;
}

/** Returns the table of runs and what each still costs. */
export function costTable(runs: readonly SweptRun[], costs: readonly Cost[]): string {
  const options = optionsOf(runs);
  const rows = runs.map((run, i) => [
    basename(run.folder),
    run.state,
    `${run.epochs} of ${costs[i]!.epochs}`,
    ...options.map((name) => valueText(name, run.varied[name])),
    run.state === 'done' ? '' : duration(secondsLeft(run, costs[i]!)),
  ]);
  return table([['run', 'state', 'epochs', ...options, 'takes'], ...rows]);
}

function optionsOf(runs: readonly SweptRun[]): string[] {
  return [...new Set(runs.flatMap(({ varied }) => Object.keys(varied)))];
}

const valueText = (name: string, value: unknown): string => (value === undefined ? '' : settingText(name, value));
