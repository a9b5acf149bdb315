// The opcodes of register programs, one row each. Everything that must know them derives from this
// table: the types of lines, the encoder and kernels/isa.h, the printer, the reference device, the
// definitions of ops, the probe of a new library, doctor's checks and the tests. WGSL has a table
// of its own (webgpu/wgsl/lines.ts), whose type asks for every opcode. The C kernels are in
// kernels/program.c and report the number of an opcode that they do not have.
import { blockToNormals, wordToUniform } from './random.ts';

/** Values or words of four neighbouring points: what one block of Philox serves. */
export type Four = readonly [number, number, number, number];

/**
 * What a line holds besides its opcode and `dst`, the register that it sets, by the form of its
 * opcode. `a`, `b` and `c` are registers, but for `load` and the draws, where `a` is the number of
 * an operand.
 */
interface Fields {
  readonly load: { readonly a: number };
  readonly constant: { readonly value: number };
  readonly unary: { readonly a: number };
  readonly binary: { readonly a: number; readonly b: number };
  readonly ternary: { readonly a: number; readonly b: number; readonly c: number };
  readonly immediate: { readonly a: number; readonly value: number };
  readonly draw: { readonly a: number; readonly site: number; readonly stream: number };
  readonly mask: {
    readonly a: number;
    readonly site: number;
    readonly stream: number;
    readonly threshold: number;
    readonly value: number;
  };
}

type FormName = keyof Fields;
type Register = 'a' | 'b' | 'c';

interface Form<F extends FormName> {
  /** The fields that are registers which the line reads. */
  readonly registers: readonly (Register & keyof Fields[F])[];
  /**
   * The fields in the words a, b, c, i0, i1, i2 of an encoded line; null is 0, and `value` is a
   * float's bits.
   */
  readonly words: readonly (keyof Fields[F] | null)[];
  /** A line for tests and probes: it reads registers from 0 on, and operand 0. */
  readonly sample: Fields[F];
}

export const FORMS = {
  load: { registers: [], words: ['a'], sample: { a: 0 } },
  constant: { registers: [], words: [null, null, null, 'value'], sample: { value: 0.7 } },
  unary: { registers: ['a'], words: ['a'], sample: { a: 0 } },
  binary: { registers: ['a', 'b'], words: ['a', 'b'], sample: { a: 0, b: 1 } },
  ternary: { registers: ['a', 'b', 'c'], words: ['a', 'b', 'c'], sample: { a: 0, b: 1, c: 2 } },
  immediate: { registers: ['a'], words: ['a', null, null, 'value'], sample: { a: 0, value: 0.25 } },
  draw: { registers: [], words: ['a', 'site', null, 'stream'], sample: { a: 0, site: 0, stream: 1 } },
  mask: {
    registers: [],
    words: ['a', 'site', null, 'stream', 'threshold', 'value'],
    sample: { a: 0, site: 0, stream: 1, threshold: 5033165, value: 1.25 },
  },
} as const satisfies { [F in FormName]: Form<F> };

/** What defines an opcode, on doubles. A draw makes its four values from a block's words. */
interface Definitions {
  readonly load: object;
  readonly constant: object;
  readonly unary: Scalar<(a: number) => number>;
  readonly binary: Scalar<(a: number, b: number) => number>;
  readonly ternary: Scalar<(a: number, b: number, c: number) => number>;
  readonly immediate: Scalar<(a: number, value: number) => number> & {
    /** A value for tests. */
    readonly value: number;
  };
  readonly draw: { readonly four: (words: Four) => Four };
  readonly mask: { readonly four: (words: Four, line: { readonly threshold: number; readonly value: number }) => Four };
}

interface Scalar<F> {
  readonly scalar: F;
  /**
   * Where tests draw its arguments from: it is defined there, and smooth but at 0. [-1, 1) when not
   * given.
   */
  readonly range?: readonly [low: number, high: number];
}

type Row = { [F in FormName]: { readonly code: number; readonly form: F } & Definitions[F] }[FormName];

/**
 * A number once given stays: encoded plans hold it. The random opcodes: index i of the domain draws
 * word i % 4 of the Philox block with counter (i / 4, stream, step low, step high) and key (seed
 * low, seed high); when bit `site` of control word 4 is set, `dst` is operand number `a` instead
 * (injected values). A mask is 0 with probability threshold / 2^24.
 */
