// The processes that work on one run. Rank 0 leads: it tells the others what to do next, and they
// follow. This is what both sides need of each other; mpi-world.ts is it over MPI.
import type { Ranks } from '../engine/shards.ts';
import { DcganError } from '../platform/errors.ts';

export interface World extends Ranks {
  /** The host of each rank. */
  readonly hosts: readonly string[];
  /** What carries the messages, in words: `Open MPI 4.1.4`. */
  readonly library: string;
  /** How many cores this rank may use beside the other ranks of its host. */
  readonly cores: number;
  /** Gives the bytes of rank 0 to all; other ranks call it with null. */
  broadcast(bytes: Uint8Array | null): Promise<Uint8Array>;
  /** Gives one text of every rank to all. */
  gather(text: string): Promise<string[]>;
  /** Whether some rank wishes to stop. Rank 0 learns it within seconds. */
  readonly stopping: boolean;
  /** Tells all ranks that this one wishes to stop. */
  wishToStop(): void;
  /** Whether all ranks before this one have certainly ended. */
  readonly first: boolean;
  /** Whether a rank was lost. Then all of them end within seconds. */
  readonly lost: boolean;
  /** Leaves the ranks; all of them do. */
  close(): Promise<void>;
  /** Ends all ranks at once, this one included. */
  abort(code: number): Promise<never>;
}

/** Names a rank in an error. */
export function rankIn({ hosts }: Pick<World, 'hosts'>, rank: number): string {
  return rankOn(rank, hosts[rank]!);
}

/** How errors name a rank, also before it knows of the others. */
export const rankOn = (rank: number, host: string): string => `rank ${rank} on ${host}`;

/** Returns an error of one rank with the rank's name, unless it names a rank already. */
export function errorOn<E>(where: string, error: E): E | DcganError {
  if (!(error instanceof DcganError) || /^rank \d+ /.test(error.complaint.what)) return error;
  return new DcganError({ ...error.complaint, what: `${where}: ${error.complaint.what}` });
}
