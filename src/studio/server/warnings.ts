// Finds the warnings of the watch again from a run's metrics. The same numbers give the same
// warnings as while it trained.
import { meansOf } from '../../train/epoch.ts';
import { type Warning, Watch } from '../../train/health/watch.ts';
import type { RunConfig } from '../../train/run-schema.ts';
import type { MetricsPart, RunWarning } from '../api.ts';
import { folderOf, type RunPlace, readConfig } from './heads.ts';
import { metricsParts, START } from './tail.ts';

/** Gathers the warnings of a run from its metrics, which come in parts and in order. */
export class Watching {
  readonly #config: RunConfig['config'];
  #watch: Watch;
  #warnings: Warning[] = [];

  constructor({ config }: RunConfig) {
    this.#config = config;
    this.#watch = new Watch(config);
  }

  take(part: MetricsPart): void {
    if (part.whole) [this.#watch, this.#warnings] = [new Watch(this.#config), []];
    this.#warnings.push(...warningsIn(part, this.#watch));
  }

  /** Returns all warnings so far in the order of their steps. */
  warnings(nameOf: (flag: string) => string): RunWarning[] {
    return this.#warnings.map((warning) => {
      const changes = changesIn(warning.help);
      return { ...warning, changes, options: optionsOf(changes[0] ?? '', nameOf) };
    });
  }
}

/** Runs whose warnings are remembered; a person looks at a few. */
const MOST_RUNS = 16;

/** Remembers the warnings of runs, and reads only what their metrics have got since. */
export class Warnings {
  readonly #known = new Map<string, { place: string; readonly config: string; readonly watching: Watching }>();
  /** Requests follow one another, so that no part is taken twice. */
  #last: Promise<unknown> = Promise.resolve();

  /** Returns a run's warnings in the order of their steps; none where it cannot be read. */
  of(place: RunPlace, nameOf: (flag: string) => string): Promise<RunWarning[]> {
    const found = this.#last.then(() => this.#read(place, nameOf));
    this.#last = found.catch(() => {});
    return found;
  }

  async #read(place: RunPlace, nameOf: (flag: string) => string): Promise<RunWarning[]> {
    const run = await readConfig(place);
    if (typeof run === 'string') return [];
    const [folder, config] = [folderOf(place), JSON.stringify(run.config)];
    const before = this.#known.get(folder);
    const known = before?.config === config ? before : { place: START, config, watching: new Watching(run) };
    this.#known.delete(folder);
    for await (const part of metricsParts(place.root, place.parts, known.place)) {
      known.watching.take(part);
      known.place = part.place;
    }
    this.#known.set(folder, known);
    for (const oldest of [...this.#known.keys()].slice(0, -MOST_RUNS)) this.#known.delete(oldest);
    return known.watching.warnings(nameOf);
  }
}

function warningsIn({ steps, epochs }: MetricsPart, watch: Watch): Warning[] {
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
    const [recall = null, coverage = null] = [epochs.recall[i], epochs.coverage[i]];
    const figures = { diversity, classDiversity, recall, coverage, generatorGradient, discriminatorGradient };
    warnings.push(...watch.epoch({ epoch: epochs.epoch[i]!, step: epochs.step[i]!, ...figures }));
  }
  // An epoch's line follows its steps, so these lie before all epochs of the next part.
  upTo(Number.POSITIVE_INFINITY);
  return warnings;
}

/** The help `What usually helps: --lr-d 5e-5, or --r1 0.1` names two changes. */
function changesIn(help: string): string[] {
  return help.replace(/^[^-]*: /, '').split(', or ');
}

/** Returns the options of a change under the library's names. */
function optionsOf(change: string, nameOf: (flag: string) => string): Record<string, string> {
  const options = [...change.matchAll(/--([a-z][a-z0-9-]*)(?: (?!--)([^\s,]+))?/g)];
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
