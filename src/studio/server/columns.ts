// Turns metrics.jsonl into columns. They take a third of the bytes of lines, and charts draw them.
import {
  EPOCH_COLUMNS,
  type EpochColumns,
  type EvaluationRow,
  emptyColumns,
  type MetricsPart,
  STEP_COLUMNS,
  type StepColumns,
} from '../api.ts';

type Column = (number | null)[];

/** Gathers lines column by column. */
export class ColumnsOf {
  readonly #steps = emptyColumns(STEP_COLUMNS);
  readonly #epochs = emptyColumns(EPOCH_COLUMNS);
  readonly #evaluations: EvaluationRow[] = [];
  #damaged = 0;
  #lines = 0;

  get lines(): number {
    return this.#lines;
  }

  /** Adds a line of the file, without its end. What cannot be understood is counted. */
  add(text: string): void {
    this.#lines++;
    const line = parse(text);
    if (line?.type === 'step') push(this.#steps, line);
    else if (line?.type === 'epoch') push(this.#epochs, line);
    else if (line?.type === 'evaluation') this.#evaluations.push(evaluation(line));
    else this.#damaged++;
  }

  part(place: string, whole: boolean): MetricsPart {
    return {
      place,
      whole,
      // Steps, epochs and seconds are numbers by `parse`; the rest may be null.
      steps: this.#steps as unknown as StepColumns,
      epochs: this.#epochs as unknown as EpochColumns,
      evaluations: this.#evaluations,
      damaged: this.#damaged,
    };
  }
}

type Line = Readonly<Record<string, unknown>> & { readonly type: unknown };

/** Returns null for what is no line of metrics. */
function parse(text: string): Line | null {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof data !== 'object' || data === null || !('type' in data)) return null;
  const line = data as Line;
  if (line.type === 'evaluation' && typeof line.measure !== 'string') return null;
  return ['step', 'epoch', 'seconds'].every((name) => typeof line[name] === 'number') ? line : null;
}

function push(columns: { [name: string]: Column }, line: Line): void {
  for (const [name, column] of Object.entries(columns)) column.push(finite(line[name]));
}

function evaluation(line: Line): EvaluationRow {
  return {
    step: finite(line.step) ?? 0,
    epoch: finite(line.epoch) ?? 0,
    measure: String(line.measure),
    value: finite(line.value) ?? 0,
    floor: finite(line.floor) ?? 0,
  };
}

function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
