// Turns a plan's instructions into dispatches, in order. What is attached to a convolution is part
// of its dispatch. Consecutive elementwise programs share one when none needs another's results.
import {
  type Convolution,
  type Elementwise,
  type Instruction,
  type InstructionKind,
  type InstructionOf,
  KINDS,
} from '../../../instructions/index.ts';
import type { Plan } from '../../../plan.ts';
import { conv2dKernel, convFilterKernels, convInputKernel } from './convolution.ts';
import { elementwiseKernel, shiftCutKernel, transposeKernel } from './elementwise.ts';
import type { Kernel } from './kernel.ts';
import { reduceKernels } from './reduce.ts';
import { STANDARD, type Tile } from './tile.ts';
import { goTogether } from './together.ts';

export type TileOf = (convolution: Convolution) => Tile;

export function planKernels(plan: Pick<Plan, 'instructions'>, tileOf: TileOf = () => STANDARD): Kernel[] {
  return launchesOf(plan).flatMap((launch) => kernelsOf(launch, tileOf));
}

/**
 * The instructions of one launch (one or two dispatches): a convolution and what is attached to it,
 * several elementwise programs, or any other instruction.
 */
type Launch = readonly [Instruction, ...Elementwise[]];

export function launchesOf({ instructions }: Pick<Plan, 'instructions'>): Launch[] {
  const launches: [Instruction, ...Elementwise[]][] = [];
  for (const instruction of instructions) {
    const last = launches.at(-1);
    if (last && instruction.kind === 'elementwise' && joins(last, instruction)) last.push(instruction);
    else launches.push([instruction]);
  }
  return launches;
}

function joins(launch: Launch, next: Elementwise): boolean {
  const [first, ...more] = launch;
  if (first.kind === 'elementwise') return goTogether([first, ...more], next);
  return KINDS[first.kind].leads === 'programs' && more.length === 0 && next.attached;
}

/** Turns an instruction of a kind, and what it takes along, into dispatches; see `launchesOf`. */
type Emitter<K extends InstructionKind> = (
  instruction: InstructionOf<K>,
  more: readonly Elementwise[],
  tileOf: TileOf,
) => Kernel[];

const EMITTERS: { readonly [K in InstructionKind]: Emitter<K> } = {
  conv2d: (i, [attached = null], tileOf) => [conv2dKernel(i, attached, tileOf(i))],
  convInput: (i, [attached = null], tileOf) => [convInputKernel(i, attached, tileOf(i))],
  convFilter: (i, _, tileOf) => convFilterKernels(i, tileOf(i)),
  elementwise: (i, more) => [elementwiseKernel([i, ...more])],
  reduce: (i) => reduceKernels(i),
  transpose: (i) => [transposeKernel(i)],
  shiftCut: (i) => [shiftCutKernel(i)],
};

function kernelsOf([instruction, ...more]: Launch, tileOf: TileOf): Kernel[] {
  const emit = EMITTERS[instruction.kind] as Emitter<InstructionKind>;
  return emit(instruction, more, tileOf);
}
