// The words that the main thread and the thread of MPI share. The C side has the same numbers
// (kernels/mpi/shim.c).
export const WORD = {
  /** Counts the calls, and wakes the thread. */
  calls: 0,
  /** An exit code here ends all ranks. */
  abort: 1,
  /** 1: this rank wishes to stop. */
  wish: 2,
  /** 1: some rank wishes to stop. */
  stopping: 3,
} as const;

/** What the main thread asks of the thread of MPI. */
export type Call =
  | { readonly name: 'sum'; readonly memory: SharedArrayBuffer; readonly floats: number }
  | { readonly name: 'broadcast'; readonly memory: SharedArrayBuffer; readonly bytes: number }
  /** `memory` begins with this rank's bytes, and has room for those of all ranks behind them. */
  | { readonly name: 'gather'; readonly memory: SharedArrayBuffer; readonly bytes: number }
  | { readonly name: 'close' };

/** What the thread says: it has joined, the oldest call is done, or it cannot go on. */
export type Answer =
  | { readonly name: 'joined'; readonly rank: number; readonly count: number; readonly library: string }
  | { readonly name: 'done' }
  /** The rank before this one has sent nothing for too long. */
  | { readonly name: 'silent' }
  | { readonly name: 'failed'; readonly why: string };

/** A rank that sends nothing for this many seconds counts as lost. */
export const SILENCE_SECONDS = 12;
