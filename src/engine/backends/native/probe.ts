// A tiny plan with the samples of every kind of instruction, which include every opcode. A freshly
// built library must survive it before it is used.
import { KIND_NAMES, KINDS } from '../../instructions/index.ts';
import { SAMPLE, SAMPLE_FLOATS } from '../../instructions/sample.ts';
import type { Instruction, Plan } from '../../plan.ts';

export function probePlan(): Plan {
  // The first program fills the memory that the others read.
  const [filling, ...programs] = KINDS.elementwise.samples;
  const others = KIND_NAMES.filter((kind) => kind !== 'elementwise').flatMap(
    (kind): readonly Instruction[] => KINDS[kind].samples,
  );
  return {
    name: 'probe',
    precision: 'float32',
    stateFloats: 0,
    scratchFloats: SAMPLE_FLOATS,
    control: SAMPLE.control,
    inputs: new Map(),
    injections: new Map(),
    outputs: new Map(),
    instructions: [filling, ...others, ...programs],
  };
}
