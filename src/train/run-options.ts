// What a person can ask of a run.
import type { PackProgress } from '../data/build.ts';
import type { Dataset } from '../data/dataset.ts';
import type { DataOptions } from '../data/image-options.ts';
import type { MachineOptions } from '../gan/machine.ts';
import type { ConfigOverrides } from '../gan/schema.ts';
import type { PixelRange } from '../metrics/network-input.ts';
import type { Contrast } from './progress-pictures.ts';

export const ON_NAN = ['stop', 'lower-lr'] as const;
/** What happens when a number is NaN or infinite. */
export type OnNan = (typeof ON_NAN)[number];

/** Options of `train`; values of the configuration override those of the preset. */
export interface TrainOptions
  extends MachineOptions,
    ConfigOverrides,
    Pick<DataOptions, 'fit' | 'background' | 'flip' | 'skipBroken'> {
  /** One of `presets`: `tf2018` by default, `best` for a path. */
  readonly preset?: string | undefined;
  /** Train on the data's classes too: what is made can then be chosen. */
  readonly cond?: boolean | undefined;
  /** Decides every random number: a whole number below 2^53. Random when not given, and recorded. */
  readonly seed?: number | undefined;
  /** A name (`mnist`, default), a path, or a data set. Images read from a path are brought to `imageSize` and `channels`. */
  readonly data?: string | Dataset | undefined;
  /** Told how far the pictures of a path are read, the first time. */
  readonly onDataProgress?: ((progress: PackProgress) => void) | undefined;
  /** Only the first images of the data. */
  readonly limit?: number | undefined;
  /** The run's folder; `runs/NNNNN-DATA-PRESET`, the next free number, when not given. */
  readonly out?: string | undefined;
  /** `fixed` (default): grey levels as the network gives them; `tile`: each tile stretched to its own range. */
  readonly contrast?: Contrast | undefined;
  /**
   * When a number is NaN or infinite: `stop` (default) with an error, at the last good checkpoint; `lower-lr`: go back to it and
   * on from there with half the learning rates, up to four times.
   */
  readonly onNan?: OnNan | undefined;
  /** Compare samples with the data after every so many epochs (see `Gauge`); 0 (default): never. It changes nothing of the training. */
  readonly evaluateEvery?: number | undefined;
  /** Keep the checkpoint with the best evaluation so far as checkpoints/best.safetensors; evaluates every epoch where nothing else is said. */
  readonly keepBest?: boolean | undefined;
  /** Whose features evaluations compare: `digits`, `pixels`, or the path of an ONNX file; see docs/metrics.md. */
  readonly extractor?: string | undefined;
  /** What the pixels of an ONNX network lie between; -1..1 when not given. */
  readonly extractorRange?: PixelRange | undefined;
  /**
   * Goes on with the run in this folder; other options may then be device, threads, contrast, evaluations and another number of epochs. Or a checkpoint's
   * file alone, such as a page's: a new run goes on from it, whose data and folder are options too.
   */
  readonly resume?: string | undefined;
  /** The checkpoint to resume from; the newest when not given. */
  readonly from?: string | undefined;
  /** Draws images/preview.png at most every so many seconds, and for a hundredth of the time at most; never when not given. */
  readonly preview?: number | undefined;
  /** Aborting finishes the step, saves and ends the iteration. */
  readonly signal?: AbortSignal | undefined;
}
