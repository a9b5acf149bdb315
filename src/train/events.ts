// The events of a run, as data. The loop knows no terminal and no files of its listeners. A
// progress line, JSON lines and a page are all made from these events.

import type { StepResult } from '../gan/dcgan.ts';
import type { MachineInfo } from '../gan/machine.ts';
import type { Config } from '../gan/schema.ts';
import type { Measurement } from '../metrics/gauge.ts';
import type { Picture } from '../render/grid.ts';
import type { Diversities } from './health/diversity.ts';
import type { GradientNorms } from './health/state.ts';
import type { Warning } from './health/watch.ts';

/** The first event says what is about to run. Everything that a resume needs is on disk. */
export interface RunEvent {
  readonly type: 'run';
  /** The run's folder, as given or chosen. */
  readonly folder: string;
  /** The whole configuration. */
  readonly config: Config;
  /** The seed. With the configuration and the data it decides every bit of the state. */
  readonly seed: number;
  /** Name of the dataset and its number of images. */
  readonly data: { readonly name: string; readonly count: number };
  /** The device that the training runs on, and why it was chosen. */
  readonly info: MachineInfo;
  /** Steps of one epoch. */
  readonly stepsPerEpoch: number;
  /** The place at which a resumed run continues; null for a fresh run. */
  readonly resumed: { readonly path: string | null; readonly epoch: number; readonly step: number } | null;
  /** Notes for the person, for example that another device changes the bits. */
  readonly notes: readonly string[];
}

/** One step is done. */
export interface StepEvent extends StepResult {
  readonly type: 'step';
  /** The step's number in the run, from 1. */
  readonly step: number;
  /** The epoch under way, from 1. */
  readonly epoch: number;
  /** The step's number in its epoch, from 1. */
  readonly stepInEpoch: number;
  /** The number of real images in this step. */
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

/**
 * An epoch is done, and so are its picture and its checkpoint. The numbers are means over its
 * steps, and the time that all of it took.
 */
export interface EpochEvent extends StepResult, Diversities, GradientNorms {
  readonly type: 'epoch';
  /** The epoch that is done, from 1. */
  readonly epoch: number;
  /** Steps of the run that are done. */
  readonly step: number;
  /** Seconds that the epoch took, without its evaluation. */
  readonly seconds: number;
}

/** Samples were compared with the data; `evaluateEvery` asked for it. */
export interface EvaluationEvent extends Measurement {
  readonly type: 'evaluation';
  /** The evaluation was made after this epoch. */
  readonly epoch: number;
  /** Steps of the run that are done. */
  readonly step: number;
  /** True when no earlier evaluation of this run was lower. */
  readonly best: boolean;
  /** Seconds that the evaluation took. */
  readonly seconds: number;
}

/**
 * Something goes wrong. Each condition is reported once.
 * - `not-finite`: a number is NaN or infinite. The run goes back to its last checkpoint and
 * continues with lower learning rates. A `run` event follows.
 * - `gpu-failed`: the GPU that `auto` had chosen was lost or refused a step. The run goes back to
 * its last checkpoint and continues on the processor. A `run` event follows.
 * - `evaluation-failed`: an evaluation could not be made. The training continues without its
 * figure.
 */
export interface WarningEvent extends Omit<Warning, 'condition'> {
  readonly type: 'warning';
  /** What goes wrong, as one word. */
  readonly condition: Warning['condition'] | 'not-finite' | 'gpu-failed' | 'evaluation-failed';
}

/** The run was asked to stop and has saved its state. A resume continues exactly here. */
export interface InterruptedEvent {
  readonly type: 'interrupted';
  /** The file of the checkpoint to continue from. */
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
  /** The file of the newest checkpoint. */
  readonly checkpoint: string;
  /** The film of the run's pictures: an animated GIF in its folder. */
  readonly gif: string;
  /** True when there was nothing left to train. */
  readonly already: boolean;
}

/** The events that `train` yields. Their `type` tells them apart. */
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
