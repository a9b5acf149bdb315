// Charts need a run's numbers as columns that grow, places on an axis, and smoothing.
import { EPOCH_COLUMNS, type EvaluationRow, emptyColumns, type MetricsPart, STEP_COLUMNS } from '../../api.ts';

export type Axis = 'steps' | 'epochs' | 'minutes';
type Numbers = (number | null)[];

/** Holds all of a run's lines so far. */
export class Series {
  steps = emptyColumns(STEP_COLUMNS);
  epochs = emptyColumns(EPOCH_COLUMNS);
  evaluations: EvaluationRow[] = [];
  damaged = 0;
  /** When the run's sittings began, in milliseconds since 1970. */
  starts: readonly number[] = [];
  #minutes: number[] | null = null;

  take(part: MetricsPart): void {
    if (part.whole) Object.assign(this, new Series());
    append(this.steps, part.steps);
    append(this.epochs, part.epochs);
    this.evaluations.push(...part.evaluations);
    this.damaged += part.damaged;
  }

  /**
   * Returns the same columns in another object, since components whose properties are the same
   * objects as before are not drawn again.
   */
  snapshot(): Series {
    return Object.assign(new Series(), this);
  }

  /** The same columns of a run whose sittings began then. */
  withStarts(starts: readonly number[]): Series {
    return Object.assign(this.snapshot(), { starts });
  }

  /** Minutes of training until each step. */
  get minutes(): readonly number[] {
    this.#minutes ??= minutesOf(this.steps.seconds, this.steps.time, this.starts);
    return this.#minutes;
  }

  /** Steps of a whole epoch; null before the first one ends. */
  get stepsPerEpoch(): number | null {
    const [step, epoch] = [this.epochs.step.at(-1), this.epochs.epoch.at(-1)];
    return step && epoch ? step / epoch : null;
  }

  /** Returns the places of all steps on an axis. */
  axisOfSteps(axis: Axis): readonly number[] {
    const steps = this.steps.step as number[];
    if (axis === 'steps') return steps;
    if (axis === 'minutes') return this.minutes;
    const perEpoch = this.stepsPerEpoch;
    return perEpoch === null
      ? steps.map((step) => step / Math.max(1, steps.length))
      : steps.map((step) => step / perEpoch);
  }

  /** Returns the place of a step on an axis. */
  position(step: number, axis: Axis): number {
    if (axis === 'steps') return step;
    if (axis === 'epochs') return this.stepsPerEpoch === null ? 0 : step / this.stepsPerEpoch;
    return this.minutes[Math.min(step, this.minutes.length) - 1] ?? 0;
  }
}

/**
 * Returns the minutes of training until each step by the clock, pauses between sittings left out.
 * A step without a time, or the first one of a sitting, counts with its own seconds.
 * @param seconds how long each step took
 * @param time when each step's line was written, in milliseconds since 1970
 */
export function minutesOf(seconds: Numbers, time: Numbers, starts: readonly number[]): number[] {
  let total = 0;
  return seconds.map((own, i) => {
    const [before, now] = [time[i - 1] ?? null, time[i] ?? null];
    const goesOn = before !== null && now !== null && !starts.some((start) => before < start && start <= now);
    total += Math.max(own ?? 0, goesOn ? (now - before) / 1000 : 0) / 60;
    return total;
  });
}

function append(to: Record<string, Numbers>, from: object): void {
  for (const [name, values] of Object.entries(from)) for (const value of values as Numbers) to[name]!.push(value);
}

/**
 * Takes an exponential moving average with its start corrected (Kingma and Ba, "Adam", 2015,
 * section 3). `amount` 0 leaves values as they are, and 0.99 averages about a hundred of them. Gaps
 * stay gaps.
 */
export function smooth(values: readonly (number | null)[], amount: number): (number | null)[] {
  if (amount <= 0) return [...values];
  let [sum, weight] = [0, 0];
  return values.map((value) => {
    if (value === null) return null;
    sum = amount * sum + (1 - amount) * value;
    weight = amount * weight + (1 - amount);
    return sum / weight;
  });
}
