// The library's public interface in a page: the names of Node's (../index.ts), without folders.
import type { Dataset, DatasetParts } from '../data/dataset.ts';
import * as datasets from './datasets.ts';
import { list, newest, remove } from './kept.ts';
import * as pictures from './pictures.ts';

export type { StoredTensor } from '../checkpoint/safetensors.ts';
export type { PixelSource } from '../data/pixel-source.ts';
export type { BackendInfo, DeviceName } from '../engine/backends/backend.ts';
export type { Exportable, ExportOptions } from '../export/export-model.ts';
export type { ExportForm, ExportKind } from '../export/kinds.ts';
export type { NetworkName } from '../export/layers.ts';
export type { Layout, Pixels } from '../export/onnx.ts';
export { mixedClasses, spherical } from '../gan/between.ts';
export type { CreateOptions, LookOptions, StepOptions, StepResult } from '../gan/dcgan.ts';
export type { GenerateOptions } from '../gan/drawing.ts';
export type { Judgement, Layer, Projection, ProjectOptions, Search } from '../gan/looking.ts';
export type { MachineInfo, MachineOptions } from '../gan/machine.ts';
export { type AnyName, type PresetName, presets } from '../gan/presets.ts';
export type { Config, ConfigOverrides } from '../gan/schema.ts';
export type { ClassNames } from '../gan/snapshot.ts';
export { type Complaint, DcganError } from '../platform/errors.ts';
export { VERSION as version } from '../platform/version.ts';
export type { GridOptions, Picture } from '../render/grid.ts';
export type { Condition } from '../train/health/advice.ts';
export type { Diversities } from '../train/health/diversity.ts';
export type { Recalled } from '../train/health/recall.ts';
export type { GradientNorms } from '../train/health/state.ts';
export type { Warning } from '../train/health/watch.ts';
export { DCGAN } from './dcgan.ts';
export type {
  CheckpointEvent,
  DoneEvent,
  EpochEvent,
  InterruptedEvent,
  PictureEvent,
  RunEvent,
  StepEvent,
  TrainEvent,
  WarningEvent,
} from './events.ts';
export { exportModel } from './export.ts';
export type { TrainOptions } from './page-options.ts';
export { train } from './train.ts';

/** Runs that this page keeps (`train({ keep })`), by name. */
export const runs = {
  /** Returns the names of all kept runs. */
  list,
  /** Returns the name and the file of a run's newest checkpoint; null when there is none. */
  newest,
  /** Removes a run and its checkpoints. */
  remove,
} as const;
export type { Dataset, DatasetParts };
export { datasets, pictures };
