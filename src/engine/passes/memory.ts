// Plans the memory. Every buffer lives from the instruction that writes it to the last one that
// reads it, and buffers whose lives do not meet may share a place. The largest is placed first,
// each at the lowest place that is free for its whole life (greedy by size; Pisarchyk and Lee,
// "Efficient memory management for deep neural net inference", 2020). A result of a program may
// also take over the place of an operand that is read for the last time there.
import type { Address } from '../plan.ts';
import type { Buffer, Draft } from './draft.ts';

/** What of a draft matters here. */
type Touching = Omit<Draft, 'build'>;

/** Slots start at multiples of 16 floats: 64 bytes, a cache line and the widest vector. */
export const ALIGNMENT = 16;

export interface MemoryPlan {
  readonly addresses: ReadonlyMap<Buffer, Address>;
  readonly scratchFloats: number;
}

interface Life {
  readonly buffers: Buffer[];
  readonly floats: number;
  first: number;
  last: number;
}

export function alignUp(floats: number): number {
  return Math.ceil(floats / ALIGNMENT) * ALIGNMENT;
}

/**
 * Places for all buffers of `drafts` and `extra` (inputs and outputs), from `base` up. Without
 * `share` every buffer has a place of its own: the same plan must then give the same bits, which
 * tests hold it to.
 */
export function planMemory(
  drafts: readonly Touching[],
  extra: readonly Buffer[],
  base: Address,
  share: boolean,
): MemoryPlan {
  const moments = momentsOf(drafts);
  const lives = livesOf(drafts, extra, moments);
  if (share) takeOver(drafts, moments, lives);
  else for (const life of lives.values()) [life.first, life.last] = [-1, drafts.length];
  const unique = [...new Set(lives.values())].sort((a, b) => b.floats - a.floats || a.first - b.first);
  const placed: { life: Life; start: number; end: number }[] = [];
  const addresses = new Map<Buffer, Address>();
  let top = base;
  for (const life of unique) {
    const rivals = placed
      .filter((p) => p.life.first <= life.last && life.first <= p.life.last)
      .sort((a, b) => a.start - b.start);
    let start = base;
    for (const rival of rivals) {
      if (start + life.floats <= rival.start) break;
      start = Math.max(start, rival.end);
    }
    const end = start + alignUp(life.floats);
    placed.push({ life, start, end });
    top = Math.max(top, end);
    for (const buffer of life.buffers) addresses.set(buffer, start);
  }
  return { addresses, scratchFloats: top - base };
}

/** The moment of each draft; an attached one shares the moment of the draft before it. */
function momentsOf(drafts: readonly Touching[]): number[] {
  let moment = -1;
  return drafts.map((draft) => (draft.attached ? moment : ++moment));
}

function livesOf(drafts: readonly Touching[], extra: readonly Buffer[], moments: readonly number[]): Map<Buffer, Life> {
  const lives = new Map<Buffer, Life>();
  const touch = (buffer: Buffer, moment: number): void => {
    if (buffer.address !== undefined) return;
    const life = lives.get(buffer);
    if (!life) lives.set(buffer, { buffers: [buffer], floats: buffer.floats, first: moment, last: moment });
    else [life.first, life.last] = [Math.min(life.first, moment), Math.max(life.last, moment)];
  };
  drafts.forEach((draft, i) => {
    for (const buffer of [...draft.reads, ...draft.writes, ...draft.scratch]) touch(buffer, moments[i]!);
  });
  for (const buffer of [...extra, ...lives.keys()])
    if (extra.includes(buffer) || buffer.pinned) {
      touch(buffer, -1);
      touch(buffer, drafts.length);
    }
  return lives;
}

/** Lets results take over the place of operands that die with them. */
function takeOver(drafts: readonly Touching[], moments: readonly number[], lives: Map<Buffer, Life>): void {
  drafts.forEach((draft, i) => {
    const taken = new Set<Life>();
    for (const result of draft.writes) {
      const life = lives.get(result);
      if (!life || life.first !== moments[i]) continue;
      for (const operand of draft.replaceable) {
        // Drafts of one moment go image by image: what another of them reads stays as it is.
        if (drafts.some((other, k) => k !== i && moments[k] === moments[i] && other.reads.includes(operand))) continue;
        const old = lives.get(operand);
        if (!old || old === life || taken.has(old) || old.last !== moments[i] || old.floats !== life.floats) continue;
        old.buffers.push(...life.buffers);
        old.last = Math.max(old.last, life.last);
        for (const buffer of life.buffers) lives.set(buffer, old);
        taken.add(old);
        break;
      }
    }
  });
}
