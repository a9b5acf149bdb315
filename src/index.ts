// The library's public interface: everything that a program needs to train, sample, save and load a
// DCGAN, and nothing internal.
import './platform/node-version.ts';
import type { Built, PackProgress } from './data/build.ts';
import { Dataset, type DatasetParts } from './data/dataset.ts';
import { buildPack, type LoadOptions, loadDataset } from './data/load.ts';
import { openDataset } from './data/open.ts';
import * as pictures from './render/pictures.ts';

export type { StoredTensor } from './checkpoint/safetensors.ts';
export type { DataOptions, Fit, ReadingOptions, Shaping } from './data/image-options.ts';
export type { ImageSize } from './data/image-size.ts';
export type { PixelSource } from './data/pixel-source.ts';
export type { BackendInfo, DeviceName } from './engine/backends/backend.ts';
export type { Ranks } from './engine/shards.ts';
export { type Exportable, type ExportOptions, exportModel } from './export/export-model.ts';
export type { ExportForm, ExportKind } from './export/kinds.ts';
export type { NetworkName } from './export/layers.ts';
export type { Layout, Pixels } from './export/onnx.ts';
export { mixedClasses, spherical } from './gan/between.ts';
export {
  type CreateOptions,
  DCGAN,
  type LookOptions,
  type StepOptions,
  type StepResult,
} from './gan/dcgan.ts';
export type { GenerateOptions } from './gan/drawing.ts';
export type { Judgement, Layer, Projection, ProjectOptions, Search } from './gan/looking.ts';
export type { MachineInfo, MachineOptions, RankedOptions } from './gan/machine.ts';
export { type AnyName, type PresetName, presets } from './gan/presets.ts';
export type { Config, ConfigOverrides } from './gan/schema.ts';
export type { Share } from './gan/shards.ts';
export type { ClassNames, Snapshot } from './gan/snapshot.ts';
export type { ExtractorInfo } from './metrics/extractor.ts';
export type { ExtractorChoice } from './metrics/extractors.ts';
export type { ClassFigures, Copying, Evaluation, FeatureFigures, Figure } from './metrics/figures.ts';
export type { Measure, Measurement } from './metrics/gauge.ts';
export type { PixelRange } from './metrics/network-input.ts';
export type { ExtractionProgress } from './metrics/sets.ts';
export type { Verdict, VerdictKind } from './metrics/verdict-kind.ts';
export { type Complaint, DcganError } from './platform/errors.ts';
export { VERSION as version } from './platform/version.ts';
export type { GridOptions, Picture } from './render/grid.ts';
export type { StillOptions } from './studio/still/gather.ts';
export { exportHtml, type StillFile } from './studio/still/html.ts';
export { type EvaluateOptions, evaluate } from './train/evaluate-model.ts';
export type {
  CheckpointEvent,
  DoneEvent,
  EpochEvent,
  EvaluationEvent,
  InterruptedEvent,
  PictureEvent,
  RunEvent,
  StepEvent,
  TrainEvent,
  WarningEvent,
} from './train/events.ts';
export type { Condition } from './train/health/advice.ts';
export type { Diversities } from './train/health/diversity.ts';
export type { Recalled } from './train/health/recall.ts';
export type { GradientNorms } from './train/health/state.ts';
export type { Warning } from './train/health/watch.ts';
export type { Contrast } from './train/progress-pictures.ts';
export type { OnNan, TrainOptions } from './train/run-options.ts';
export { train } from './train/train.ts';

/** Makes datasets. */
export const datasets = {
  /** MNIST's 60,000 training images, 28 x 28 x 1, with labels; nothing is downloaded. */
  mnist: (): Dataset => openDataset('mnist'),
  /** MNIST's 10,000 test images. */
  mnistTest: (): Dataset => openDataset('mnist-test'),
  /**
   * Opens a known name, an IDX file (plain or .gz), or a folder with one, without any conversion.
   */
  open: (where: string): Dataset => openDataset(where),
  /**
   * Opens everything that `--data` takes: also folders and archives of pictures, .npy, CIFAR-10 and
   * packs; see docs/data.md.
   */
  load: (where: string, options?: LoadOptions): Promise<Dataset> => loadDataset(where, options),
  /** Packs such data into one file, which `load` also reads. */
  pack: (where: string, file: string, options?: LoadOptions): Promise<Built> => buildPack(where, file, options),
  /** Makes a dataset of images in memory: bytes, NHWC. */
  from: (parts: DatasetParts): Dataset => new Dataset(parts),
} as const;
export type { Built as PackResult, Dataset, DatasetParts, LoadOptions, PackProgress };
export { pictures };
