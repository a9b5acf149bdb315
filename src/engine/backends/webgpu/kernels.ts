// A plan's instructions as dispatches, in order. What is attached to a convolution is part of its dispatch.
import type { Elementwise, Instruction, Plan } from '../../plan.ts';
import { conv2dKernel, convFilterKernels, convInputKernel } from './convolution.ts';
import { elementwiseKernel, shiftCutKernel, transposeKernel } from './elementwise.ts';
import type { Kernel } from './kernel.ts';
import { reduceKernels } from './reduce.ts';

export function planKernels({ instructions }: Plan): Kernel[] {
  const kernels: Kernel[] = [];
  for (let i = 0; i < instructions.length; i++) {
    const [own, next] = [instructions[i]!, instructions[i + 1]];
    const tiled = own.kind === 'conv2d' || own.kind === 'convInput';
    const attached = tiled && next?.kind === 'elementwise' && next.attached ? next : null;
    kernels.push(...kernelsOf(own, attached));
    if (attached) i++;
  }
  return kernels;
}

function kernelsOf(instruction: Instruction, attached: Elementwise | null): Kernel[] {
  switch (instruction.kind) {
    case 'conv2d':
      return [conv2dKernel(instruction, attached)];
    case 'convInput':
      return [convInputKernel(instruction, attached)];
    case 'convFilter':
      return convFilterKernels(instruction);
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
