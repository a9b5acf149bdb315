// What a page can ask of a run.
import type { Dataset, DatasetParts } from '../data/dataset.ts';
import type { MachineOptions } from '../gan/machine.ts';
import type { ConfigOverrides } from '../gan/schema.ts';
import type { TrainOptions as NodeOptions } from '../train/run-options.ts';

/** Options of `train` in a page; values of the configuration override those of the preset. */
export interface TrainOptions
  extends MachineOptions,
    ConfigOverrides,
    Pick<NodeOptions, 'preset' | 'cond' | 'seed' | 'limit' | 'contrast' | 'signal'> {
  /** The images: `datasets.from`, `datasets.idx`. */
  readonly data: Dataset;
  /**
   * A picture also after each so many steps, for a page that shows what is going on; it changes no
   * bit of the training.
   */
  readonly pictureEvery?: number | undefined;
  /**
   * Keeps the run's checkpoints in the page's own files (the Origin Private File System) under this
   * name: closing the tab then loses what came after the last one, no more. Without it the bytes of
   * the events are all there is.
   */
  readonly keep?: string | undefined;
  /**
   * Goes on from a checkpoint, written by a page or by Node, or from the newest of a kept run, by
   * its name. Configuration and seed are its own; other options may then be data, limit, device,
   * threads, contrast, keep and another number of epochs.
   */
  readonly resume?: string | Blob | Uint8Array | undefined;
}

/**
 * The same as a Worker is told it: a signal and a class do not travel, and the limit is kept
 * already.
 */
export interface SentOptions extends Omit<TrainOptions, 'data' | 'limit' | 'signal' | 'resume'> {
  readonly data: DatasetParts & { readonly images: Uint8Array };
  readonly resume?: string | Uint8Array | undefined;
}
