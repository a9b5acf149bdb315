// The options of a training.
import type { PackProgress } from '../data/build.ts';
import type { Dataset } from '../data/dataset.ts';
import type { ReadingOptions } from '../data/image-options.ts';
import type { MachineOptions } from '../gan/machine.ts';
import type { AnyName, PresetName } from '../gan/presets.ts';
import type { ConfigOverrides } from '../gan/schema.ts';
import type { ExtractorChoice } from '../metrics/extractors.ts';
import type { Contrast } from './progress-pictures.ts';
import type { Leader } from './ranks/leader.ts';

export const ON_NAN = ['stop', 'lower-lr'] as const;
/** The choices for a number that is NaN or infinite. */
export type OnNan = (typeof ON_NAN)[number];

/** The most seconds between two previews of a training: a day. */
export const LONGEST_PREVIEW = 86_400;

/** Options of `train`; values of the configuration override those of the preset. */
export interface TrainOptions extends MachineOptions, ConfigOverrides, ExtractorChoice, ReadingOptions {
  /** One of `presets`. The default is `tf2018`, and `best` for a path. */
  readonly preset?: PresetName | AnyName | undefined;
  /** Also trains on the data's classes, so that a class can be chosen when images are made. */
  readonly cond?: boolean | undefined;
  /**
   * Decides every random number: a whole number below 2^53. When it is not given, it is random and
   * recorded.
   */
  readonly seed?: number | undefined;
  /**
   * A name (`mnist`, default), a path, or a dataset. Images read from a path are converted to
   * `imageSize` and `channels`.
   */
  readonly data?: string | Dataset | undefined;
  /** Called while the pictures of a path are read for the first time. */
  readonly onDataProgress?: ((progress: PackProgress) => void) | undefined;
  /** Takes only the first images of the data. */
  readonly limit?: number | undefined;
  /** The run's folder. The default is `runs/NNNNN-DATA-PRESET` with the next free number. */
  readonly out?: string | undefined;
  /**
   * How pictures show grey levels: `fixed` (default) shows the network's values, and `tile`
   * stretches each tile to its own range.
   */
  readonly contrast?: Contrast | undefined;
  /**
   * What happens when a number is NaN or infinite. `stop` (default) ends with an error, and the
   * last good checkpoint remains. `lower-lr` goes back to that checkpoint and continues with half
   * the learning rates, up to four times.
   */
  readonly onNan?: OnNan | undefined;
  /**
   * Compares samples with the data after every so many epochs (see `Gauge`); 0 (default) means
   * never. It does not change the training.
   */
  readonly evaluateEvery?: number | undefined;
  /**
   * Keeps the checkpoint with the best evaluation so far as checkpoints/best.safetensors. It
   * evaluates every epoch unless `evaluateEvery` says otherwise.
   */
  readonly keepBest?: boolean | undefined;
  /**
   * Also writes an event file for TensorBoard into the run's folder: scalars, pictures and
   * histograms of the weights. A resumed run continues it.
   */
  readonly tensorboard?: boolean | undefined;
  /**
   * Continues the run in this folder. Then the only other options are device, threads, contrast,
   * evaluations and another number of epochs. A checkpoint's file, such as a page's, starts a new
   * run from that checkpoint, with data and folder as options.
   */
  readonly resume?: string | undefined;
  /** The checkpoint to resume from; the default is the newest. */
  readonly from?: string | undefined;
  /**
   * Draws images/preview.png at most once in so many seconds, up to a day, and for at most a
   * hundredth of the time. The default is never.
   */
  readonly preview?: number | undefined;
  /** An abort finishes the step, saves the state and ends the iteration. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of a training that the program itself starts. */
export interface RankedTrainOptions extends TrainOptions {
  /** As for a model (`RankedOptions.variant`); a resumed run has its own. */
  readonly variant?: string | undefined;
  /** The other processes that train this run, which this one leads. */
  readonly ranks?: Leader | undefined;
}
