// What happens in a run, as data. The loop knows no terminal and no files of its listeners: a progress line, JSON lines
// and a page are all made from these.

import type { StepResult } from '../gan/dcgan.ts';
import type { MachineInfo } from '../gan/machine.ts';
import type { Config } from '../gan/schema.ts';
import type { Measurement } from '../metrics/gauge.ts';
import type { Picture } from '../render/grid.ts';
import type { Diversities } from './health/diversity.ts';
import type { GradientNorms } from './health/state.ts';
import type { Warning } from './health/watch.ts';

/** The first event: what is about to run, everything on disk that a resume needs. */
export interface RunEvent {
  readonly type: 'run';
  /** The run's folder, as given or chosen. */
  readonly folder: string;
  /** The whole configuration. */
  readonly config: Config;
  /** Decides, with the configuration and the data, every bit of the state. */
  readonly seed: number;
  /** Name of the dataset and its number of images. */
  readonly data: { readonly name: string; readonly count: number };
  /** What the training runs on, and why. */
  readonly info: MachineInfo;
  /** Steps of one epoch. */
  readonly stepsPerEpoch: number;
  /** Where a resumed run goes on; null for a fresh one. */
  readonly resumed: { readonly path: string | null; readonly epoch: number; readonly step: number } | null;
  /** Things the person should know: bits that will differ on another device, and the like. */
  readonly notes: readonly string[];
}

/** One step is done. */
export interface StepEvent extends StepResult {
  readonly type: 'step';
  /** Steps of the run, from 1. */
  readonly step: number;
  /** The epoch under way, from 1. */
  readonly epoch: number;
  /** Steps of this epoch done, from 1. */
  readonly stepInEpoch: number;
  /** Real images of this step. */
  readonly images: number;
  /** Seconds that the step took. */
  readonly seconds: number;
}

/** A picture was written; epoch 0 is before training. */
export interface PictureEvent {
  readonly type: 'picture';
  /** Whole epochs that are done. */
  readonly epoch: number;
  /** The file that was written. */
  readonly path: string;
  /** The same picture in memory. */
  readonly picture: Picture;
}

/** An epoch is done and its checkpoint was written. */
export interface CheckpointEvent {
  readonly type: 'checkpoint';
  /** The file that was written. */
  readonly path: string;
  /** Whole epochs that are done. */
  readonly epoch: number;
  /** Steps of the run that are done. */
  readonly step: number;
}

/** An epoch is done, picture and checkpoint included: means over its steps, and the time all of it took. */
export interface EpochEvent extends StepResult, Diversities, GradientNorms {
  readonly type: 'epoch';
  /** The epoch that is done, from 1. */
  readonly epoch: number;
  /** Steps of the run that are done. */
  readonly step: number;
  /** Seconds that the epoch took, without its evaluation. */
  readonly seconds: number;
}

/** Samples were compared with the data, by `evaluateEvery`. */
export interface EvaluationEvent extends Measurement {
  readonly type: 'evaluation';
  /** The epoch it was made after. */
  readonly epoch: number;
  /** Steps of the run that are done. */
  readonly step: number;
  /** True when no evaluation of this run before was lower. */
  readonly best: boolean;
  /** Seconds that it took. */
  readonly seconds: number;
}

/**
 * Something goes wrong; said once. Condition `not-finite`: a number is NaN or infinite, and the run goes back to its last checkpoint
 * with lower learning rates; a `run` event follows. `gpu-failed`: the GPU that `auto` had taken was lost or refused, and the run goes
 * back to its last checkpoint and on on the processor; a `run` event follows. `evaluation-failed`: an evaluation could not be made;
 * the training goes on without its figure.
 */
export interface WarningEvent extends Omit<Warning, 'condition'> {
  readonly type: 'warning';
  /** What goes wrong, as one word. */
  readonly condition: Warning['condition'] | 'not-finite' | 'gpu-failed' | 'evaluation-failed';
}

/** The run was asked to stop, and has saved. Resume goes on exactly here. */
export interface InterruptedEvent {
  readonly type: 'interrupted';
  /** The checkpoint to go on from, a file. */
  readonly path: string;
  /** Whole epochs that are done. */
  readonly epoch: number;
  /** Steps of the run that are done. */
  readonly step: number;
}

/** All epochs are done; the newest checkpoint was read back and verified. */
export interface DoneEvent {
  readonly type: 'done';
  /** The run's folder. */
  readonly folder: string;
  /** Whole epochs that are done. */
  readonly epochs: number;
  /** The newest checkpoint, a file. */
  readonly checkpoint: string;
  /** The film of the run's pictures: an animated GIF in its folder. */
  readonly gif: string;
  /** True when there was nothing left to train. */
  readonly already: boolean;
}

/** What `train` yields: tell events apart by `type`. */
export type TrainEvent =
  | RunEvent
  | StepEvent
  | PictureEvent
  | CheckpointEvent
  | EpochEvent
  | EvaluationEvent
  | WarningEvent
  | InterruptedEvent
  | DoneEvent;
