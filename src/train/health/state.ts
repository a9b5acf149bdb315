// Reads a training's health from its state: whether all numbers are finite, and how long the
// gradients are. The state is about to be saved anyway, so a step computes nothing more.
import type { StoredTensor } from '../../checkpoint/safetensors.ts';
import type { StepResult } from '../../gan/dcgan.ts';
import { momentNames } from '../../nn/adam.ts';
import type { LoggedNumbers } from '../epoch.ts';

/**
 * Euclidean norms of the running means of both networks' gradients, which are Adam's first moments.
 */
export interface GradientNorms {
  /** The norm of the generator's. */
  readonly generatorGradient: number;
  /** The norm of the discriminator's. */
  readonly discriminatorGradient: number;
}

export function gradientNorms(tensors: ReadonlyMap<string, StoredTensor>): GradientNorms {
  const squares = { generator: 0, discriminator: 0 };
  for (const pool of ['generator', 'discriminator'] as const) {
    const prefix = momentNames(`${pool}/`).m;
    for (const [name, { data }] of tensors)
      if (name.startsWith(prefix)) for (const value of data) squares[pool] += value * value;
  }
  return {
    generatorGradient: Math.sqrt(squares.generator),
    discriminatorGradient: Math.sqrt(squares.discriminator),
  };
}

const NAMES: Readonly<Record<keyof StepResult, string>> = {
  generatorLoss: "the generator's loss",
  discriminatorLoss: "the discriminator's loss",
  realScore: 'D(x)',
  fakeScore: 'D(G(z))',
};

/** Describes the first number of a step that is not finite; null when all are finite. */
export function brokenNumber(numbers: LoggedNumbers): string | null {
  for (const [key, name] of Object.entries(NAMES)) {
    const value = numbers[key as keyof StepResult];
    if (value === null || !Number.isFinite(value)) return `${name} is ${value ?? 'not finite'}`;
  }
  return null;
}
