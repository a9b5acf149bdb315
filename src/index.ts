// The library's public face. Everything a program needs to train, sample, save and load a DCGAN; nothing internal.
import { Dataset, type DatasetParts } from './data/dataset.ts';
import { openDataset } from './data/open.ts';

export { type Config, type ConfigOverrides, type PresetName, presets } from './gan/config.ts';
export { type CreateOptions, DCGAN, type StepOptions, type StepResult } from './gan/dcgan.ts';
export type { MachineInfo, MachineOptions } from './gan/machine.ts';
export { DcganError } from './platform/errors.ts';
export { VERSION as version } from './platform/version.ts';
export type { Picture } from './render/grid.ts';
export type {
  CheckpointEvent,
  DoneEvent,
  EpochEvent,
  InterruptedEvent,
  PictureEvent,
  RunEvent,
  StepEvent,
  TrainEvent,
} from './train/events.ts';
export type { TrainOptions } from './train/options.ts';
export { train } from './train/train.ts';

/** Where images come from. */
export const datasets = {
  /** MNIST's 60,000 training images, 28 x 28 x 1, with labels; nothing is downloaded. */
  mnist: (): Dataset => openDataset('mnist'),
  /** MNIST's 10,000 test images. */
  mnistTest: (): Dataset => openDataset('mnist-test'),
  /** What `--data` takes: a known name, an IDX file (plain or .gz), or a folder with one. */
  open: (where: string): Dataset => openDataset(where),
  /** Images in memory: bytes, NHWC. */
  from: (parts: DatasetParts): Dataset => new Dataset(parts),
} as const;
export type { Dataset, DatasetParts };
