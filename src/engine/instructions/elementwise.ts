// elementwise: a register program whose results are stored at every point. Words: a program, then
// its results (programs.ts).
import { NO_FLOP, type Tensor } from '../graph.ts';
import { type Code, type DrawCode, OPCODE_NAMES, opcodesOf, rangeOf, type ScalarCode, sampleLine } from '../opcodes.ts';
import { leakyRelu, sampleOf, scale, shift } from '../ops/elementwise.ts';
import { sampleDraw } from '../ops/random.ts';
import { MAX_CODE, type Program, type Result } from '../program.ts';
import { printProgram, printResults, programRegions, programWords, resultWords, walkProgram } from './programs.ts';
import type { KernelCheck, KindRecord } from './record.ts';
import { SAMPLE } from './sample.ts';

/**
 * out[i] = register, for each result: contiguous in the domain's linear order. May overwrite an
 * operand read at i alone.
 */
export interface Elementwise extends Program {
  readonly kind: 'elementwise';
  readonly results: readonly Result[];
  /**
   * True when this instruction may run image by image on what the instructions just before it make,
   * while that is warm: a convolution or an elementwise program with as many points in the same
   * order, and what else is attached to it. Of these it reads values at its own index, and sums of
   * its own image; all else it reads was there before.
   */
  readonly attached: boolean;
}

/** How many values the functions of a form take; a ternary one's first is a condition. */
const ARGUMENTS = { unary: 1, immediate: 1, binary: 2, ternary: 3 } as const;

export const elementwise: KindRecord<Elementwise> = {
  number: 4,
  leads: 'sums',
  words: (i) => [...programWords(i), ...resultWords(i.results)],
  touches: (i) => ({ ...programRegions(i, i.results, i.count), scratch: [] }),
  print: (i) => `${i.attached ? '  attached ' : 'elementwise'} ${printResults(i.results)} = ${printProgram(i)}`,
  run(i, memory) {
    walkProgram(i, memory, (index, registers) => {
      for (const { register, address } of i.results) memory.arena[address + index] = registers[register]!;
    });
  },
  flop: () => NO_FLOP,
  samples: [filling(), ...everyOpcode()],
  checks: [
    functions('unary'),
    functions('binary'),
    functions('ternary'),
    functions('immediate'),
    ...opcodesOf('draw', 'mask').map(draws),
  ],
};

function sample(code: readonly Code[], registers: number, result: Result): Elementwise {
  const count = 5850;
  const operands = [{ address: SAMPLE.x, strides: [1] }];
  return { kind: 'elementwise', count, sizes: [count], operands, registers, code, results: [result], attached: false };
}

/** Fills a tensor with values of moderate size, for the other kinds' samples. */
function filling(): Elementwise {
  const code: Code[] = [
    { op: 'normal', dst: 0, a: 0, site: 0, stream: 1 },
    { op: 'tanh', dst: 1, a: 0 },
  ];
  return sample(code, 2, { register: 1, address: SAMPLE.x });
}

/** Programs that between them have a line of every opcode. */
function everyOpcode(): Elementwise[] {
  const loads = [0, 1, 2].map((dst): Code => ({ op: 'load', dst, a: 0 }));
  const lines = OPCODE_NAMES.map((op) => sampleLine(op, 3));
  const most = MAX_CODE - loads.length;
  return Array.from({ length: Math.ceil(lines.length / most) }, (_, n) =>
    sample([...loads, ...lines.slice(n * most, (n + 1) * most)], 4, { register: 3, address: SAMPLE.y }),
  );
}

/** All functions of a form, on values where each is defined. */
function functions(form: keyof typeof ARGUMENTS): KernelCheck {
  const names = opcodesOf(form);
  const argument = (name: ScalarCode, x: Tensor, i: number): Tensor => {
    const [low, high] = rangeOf(name);
    // Half of a condition's values are 0.
    if (form === 'ternary' && i === 0) return leakyRelu(x, 0);
    return shift(scale(x, (high - low) / 2), (high + low) / 2);
  };
  return {
    name: `functions: ${names.join(', ')}`,
    shapes: new Array(ARGUMENTS[form]).fill([4099]),
    build: (...inputs) =>
      names.map((name) =>
        sampleOf(
          name,
          inputs.map((x, i) => argument(name, x, i)),
        ),
      ),
  };
}

function draws(name: DrawCode, at: number): KernelCheck {
  return { name: `draws: ${name}`, shapes: [], build: () => sampleDraw(name, [5003], at) };
}
