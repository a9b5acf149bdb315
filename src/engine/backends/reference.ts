// Plans in plain TypeScript: slow, simple, and the living definition of what each instruction means. Convolutions and
// sums run in double precision, so other backends are compared with something better than themselves. It works on the
// calling thread; its calls are asynchronous in form only.
import { DcganError } from '../../platform/errors.ts';
import { CONTROL_WORDS } from '../control.ts';
import { type Code, drawn, type Four, OPCODES } from '../opcodes.ts';
import { conv2dReference, convFilterReference, convInputReference } from '../ops/conv.ts';
import { shiftCutReference } from '../ops/shift-cut.ts';
import type { Address, Elementwise, Geometry, Instruction, Plan, Program, Reduce } from '../plan.ts';
import { type DrawKey, drawBlock } from '../random.ts';
import { type Backend, type Executable, type OpenBackend, refuseBf16 } from './backend.ts';

/** What a run was asked for: see control.ts. */
interface Control {
  readonly key: DrawKey;
  readonly injected: number;
}

class ReferenceBackend implements Backend {
  readonly info = {
    device: 'reference',
    variant: 'plain TypeScript, sums in double precision',
    threads: 1,
    stepsAtOnce: 1,
  } as const;
  readonly #stateFloats: number;
  #arena: Float32Array;
  #disposed = false;

  constructor(stateFloats: number) {
    this.#stateFloats = stateFloats;
    this.#arena = new Float32Array(stateFloats);
  }

  async compile(plan: Plan): Promise<Executable> {
    this.#check();
    refuseBf16(plan, 'reference');
    if (plan.stateFloats !== this.#stateFloats)
      throw new DcganError({
        what: `reference: plan ${plan.name} was made for another state`,
        expected: `${this.#stateFloats} floats`,
        got: `${plan.stateFloats}`,
      });
    const floats = plan.stateFloats + plan.scratchFloats;
    if (floats > this.#arena.length) {
      const larger = new Float32Array(floats);
      larger.set(this.#arena.subarray(0, this.#stateFloats));
      this.#arena = larger;
    }
    return { plan };
  }

  async write(address: Address, data: Float32Array | Uint32Array): Promise<void> {
    this.#check();
    this.#arena.set(new Float32Array(data.buffer, data.byteOffset, data.length), address);
  }

  async read(address: Address, length: number): Promise<Float32Array> {
    this.#check();
    return this.#arena.slice(address, address + length);
  }

  async run({ plan }: Executable): Promise<void> {
    this.#check();
    const words = new Uint32Array(this.#arena.buffer, 4 * plan.control, CONTROL_WORDS);
    const control: Control = {
      key: { seed: words[0]! + words[1]! * 2 ** 32, step: words[2]! + words[3]! * 2 ** 32 },
      injected: words[4]!,
    };
    for (const instruction of plan.instructions) execute(instruction, this.#arena, control);
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#arena = new Float32Array(0);
  }

  #check(): void {
    if (this.#disposed) throw new DcganError({ what: 'reference: the backend was disposed', todo: 'Open another' });
  }
}

export const openReference: OpenBackend = async ({ stateFloats }) => new ReferenceBackend(stateFloats);

function execute(i: Instruction, arena: Float32Array, control: Control): void {
  const part = (address: Address, length: number): Float32Array => arena.subarray(address, address + length);
  const [x, w, y] = 'OC' in i ? [part(i.x, xSize(i)), part(i.w, wSize(i)), part(i.y, ySize(i))] : [];
  switch (i.kind) {
    case 'conv2d':
      conv2dReference(i, x!, w!, y!);
      break;
    case 'convInput':
      convInputReference(i, y!, w!, x!);
      break;
    case 'convFilter':
      convFilterReference(i, x!, y!, w!);
      break;
    case 'elementwise':
      elementwise(i, arena, control);
      break;
    case 'reduce':
      reduce(i, arena, control);
      break;
    case 'transpose':
      for (let r = 0; r < i.rows; r++)
        for (let c = 0; c < i.columns; c++) arena[i.y + c * i.rows + r] = arena[i.x + r * i.columns + c]!;
      break;
    case 'shiftCut': {
      const length = i.N * i.H * i.W * i.C;
      shiftCutReference(i, part(i.x, length), part(i.u, 4 * i.N), part(i.y, length));
      break;
    }
    default:
      i satisfies never;
  }
}

const xSize = (g: Geometry): number => g.N * g.H * g.W * g.C;
const wSize = (g: Geometry): number => g.KH * g.KW * g.C * g.OC;
const ySize = (g: Geometry): number => g.N * g.OH * g.OW * g.OC;

function elementwise(i: Elementwise, arena: Float32Array, control: Control): void {
  walkProgram(i, arena, control, (index, registers) => {
    for (const { register, address } of i.results) arena[address + index] = registers[register]!;
  });
}

function reduce(i: Reduce, arena: Float32Array, control: Control): void {
  const totals = i.results.map(() => new Float64Array(i.outer * i.inner));
  walkProgram(i, arena, control, (index, registers) => {
    const outer = Math.floor(index / (i.length * i.inner));
    const at = outer * i.inner + (index % i.inner);
    i.results.forEach(({ register }, k) => {
      totals[k]![at]! += registers[register]!;
    });
  });
  i.results.forEach(({ address }, k) => {
    arena.set(totals[k]!, address);
  });
}

/** Runs the code at every point of the domain, in order, and hands over the registers. */
function walkProgram(
  { count, sizes, operands, registers, code }: Program,
  arena: Float32Array,
  control: Control,
  visit: (index: number, registers: Float64Array) => void,
): void {
  const values = new Float64Array(registers);
  const at = operands.map(({ address }) => address);
  const position = new Array<number>(sizes.length).fill(0);
  const blocks = new Map<number, { block: number; words: Four }>();
  const word = (index: number, stream: number): Four => {
    const block = Math.floor(index / 4);
    let known = blocks.get(stream);
    if (known?.block !== block) {
      known = { block, words: drawBlock(control.key, stream, block) };
      blocks.set(stream, known);
    }
    return known.words;
  };
  for (let index = 0; index < count; index++) {
    for (const line of code) values[line.dst] = evaluate(line, values, arena, at, index, control, word);
    visit(index, values);
    for (let d = sizes.length - 1; d >= 0; d--) {
      for (let k = 0; k < at.length; k++) at[k]! += operands[k]!.strides[d]!;
      if (++position[d]! < sizes[d]!) break;
      for (let k = 0; k < at.length; k++) at[k]! -= operands[k]!.strides[d]! * sizes[d]!;
      position[d] = 0;
    }
  }
}

function evaluate(
  line: Code,
  values: Float64Array,
  arena: Float32Array,
  at: readonly number[],
  index: number,
  control: Control,
  words: (index: number, stream: number) => Four,
): number {
  if ('site' in line) {
    if ((control.injected >>> line.site) & 1) return arena[at[line.a]!]!;
    // Rounded as it would be in memory: drawn and injected values are the same.
    return Math.fround(drawn(line, words(index, line.stream))[index % 4]!);
  }
  switch (line.op) {
    case 'load':
      return arena[at[line.a]!]!;
    case 'constant':
      return line.value;
    default:
      if ('c' in line) return OPCODES[line.op].scalar(values[line.a]!, values[line.b]!, values[line.c]!);
      if ('b' in line) return OPCODES[line.op].scalar(values[line.a]!, values[line.b]!);
      if ('value' in line) return OPCODES[line.op].scalar(values[line.a]!, line.value);
      return OPCODES[line.op].scalar(values[line.a]!);
  }
}
