// The options of a run in a page, and their check in its Worker.
import type { Dataset, DatasetParts } from '../data/dataset.ts';
import type { MachineOptions } from '../gan/machine.ts';
import { type ConfigOverrides, configSchema } from '../gan/schema.ts';
import { usage } from '../platform/errors.ts';
import { wholeNumber } from '../platform/whole.ts';
import { checkContrast } from '../render/grid.ts';
import { refuseUnknown } from '../train/check-options.ts';
import type { TrainOptions as NodeOptions } from '../train/run-options.ts';

/** Options of `train` in a page; values of the configuration override those of the preset. */
export interface TrainOptions
  extends MachineOptions,
    ConfigOverrides,
    Pick<NodeOptions, 'preset' | 'cond' | 'seed' | 'limit' | 'contrast' | 'signal'> {
  /** The images, from `datasets.from`, `datasets.open` or `datasets.idx`. */
  readonly data: Dataset;
  /**
   * Also yields a picture after every `pictureEvery` steps, for a page that shows the progress. It
   * changes no bit of the training.
   */
  readonly pictureEvery?: number | undefined;
  /**
   * Keeps the run's checkpoints in the page's own files (the Origin Private File System) under this
   * name. If the tab is closed, only the work after the last checkpoint is lost. Without it, only
   * the events carry the bytes of checkpoints.
   */
  readonly keep?: string | undefined;
  /**
   * Continues from a checkpoint that a page or Node wrote, or from the newest of a kept run, by its
   * name. Configuration and seed are the checkpoint's. The other allowed options are data, limit,
   * device, threads, contrast, keep and another number of epochs.
   */
  readonly resume?: string | Blob | Uint8Array | undefined;
}

/**
 * The same options as a Worker receives them. A signal and a class cannot be sent, and the limit is
 * already applied.
 */
export interface SentOptions extends Omit<TrainOptions, 'data' | 'limit' | 'signal' | 'resume'> {
  readonly data: DatasetParts & { readonly images: Uint8Array };
  readonly resume?: string | Uint8Array | undefined;
}

const OWN = {
  ...{ data: true, cond: true, seed: true, limit: true, contrast: true, signal: true, pictureEvery: true },
  ...{ keep: true, resume: true, device: true, threads: true },
} satisfies Record<Exclude<keyof TrainOptions, keyof typeof configSchema.shape>, true>;

const KNOWN = [...Object.keys(configSchema.shape), ...Object.keys(OWN)];

/** @throws a usage error for an option of another name, and for a value that no run can have */
export function checkPageOptions(options: SentOptions | TrainOptions): void {
  refuseUnknown(options, KNOWN);
  const { contrast = 'fixed', cond = false, pictureEvery = 1 } = options;
  checkContrast('contrast', contrast);
  wholeNumber('pictureEvery', pictureEvery, 1);
  if (typeof cond !== 'boolean')
    throw usage({ what: 'cond has an invalid value', expected: 'true or false', got: String(cond) });
}
