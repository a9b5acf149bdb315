// Ranks in one process: each call is answered when all ranks have made it.
import { addInTree, type Ranks } from '../../src/engine/shards.ts';
import type { World } from '../../src/ranks/world.ts';

/** Lets all ranks give a value, and gives each the values of all. */
type Meet = (rank: number, value: unknown) => Promise<unknown[]>;

interface Call {
  readonly values: unknown[];
  readonly takers: ((all: unknown[]) => void)[];
}

/** A rank's n-th call meets the n-th calls of the others. It may make the next one before that. */
function meeting(count: number): Meet {
  const made = new Array<number>(count).fill(0);
  const calls = new Map<number, Call>();
  return (rank, value) =>
    new Promise((take) => {
      const at = made[rank]!;
      made[rank] = at + 1;
      const call = calls.get(at) ?? { values: [], takers: [] };
      calls.set(at, call);
      call.values[rank] = value;
      call.takers.push(take);
      if (call.takers.length < count) return;
      calls.delete(at);
      for (const each of call.takers) each([...call.values]);
    });
}

const sumOver = async (meet: Meet, rank: number, part: Float32Array): Promise<Float32Array> => {
  const all = (await meet(rank, part.slice())) as Float32Array[];
  return addInTree(all.map((one) => one.slice()));
};

export function ranksTogether(count: number): Ranks[] {
  const meet = meeting(count);
  return Array.from({ length: count }, (_, rank) => ({ rank, count, sum: (part) => sumOver(meet, rank, part) }));
}

export function worldsTogether(count: number): World[] {
  const meet = meeting(count);
  const shared = { stopping: false };
  return Array.from({ length: count }, (_, rank) => ({
    rank,
    count,
    hosts: Array.from({ length: count }, (_, i) => `host-${i}`),
    library: 'one process',
    cores: 1,
    first: rank === 0,
    lost: false,
    get stopping() {
      return shared.stopping;
    },
    wishToStop: () => {
      shared.stopping = true;
    },
    sum: (part) => sumOver(meet, rank, part),
    broadcast: async (bytes) => ((await meet(rank, bytes?.slice())) as Uint8Array[])[0]!,
    gather: async (text) => (await meet(rank, text)) as string[],
    close: async () => void (await meet(rank, null)),
    abort: (code) => Promise.reject(new Error(`all ranks end with ${code}`)),
  }));
}
