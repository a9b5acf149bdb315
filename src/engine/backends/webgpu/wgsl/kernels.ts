// A plan's instructions as dispatches, in order. What is attached to a convolution is part of its dispatch, and elementwise programs
// that follow each other share one where none needs another's results.
import type { Conv2d, ConvFilter, ConvInput, Elementwise, Instruction, Plan } from '../../../plan.ts';
import { conv2dKernel, convFilterKernels, convInputKernel } from './convolution.ts';
import { elementwiseKernel, shiftCutKernel, transposeKernel } from './elementwise.ts';
import type { Kernel } from './kernel.ts';
import { reduceKernels } from './reduce.ts';
import { STANDARD, type Tile } from './tile.ts';
import { goTogether } from './together.ts';

export type Convolution = Conv2d | ConvInput | ConvFilter;
export type TileOf = (convolution: Convolution) => Tile;

export function isConvolution(instruction: Instruction): instruction is Convolution {
  return ['conv2d', 'convInput', 'convFilter'].includes(instruction.kind);
}

export function planKernels(plan: Pick<Plan, 'instructions'>, tileOf: TileOf = () => STANDARD): Kernel[] {
  return launchesOf(plan).flatMap((launch) => kernelsOf(launch, tileOf));
}

/** What one dispatch (or two) takes together: a convolution and what is attached to it; elementwise programs; any other instruction. */
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
  return (first.kind === 'conv2d' || first.kind === 'convInput') && more.length === 0 && next.attached;
}

function kernelsOf([instruction, ...more]: Launch, tileOf: TileOf): Kernel[] {
  const attached = more[0] ?? null;
  switch (instruction.kind) {
    case 'conv2d':
      return [conv2dKernel(instruction, attached, tileOf(instruction))];
    case 'convInput':
      return [convInputKernel(instruction, attached, tileOf(instruction))];
    case 'convFilter':
      return convFilterKernels(instruction, tileOf(instruction));
    case 'elementwise':
      return [elementwiseKernel([instruction, ...more])];
    case 'reduce':
      return reduceKernels(instruction);
    case 'transpose':
      return [transposeKernel(instruction)];
    case 'shiftCut':
      return [shiftCutKernel(instruction)];
    default:
      return instruction satisfies never;
  }
}
