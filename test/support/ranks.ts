// Ranks in one process: what each gives is added when all have given.
import { addInTree, type Ranks } from '../../src/engine/shards.ts';

export function ranksTogether(count: number): Ranks[] {
  let given: { readonly rank: number; readonly part: Float32Array; readonly take: (sum: Float32Array) => void }[] = [];
  const sum = (rank: number, part: Float32Array): Promise<Float32Array> =>
    new Promise((take) => {
      given.push({ rank, part, take });
      if (given.length < count) return;
      const all = given;
      given = [];
      const total = addInTree([...all].sort((a, b) => a.rank - b.rank).map((each) => each.part.slice()));
      for (const each of all) each.take(total.slice());
    });
  return Array.from({ length: count }, (_, rank) => ({ rank, count, sum: (part) => sum(rank, part) }));
}
