// How the sliders of Explore move noise.
import type { Direction } from './principal.ts';

export interface Moves {
  /** All noise is multiplied by it. */
  readonly truncation: number;
  /** How far along each direction. */
  readonly along: readonly number[];
  /** A single noise value, counted from 0, and what is added to it. */
  readonly index: number;
  readonly amount: number;
}

export const IDLE: Moves = { truncation: 1, along: [], index: 0, amount: 0 };

/** Whether noise stays as it is. */
export const isIdle = ({ truncation, along, amount }: Moves): boolean =>
  truncation === 1 && amount === 0 && along.every((value) => value === 0);

/** Noise [N, latent] after the moves. */
export function moved(
  noise: Float32Array,
  latent: number,
  { truncation, along, index, amount }: Moves,
  directions: readonly Direction[],
): Float32Array {
  const added = new Float64Array(latent);
  added[index]! += amount;
  along.forEach((value, k) => {
    const direction = directions[k];
    if (value !== 0 && direction) for (let i = 0; i < latent; i++) added[i]! += value * direction.noise[i]!;
  });
  return noise.map((value, i) => truncation * value + added[i % latent]!);
}
