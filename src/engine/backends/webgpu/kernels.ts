// A plan's instructions as dispatches, in order. What is attached to a convolution is part of its dispatch.
import type { Conv2d, ConvFilter, ConvInput, Elementwise, Instruction, Plan } from '../../plan.ts';
import { conv2dKernel, convFilterKernels, convInputKernel } from './convolution.ts';
import { elementwiseKernel, shiftCutKernel, transposeKernel } from './elementwise.ts';
import type { Kernel } from './kernel.ts';
import { reduceKernels } from './reduce.ts';
import { STANDARD, type Tile } from './tile.ts';

export type Convolution = Conv2d | ConvInput | ConvFilter;
export type TileOf = (convolution: Convolution) => Tile;

export function isConvolution(instruction: Instruction): instruction is Convolution {
  return ['conv2d', 'convInput', 'convFilter'].includes(instruction.kind);
}

export function planKernels({ instructions }: Plan, tileOf: TileOf = () => STANDARD): Kernel[] {
  const kernels: Kernel[] = [];
  for (let i = 0; i < instructions.length; i++) {
    const [own, next] = [instructions[i]!, instructions[i + 1]];
    const tiled = own.kind === 'conv2d' || own.kind === 'convInput';
    const attached = tiled && next?.kind === 'elementwise' && next.attached ? next : null;
    kernels.push(...kernelsOf(own, attached, tileOf));
    if (attached) i++;
  }
  return kernels;
}

function kernelsOf(instruction: Instruction, attached: Elementwise | null, tileOf: TileOf): Kernel[] {
  switch (instruction.kind) {
    case 'conv2d':
      return [conv2dKernel(instruction, attached, tileOf(instruction))];
    case 'convInput':
      return [convInputKernel(instruction, attached, tileOf(instruction))];
    case 'convFilter':
      return convFilterKernels(instruction, tileOf(instruction));
    case 'elementwise':
      return [elementwiseKernel(instruction)];
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
