// The studio's server and its page speak in these types and columns, and import nothing else of
// each other. The page's other sources (a training in the page, one file) answer in the same terms.
import type { Condition } from '../train/health/advice.ts';
import { EPOCH_FIGURES, STEP_FIGURES } from '../train/line-figures.ts';
import type { RunConfig } from '../train/run-schema.ts';

/**
 * The state of a run. `training`: a process works on it now. `done`: all its epochs are trained.
 * `stopped`: it can go on. `diverged`: its losses are NaN or infinite. `damaged`: it cannot be
 * read.
 */
export type RunState = 'training' | 'done' | 'stopped' | 'diverged' | 'damaged';

/** A picture of a run by its name in `images`; a `version` changes when the file does. */
export interface PictureHead {
  readonly name: string;
  /** Epochs done when it was drawn; null for the reals and the preview. */
  readonly epoch: number | null;
  readonly version: string;
}

/** A list shows this much of a run. */
export interface RunHead {
  /** Its path below the folder of runs, '/' between the parts: the one name it goes by. */
  readonly id: string;
  readonly state: RunState;
  /** Why it is damaged, or who trains it; null otherwise. */
  readonly detail: string | null;
  readonly preset: string | null;
  readonly data: { readonly name: string; readonly count: number } | null;
  readonly epoch: number;
  readonly epochs: number | null;
  readonly step: number;
  /** The last evaluation, if there was one; lower is better. */
  readonly evaluation: { readonly measure: string; readonly value: number; readonly floor: number } | null;
  readonly newest: PictureHead | null;
  /** When anything in it changed last, in milliseconds since 1970. */
  readonly changed: number;
}

/** Everything of a run except its metrics. */
export interface RunDetail {
  readonly head: RunHead;
  readonly config: RunConfig | null;
  /** Pictures of epochs in order, epoch 0 first. */
  readonly pictures: readonly PictureHead[];
  readonly reals: PictureHead | null;
  readonly preview: PictureHead | null;
  readonly film: boolean;
  readonly checkpoints: readonly CheckpointHead[];
  /** The last lines that its training printed, if the studio started it; else empty. */
  readonly output: string;
  /** The command that goes on with it, as the person would type it. */
  readonly resume: string;
  /** The command that trains the same run anew. */
  readonly repeat: string;
  /** Options of the form that make the same run, where they differ from the preset's. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
}

export interface CheckpointHead {
  readonly name: string;
  readonly epoch: number;
  readonly step: number | null;
  readonly bytes: number;
  /** Commands that ask this checkpoint, as the person would type them; options follow. */
  readonly commands: { readonly sample: string; readonly interpolate: string; readonly project: string };
}

/** An image of a run's data. */
export interface SentImage {
  /** Its place in the data. */
  readonly index: number;
  /** Bytes [H, W, channels], in base64. */
  readonly pixels: string;
}

/** A real image with the label that the networks were given. */
export interface SentReal extends SentImage {
  /** Its class, or the group that was found for it; null where the networks know neither. */
  readonly label: number | null;
}

/**
 * An image of the data near to a picture; `distance` is the mean difference in grey levels of 255.
 */
export interface NearImage extends SentImage {
  readonly distance: number;
}

/** What the watch saw; see train/health. */
export interface RunWarning {
  readonly condition: Condition;
  readonly step: number;
  readonly since: number;
  readonly seen: string;
  readonly help: string;
  /** The changes that `help` names, as options of the command line. */
  readonly changes: readonly string[];
  /** The first of them, as options of a new run. */
  readonly options: Readonly<Record<string, string>>;
}

/** Numbers of steps by column, all of one length; null where a number is not finite. */
export interface StepColumns extends Figures<(typeof STEP_FIGURES)[number]> {
  readonly step: readonly number[];
  readonly epoch: readonly number[];
  readonly seconds: readonly number[];
  /** When each line was written, in milliseconds since 1970; null for lines of older versions. */
  readonly time: readonly (number | null)[];
}

/** Means of epochs by column; what an epoch lacks is null. */
export interface EpochColumns extends StepColumns, Figures<(typeof EPOCH_FIGURES)[number]> {}

type Figures<Name extends string> = { readonly [name in Name]: readonly (number | null)[] };

export const STEP_COLUMNS = ['step', 'epoch', ...STEP_FIGURES, 'seconds', 'time'] as const;
export const EPOCH_COLUMNS = [...STEP_COLUMNS, ...EPOCH_FIGURES] as const;

/** Columns of these names that have no values yet. */
export function emptyColumns<Name extends string>(names: readonly Name[]): Record<Name, (number | null)[]> {
  return Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, (number | null)[]>;
}

export interface EvaluationRow {
  readonly step: number;
  readonly epoch: number;
  readonly measure: string;
  readonly value: number;
  readonly floor: number;
}

/**
 * Lines of metrics from one place to the next. `place` names where the next ones begin, in this
 * very file; when the file has been replaced (a run resumed from an earlier state), `whole` is true
 * and the lines begin anew.
 */
export interface MetricsPart {
  readonly place: string;
  readonly whole: boolean;
  readonly steps: StepColumns;
  readonly epochs: EpochColumns;
  readonly evaluations: readonly EvaluationRow[];
  /** Lines that could not be understood, and were left out. */
  readonly damaged: number;
}

/** Events of `/api/live`, by name. */
export interface LiveEvents {
  /** New lines of one of the runs that are followed. */
  readonly metrics: { readonly id: string } & MetricsPart;
  /** A run that came, or changed. */
  readonly head: RunHead;
  /** A run that is gone. */
  readonly gone: { readonly id: string };
  /** All heads have been sent once. */
  readonly ready: Readonly<Record<never, never>>;
}

/** A contact sheet and what `dcgan data inspect` found; the sheet is a PNG in base64. */
export interface DataReport {
  readonly report: Readonly<Record<string, unknown>>;
  readonly sheet: string | null;
}

/** One option of a new run. */
export interface FormField {
  /** The library's name. */
  readonly name: string;
  /** The command line's name, which people find in the documents. */
  readonly flag: string;
  readonly help: string;
  readonly group: string;
  /** `numbers` are whole ones with commas between them. */
  readonly kind: 'number' | 'integer' | 'numbers' | 'choice' | 'switch' | 'text';
  readonly choices?: readonly string[];
  readonly least?: number;
  readonly most?: number;
}

export interface FormDescription {
  readonly fields: readonly FormField[];
  /** Values of each preset by field name: what a field means when it is left empty. */
  readonly presets: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly defaultPreset: string;
}
