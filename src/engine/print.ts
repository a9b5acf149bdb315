// Prints a plan as text with one line for each instruction. It shows what a model compiles to, and
// a diff of two prints shows what a change does.

import { showShape } from './graph.ts';
import { recordOf } from './instructions/index.ts';
import { arenaBytes, type Plan, type Slot } from './plan.ts';

/** The plan's slots and instructions; addresses count floats. */
export function printPlan(plan: Plan): string {
  const slots = (title: string, list: ReadonlyMap<string, Slot>): string[] =>
    [...list].map(([name, { address, shape }]) => `${title.padEnd(9)} ${name} ${showShape(shape)} at ${address}`);
  return [
    `plan ${plan.name}: ${plan.instructions.length} instructions, ${plan.precision}, ${(arenaBytes(plan) / 1e6).toFixed(1)} MB`,
    `state     ${plan.stateFloats} floats; scratch behind it; control words at ${plan.control}`,
    ...slots('input', plan.inputs),
    ...slots('output', plan.outputs),
    ...slots('inject', plan.injections),
    ...plan.instructions.flatMap((instruction, i) => [
      ...exchangesBefore(plan, i),
      `${String(i).padStart(4)}  ${recordOf(instruction).print(instruction)}`,
    ]),
    ...exchangesBefore(plan, plan.instructions.length),
    '',
  ].join('\n');
}

function exchangesBefore({ exchanges = [] }: Plan, index: number): string[] {
  const here = exchanges.filter(({ before }) => before === index);
  return here.map(({ from, to, floats }) => `      over all shards: ${floats} floats at ${from} -> ${to}`);
}
