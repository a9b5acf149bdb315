// The events of a page's run, as data. They are Node's events without folders and paths, and with
// the bytes of checkpoints.
import type {
  CheckpointEvent as DiskCheckpoint,
  InterruptedEvent as DiskInterrupted,
  PictureEvent as DiskPicture,
  RunEvent as DiskRun,
  EpochEvent,
  StepEvent,
  WarningEvent,
} from '../train/events.ts';

/** The first event; it describes the run that begins. */
export interface RunEvent extends Omit<DiskRun, 'folder' | 'resumed'> {
  /** The name under which the page keeps the run's checkpoints, or null. */
  readonly kept: string | null;
  /** The place where a resumed run continues; null for a new run. */
  readonly resumed: { readonly epoch: number; readonly step: number } | null;
}

/**
 * The images that the generator makes of the fixed noise, 4 x 4, after `epoch` whole epochs and
 * `step` steps in all.
 */
export interface PictureEvent extends Omit<DiskPicture, 'path'> {
  /** The number of finished steps. */
  readonly step: number;
}

interface Saved {
  /** The checkpoint's file, from which Node and pages can continue. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its usual name: `epoch-0015.safetensors`. */
  readonly name: string;
}

/** The checkpoint of an epoch. If the page keeps the run, it is already written. */
export type CheckpointEvent = Omit<DiskCheckpoint, 'path'> & Saved;

/** The run was asked to stop. A resumed run continues exactly here. */
export type InterruptedEvent = Omit<DiskInterrupted, 'path'> & Saved;

/** All epochs are done. */
export interface DoneEvent {
  readonly type: 'done';
  /** The number of finished epochs. */
  readonly epochs: number;
  /** True when there was nothing left to train. */
  readonly already: boolean;
}

export type { EpochEvent, StepEvent, WarningEvent };
/** The events that `train` yields; `type` tells them apart. */
export type TrainEvent =
  | RunEvent
  | StepEvent
  | PictureEvent
  | CheckpointEvent
  | EpochEvent
  | WarningEvent
  | InterruptedEvent
  | DoneEvent;
