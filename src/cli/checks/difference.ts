// Compares two states bit by bit, and says where they first differ.
import type { Snapshot } from '../../gan/snapshot.ts';

/** What both states are called in the sentence. */
export interface SideNames {
  readonly first: string;
  readonly second: string;
}

/**
 * Returns where two states first differ in their bits, with tensor, index and both values, or null.
 */
export function firstDifference(
  first: Pick<Snapshot, 'seed' | 'epoch' | 'step' | 'tensors'>,
  second: Pick<Snapshot, 'seed' | 'epoch' | 'step' | 'tensors'>,
  names: SideNames,
): string | null {
  const both = (a: unknown, b: unknown): string => `${a} ${names.first}, ${b} ${names.second}`;
  for (const key of ['seed', 'epoch', 'step'] as const)
    if (first[key] !== second[key]) return `${key}: ${both(first[key], second[key])}`;
  for (const name of new Set([...first.tensors.keys(), ...second.tensors.keys()])) {
    const [a, b] = [first.tensors.get(name)?.data, second.tensors.get(name)?.data];
    if (a?.length !== b?.length || !a || !b)
      return `tensor ${name}: ${both(`${a?.length ?? 'no'} values`, b?.length ?? 'none')}`;
    const [p, q] = [bitsOf(a), bitsOf(b)];
    const at = p.findIndex((word, i) => word !== q[i]);
    if (at >= 0) return `tensor ${name}, index ${at}: ${both(a[at], b[at])}`;
  }
  return null;
}

/** Returns how many values a state has, in bytes. */
export function bytesOf(tensors: Snapshot['tensors']): number {
  return [...tensors.values()].reduce((total, { data }) => total + data.byteLength, 0);
}

function bitsOf({ buffer, byteOffset, length }: Float32Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length);
}
