// The lines of register programs (opcodes.ts) in WGSL, with one row for each opcode. A row is an
// expression of four values in terms of the registers r0, r1, ... or of functions of math.ts.
import type { Code, Line, Opcode } from '../../../opcodes.ts';

/** Returns a literal with exactly the value of a float. */
export function literal(value: number): string {
  const single = Math.fround(value);
  const text = String(single);
  return /[.e]/.test(text) ? `${text}f` : `${text}.0f`;
}

interface Row<O extends Opcode> {
  /** `operand` returns the text that reads an operand. */
  readonly text: (line: Line<O>, operand: (number: number) => string) => string;
  /** True when the text calls functions that `MATH` of math.ts defines. */
  readonly math?: true;
}

const LINES: { readonly [O in Opcode]: Row<O> } = {
  load: { text: ({ a }, operand) => operand(a) },
  constant: { text: ({ value }) => `vec4(${literal(value)})` },
  add: { text: ({ a, b }) => `r${a} + r${b}` },
  sub: { text: ({ a, b }) => `r${a} - r${b}` },
  mul: { text: ({ a, b }) => `r${a} * r${b}` },
  div: { text: ({ a, b }) => `r${a} / r${b}` },
  maximum: { text: ({ a, b }) => `max(r${a}, r${b})` },
  minimum: { text: ({ a, b }) => `min(r${a}, r${b})` },
  greater: { text: ({ a, b }) => `select(vec4(0.0), vec4(1.0), r${a} > r${b})` },
  neg: { text: ({ a }) => `-r${a}` },
  abs: { text: ({ a }) => `abs(r${a})` },
  square: { text: ({ a }) => `r${a} * r${a}` },
  sqrt: { text: ({ a }) => `sqrt(r${a})` },
  rsqrt: { text: ({ a }) => `1.0 / sqrt(r${a})` },
  exp: { text: ({ a }) => `vexp(r${a})`, math: true },
  log: { text: ({ a }) => `vlog(r${a})`, math: true },
  tanh: { text: ({ a }) => `vtanh(r${a})`, math: true },
  sigmoid: { text: ({ a }) => `vsigmoid(r${a})`, math: true },
  softplus: { text: ({ a }) => `vsoftplus(r${a})`, math: true },
  scale: { text: ({ a, value }) => `r${a} * ${literal(value)}` },
  shift: { text: ({ a, value }) => `r${a} + ${literal(value)}` },
  leakyRelu: { text: ({ a, value }) => `select(r${a} * ${literal(value)}, r${a}, r${a} > vec4(0.0))` },
  leakyMask: { text: ({ a, value }) => `select(vec4(${literal(value)}), vec4(1.0), r${a} > vec4(0.0))` },
  select: { text: ({ a, b, c }) => `select(r${c}, r${b}, r${a} != vec4(0.0))` },
  uniform: { text: ({ stream }) => `draw_uniform(i / 4u, ${stream}u)`, math: true },
  normal: { text: ({ stream }) => `draw_normal(i / 4u, ${stream}u)`, math: true },
  mask: {
    text: ({ stream, threshold, value }) => `draw_mask(i / 4u, ${stream}u, ${threshold}u, ${literal(value)})`,
    math: true,
  },
};

/** Returns the expression of a line for four neighbouring points. */
export function lineText<O extends Opcode>(line: Line<O>, operand: (number: number) => string): string {
  return LINES[line.op].text(line, operand);
}

/** Returns true when some of the lines call functions of `MATH`. */
export function callMath(code: readonly Code[]): boolean {
  return code.some(({ op }) => LINES[op].math);
}
