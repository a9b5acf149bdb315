// The record of an instruction kind: it holds all that the engine knows of the kind. The kinds'
// numbers, the encoder, the printer, the reference device, the checks of plans, the probe of a new
// library and doctor's checks read nothing else. Each device has a table of its own that says what
// it does for a kind, and the table's type asks for every kind.
import type { Flop, Shape, Tensor } from '../graph.ts';
import type { Address } from '../program.ts';
import type { DrawKey } from '../random.ts';

/** A span of the arena. */
export interface Region {
  readonly start: Address;
  readonly floats: number;
  /** True when it is read at the domain's own index alone, so that a result may overwrite it. */
  readonly plain?: boolean;
}

/**
 * The spans of the arena that an instruction reads, those that it fills, and those that it uses
 * while it runs.
 */
export interface Touched {
  readonly reads: readonly Region[];
  readonly writes: readonly Region[];
  readonly scratch: readonly Region[];
}

/**
 * What the reference device runs on: all of the arena, and what the run was asked for (control.ts).
 */
export interface Memory {
  readonly arena: Float32Array;
  readonly key: DrawKey;
  /** Bit s is set when draw site s takes its injected values. */
  readonly injected: number;
}

/** A small computation that `doctor` runs on a device and on the reference. */
export interface KernelCheck {
  readonly name: string;
  /** The shapes of its inputs, whose values lie in [-1, 1). */
  readonly shapes: readonly Shape[];
  readonly build: (...inputs: Tensor[]) => Tensor | readonly Tensor[];
  /** Compare the gradients of the inputs too. */
  readonly backward?: true;
}

export interface KindRecord<I> {
  /** Its number in encoded plans. Once given it stays. */
  readonly number: number;
  /**
   * What may run image by image right behind it, as attached: any program, sums alone, or nothing.
   */
  readonly leads: 'programs' | 'sums' | 'nothing';
  /** Its fields as 32-bit words, in the order in which the C kernels read them. */
  words(instruction: I): number[];
  touches(instruction: I): Touched;
  /** One line of text, without its number. */
  print(instruction: I): string;
  /**
   * The plain definition, which all devices are compared with: it reads and writes `memory.arena`.
   */
  run(instruction: I, memory: Memory): void;
  /** Multiplications and additions of convolutions, counted singly. */
  flop(instruction: I): Flop;
  /** Instructions over the memory of sample.ts that between them use all of the kind's code. */
  readonly samples: readonly [I, ...I[]];
  readonly checks: readonly [KernelCheck, ...KernelCheck[]];
}