export const OPCODES = {
  load: { code: 1, form: 'load' },
  constant: { code: 2, form: 'constant' },
  add: { code: 3, form: 'binary', scalar: (a, b) => a + b },
  sub: { code: 4, form: 'binary', scalar: (a, b) => a - b },
  mul: { code: 5, form: 'binary', scalar: (a, b) => a * b },
  div: { code: 6, form: 'binary', scalar: (a, b) => a / b, range: [0.5, 2] },
  maximum: { code: 7, form: 'binary', scalar: (a, b) => Math.max(a, b) },
  minimum: { code: 8, form: 'binary', scalar: (a, b) => Math.min(a, b) },
  greater: { code: 9, form: 'binary', scalar: (a, b) => (a > b ? 1 : 0) },
  neg: { code: 10, form: 'unary', scalar: (a) => -a },
  abs: { code: 11, form: 'unary', scalar: (a) => Math.abs(a) },
  square: { code: 12, form: 'unary', scalar: (a) => a * a },
  sqrt: { code: 13, form: 'unary', scalar: (a) => Math.sqrt(a), range: [0.5, 3] },
  rsqrt: { code: 14, form: 'unary', scalar: (a) => 1 / Math.sqrt(a), range: [0.5, 3] },
  exp: { code: 15, form: 'unary', scalar: (a) => Math.exp(a), range: [-3, 3] },
  log: { code: 16, form: 'unary', scalar: (a) => Math.log(a), range: [0.3, 5] },
  tanh: { code: 17, form: 'unary', scalar: (a) => Math.tanh(a), range: [-3, 3] },
  sigmoid: {
    code: 18,
    form: 'unary',
    scalar: (a) => (a >= 0 ? 1 / (1 + Math.exp(-a)) : Math.exp(a) / (1 + Math.exp(a))),
    range: [-6, 6],
  },
  softplus: {
    code: 19,
    form: 'unary',
    scalar: (a) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a))),
    range: [-6, 6],
  },
  scale: { code: 20, form: 'immediate', scalar: (a, value) => a * value, value: -2.5 },
  shift: { code: 21, form: 'immediate', scalar: (a, value) => a + value, value: 1.25 },
  leakyRelu: { code: 22, form: 'immediate', scalar: (a, value) => (a > 0 ? a : value * a), value: 0.2 },
  leakyMask: { code: 23, form: 'immediate', scalar: (a, value) => (a > 0 ? 1 : value), value: 0.2 },
  select: { code: 24, form: 'ternary', scalar: (a, b, c) => (a !== 0 ? b : c) },
  uniform: {
    code: 25,
    form: 'draw',
    four: ([a, b, c, d]) => [wordToUniform(a), wordToUniform(b), wordToUniform(c), wordToUniform(d)],
  },
  normal: { code: 26, form: 'draw', four: blockToNormals },
  mask: {
    code: 27,
    form: 'mask',
    four([a, b, c, d], { threshold, value }) {
      const kept = (word: number): number => (word >>> 8 >= threshold ? value : 0);
      return [kept(a), kept(b), kept(c), kept(d)];
    },
  },
} as const satisfies Readonly<Record<string, Row>>;

export type Opcode = keyof typeof OPCODES;

/** The opcodes of a form. */
export type OpcodeOf<F extends FormName> = {
  [O in Opcode]: (typeof OPCODES)[O]['form'] extends F ? O : never;
}[Opcode];

export type UnaryCode = OpcodeOf<'unary'>;
export type BinaryCode = OpcodeOf<'binary'>;
export type TernaryCode = OpcodeOf<'ternary'>;
export type ImmediateCode = OpcodeOf<'immediate'>;
/** The opcodes that compute a value from registers. */
export type ScalarCode = OpcodeOf<'unary' | 'binary' | 'ternary' | 'immediate'>;
export type DrawCode = OpcodeOf<'draw' | 'mask'>;

type WithOpcode<Extra> = { [F in FormName]: { readonly op: OpcodeOf<F> } & Fields[F] & Extra }[FormName];

/** What a line computes, without the register it sets. */
export type Computed = WithOpcode<unknown>;
/** One line of a program: sets register `dst`. */
export type Code = WithOpcode<{ readonly dst: number }>;
/** The lines of one opcode. */
export type Line<O extends Opcode> = { readonly op: O; readonly dst: number } & Fields[(typeof OPCODES)[O]['form']];

export const OPCODE_NAMES = Object.keys(OPCODES) as readonly Opcode[];

/** The opcodes of some forms, in the order of the table. */
export function opcodesOf<F extends FormName>(...forms: readonly F[]): OpcodeOf<F>[] {
  const wanted: readonly string[] = forms;
  return OPCODE_NAMES.filter((name): name is OpcodeOf<F> => wanted.includes(OPCODES[name].form));
}

/** Where tests draw the arguments of an opcode from. */
export function rangeOf(op: ScalarCode): readonly [low: number, high: number] {
  const row: Scalar<unknown> = OPCODES[op];
  return row.range ?? [-1, 1];
}

/** The four values that a draw makes from a block's words. */
export function drawn(line: Extract<Code, { readonly site: number }>, words: Four): Four {
  return 'threshold' in line ? OPCODES[line.op].four(words, line) : OPCODES[line.op].four(words);
}

/** A field of a line by its name. */
export function fieldOf(line: Code | Computed, name: string): number {
  const fields: Readonly<Record<string, number | string>> = line;
  return Number(fields[name]);
}

/** The registers that a line reads. */
export function registersOf(line: Code | Computed): number[] {
  return FORMS[OPCODES[line.op].form].registers.map((field) => fieldOf(line, field));
}

/** The line with other registers: those it reads by `register`, and `dst`. */
export function withRegisters(line: Code, register: (value: number) => number, dst: number): Code {
  const fields = FORMS[OPCODES[line.op].form].registers;
  return { ...line, ...Object.fromEntries(fields.map((field) => [field, register(fieldOf(line, field))])), dst };
}

/** A line of the opcode that reads registers 0, 1 and 2 and sets `dst`, for probes and tests. */
export function sampleLine(op: Opcode, dst: number): Code {
  const row: Row = OPCODES[op];
  const value = row.form === 'immediate' ? { value: row.value } : {};
  return { op, ...FORMS[row.form].sample, ...value, dst } as Code;
}
