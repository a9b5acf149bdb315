// What happens in a page's run, as data: Node's events without folders and paths, and with a
// checkpoint's bytes instead.
import type {
  CheckpointEvent as DiskCheckpoint,
  InterruptedEvent as DiskInterrupted,
  PictureEvent as DiskPicture,
  RunEvent as DiskRun,
  EpochEvent,
  StepEvent,
  WarningEvent,
} from '../train/events.ts';

/** The first event: what is about to run. */
export interface RunEvent extends Omit<DiskRun, 'folder' | 'resumed'> {
  /** Name under which the page keeps the run's checkpoints, or null. */
  readonly kept: string | null;
  /** Where a resumed run goes on; null for a fresh one. */
  readonly resumed: { readonly epoch: number; readonly step: number } | null;
}

/**
 * What the generator makes of the fixed noise, 4 x 4, after `epoch` whole epochs and `step` steps
 * in all.
 */
export interface PictureEvent extends Omit<DiskPicture, 'path'> {
  /** Steps that are done. */
  readonly step: number;
}

interface Saved {
  /** The checkpoint: a file that Node and pages go on from. */
  readonly bytes: Uint8Array;
  /** Its usual name: `epoch-0015.safetensors`. */
  readonly name: string;
}

/** An epoch's checkpoint; where the run is kept it is written already. */
export type CheckpointEvent = Omit<DiskCheckpoint, 'path'> & Saved;

/** The run was asked to stop. Resume goes on exactly here. */
export type InterruptedEvent = Omit<DiskInterrupted, 'path'> & Saved;

/** All epochs are done. */
export interface DoneEvent {
  readonly type: 'done';
  /** Whole epochs that are done. */
  readonly epochs: number;
  /** True when there was nothing left to train. */
  readonly already: boolean;
}

export type { EpochEvent, StepEvent, WarningEvent };
/** What `train` yields: tell events apart by `type`. */
export type TrainEvent =
  | RunEvent
  | StepEvent
  | PictureEvent
  | CheckpointEvent
  | EpochEvent
  | WarningEvent
  | InterruptedEvent
  | DoneEvent;
