// What a state says of a training: whether all its numbers are numbers, and how long the gradients are. Both are read from the
// state that is about to be saved, so that a step computes nothing more.
import type { StoredTensor } from '../../checkpoint/safetensors.ts';
import type { StepResult } from '../../gan/dcgan.ts';
import { momentNames } from '../../nn/adam.ts';

/** Euclidean norms of the running means of both networks' gradients: of Adam's first moments. */
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

/** The first tensor with a value that is not finite, in words; null when there is none. */
export function brokenTensor(tensors: ReadonlyMap<string, StoredTensor>): string | null {
  for (const [name, { data }] of tensors)
    for (const value of data) if (!Number.isFinite(value)) return `tensor ${name} holds ${value}`;
  return null;
}

const NAMES: Readonly<Record<keyof StepResult, string>> = {
  generatorLoss: "the generator's loss",
  discriminatorLoss: "the discriminator's loss",
  realScore: 'D(x)',
  fakeScore: 'D(G(z))',
};

/** The first of a step's numbers that is not finite, in words; null when all are. */
export function brokenNumber(numbers: { readonly [K in keyof StepResult]: number | null }): string | null {
  for (const [key, name] of Object.entries(NAMES)) {
    const value = numbers[key as keyof StepResult];
    if (value === null || !Number.isFinite(value)) return `${name} is ${value ?? 'not finite'}`;
  }
  return null;
}
