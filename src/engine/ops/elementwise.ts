// Ops that work value by value, with NumPy's broadcasting. Each is a row: its opcode, which has the
// scalar function that defines it (../opcodes.ts), and its gradient.
import { make, type Op, type Tensor } from '../graph.ts';
import {
  type BinaryCode,
  type ImmediateCode,
  OPCODES,
  type ScalarCode,
  type TernaryCode,
  type UnaryCode,
} from '../opcodes.ts';
import { constant } from './leaves.ts';
import { broadcastShape, broadcastStrides, sumTo, walk } from './shape.ts';

type Valued = { readonly value: number };
type None = Readonly<Record<never, never>>;

/** Gradients of each input, before they are summed back over what was broadcast. */
type Gradient = (inputs: readonly Tensor[], y: Tensor, dy: Tensor) => readonly (Tensor | null)[];

function summed(node: Tensor, gradients: readonly (Tensor | null)[]): (Tensor | null)[] {
  return gradients.map((g, i) => g && sumTo(g, node.inputs[i]!.shape));
}

function binaryOp(name: BinaryCode, gradient: Gradient): Op<None> {
  const f = OPCODES[name].scalar;
  return {
    name,
    role: 'elementwise',
    shape: ([a, b]) => broadcastShape(name, a!, b!),
    line: (_, a, b) => ({ op: name, a, b }),
    gradient: (node, dy) => summed(node as Tensor, gradient(node.inputs, node as Tensor, dy)),
    reference([a, b], node, out) {
      const [sa, sb] = node.inputs.map((input) => walk(node.shape, broadcastStrides(input.shape, node.shape)));
      for (let i = 0; i < out.length; i++) out[i] = f(a![sa!.next().value!]!, b![sb!.next().value!]!);
    },
  };
}

function unaryOp(name: UnaryCode, gradient: Gradient): Op<None> {
  const f = OPCODES[name].scalar;
  return {
    name,
    role: 'elementwise',
    linearPerSample: name === 'neg',
    shape: ([a]) => a!,
    line: (_, a) => ({ op: name, a }),
    gradient: (node, dy) => gradient(node.inputs, node as Tensor, dy),
    reference([a], _, out) {
      for (let i = 0; i < out.length; i++) out[i] = f(a![i]!);
    },
  };
}

function valuedOp(name: ImmediateCode, gradient: (x: Tensor, value: number, dy: Tensor) => Tensor | null): Op<Valued> {
  const f = OPCODES[name].scalar;
  return {
    name,
    role: 'elementwise',
    linearPerSample: name === 'scale',
    shape: ([a]) => a!,
    line: ({ attributes: { value } }, a) => ({ op: name, a, value }),
    gradient: (node, dy) => [gradient(node.inputs[0]!, node.attributes.value, dy)],
    reference([a], { attributes }, out) {
      for (let i = 0; i < out.length; i++) out[i] = f(a![i]!, attributes.value);
    },
  };
}

function ternaryOp(name: TernaryCode, gradient: Gradient): Op<None> {
  const f = OPCODES[name].scalar;
  return {
    name,
    role: 'elementwise',
    shape: ([a, b, c]) => broadcastShape(name, broadcastShape(name, a!, b!), c!),
    line: (_, a, b, c) => ({ op: name, a, b, c }),
    gradient: (node, dy) => summed(node as Tensor, gradient(node.inputs, node as Tensor, dy)),
    reference([a, b, c], node, out) {
      const [sa, sb, sc] = node.inputs.map((input) => walk(node.shape, broadcastStrides(input.shape, node.shape)));
      for (let i = 0; i < out.length; i++)
        out[i] = f(a![sa!.next().value!]!, b![sb!.next().value!]!, c![sc!.next().value!]!);
    },
  };
}

/** One row an op. */
export const ELEMENTWISE = {
  add: binaryOp('add', (_, __, dy) => [dy, dy]),
  sub: binaryOp('sub', (_, __, dy) => [dy, neg(dy)]),
  mul: binaryOp('mul', ([a, b], _, dy) => [mul(dy, b!), mul(dy, a!)]),
  div: binaryOp('div', ([, b], y, dy) => [div(dy, b!), neg(div(mul(dy, y), b!))]),
  maximum: binaryOp('maximum', ([a, b], _, dy) => {
    const first = greater(a!, b!);
    return [mul(dy, first), mul(dy, sub(constant(1), first))];
  }),
  minimum: binaryOp('minimum', ([a, b], _, dy) => {
    const second = greater(a!, b!);
    return [mul(dy, sub(constant(1), second)), mul(dy, second)];
  }),
  greater: binaryOp('greater', () => [null, null]),
  neg: unaryOp('neg', (_, __, dy) => [neg(dy)]),
  abs: unaryOp('abs', ([x], _, dy) => [mul(dy, leakyMask(x!, -1))]),
  square: unaryOp('square', ([x], _, dy) => [mul(dy, scale(x!, 2))]),
  sqrt: unaryOp('sqrt', (_, y, dy) => [div(scale(dy, 0.5), y)]),
  rsqrt: unaryOp('rsqrt', ([x], y, dy) => [scale(div(mul(dy, y), x!), -0.5)]),
  exp: unaryOp('exp', (_, y, dy) => [mul(dy, y)]),
  log: unaryOp('log', ([x], _, dy) => [div(dy, x!)]),
  tanh: unaryOp('tanh', (_, y, dy) => [mul(dy, sub(constant(1), square(y)))]),
  sigmoid: unaryOp('sigmoid', (_, y, dy) => [mul(dy, mul(y, sub(constant(1), y)))]),
  softplus: unaryOp('softplus', ([x], _, dy) => [mul(dy, sigmoid(x!))]),
  scale: valuedOp('scale', (_, value, dy) => scale(dy, value)),
  shift: valuedOp('shift', (_, __, dy) => dy),
  leakyRelu: valuedOp('leakyRelu', (x, value, dy) => mul(dy, leakyMask(x, value))),
  leakyMask: valuedOp('leakyMask', () => null),
  select: ternaryOp('select', ([condition], _, dy) => [
    null,
    select(condition!, dy, constant(0)),
    select(condition!, constant(0), dy),
  ]),
} as const satisfies Record<ScalarCode, Op<None> | Op<Valued>>;

const binary =
  (op: Op<None>) =>
  (a: Tensor, b: Tensor): Tensor =>
    make(op, [a, b], {});
const unary =
  (op: Op<None>) =>
  (x: Tensor): Tensor =>
    make(op, [x], {});
const valued =
  (op: Op<Valued>) =>
  (x: Tensor, value: number): Tensor =>
    make(op, [x], { value });

export const add = binary(ELEMENTWISE.add);
export const sub = binary(ELEMENTWISE.sub);
export const mul = binary(ELEMENTWISE.mul);
export const div = binary(ELEMENTWISE.div);
export const maximum = binary(ELEMENTWISE.maximum);
export const minimum = binary(ELEMENTWISE.minimum);
/** 1 where a > b, else 0; no gradient flows. */
export const greater = binary(ELEMENTWISE.greater);
export const neg = unary(ELEMENTWISE.neg);
export const abs = unary(ELEMENTWISE.abs);
export const square = unary(ELEMENTWISE.square);
export const sqrt = unary(ELEMENTWISE.sqrt);
/** 1 / sqrt(x). */
export const rsqrt = unary(ELEMENTWISE.rsqrt);
export const exp = unary(ELEMENTWISE.exp);
export const log = unary(ELEMENTWISE.log);
export const tanh = unary(ELEMENTWISE.tanh);
export const sigmoid = unary(ELEMENTWISE.sigmoid);
/** log(1 + e^x), stable at both ends. */
export const softplus = unary(ELEMENTWISE.softplus);
/** value * x. */
export const scale = valued(ELEMENTWISE.scale);
/** x + value. */
export const shift = valued(ELEMENTWISE.shift);
/** x where x > 0, else value * x; value 0 is ReLU. */
export const leakyRelu = valued(ELEMENTWISE.leakyRelu);
/** The slope of leakyRelu: 1 where x > 0, else value; no gradient flows. */
export const leakyMask = valued(ELEMENTWISE.leakyMask);

/** a where condition is not 0, else b. */
export function select(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  return make(ELEMENTWISE.select, [condition, a, b], {});
}

/**
 * The op of an opcode on as many inputs as it takes, with the value of its row where it has one:
 * for checks and tests.
 */
export function sampleOf(name: ScalarCode, inputs: readonly Tensor[]): Tensor {
  const op: Op = ELEMENTWISE[name];
  const row = OPCODES[name];
  return make(op, inputs, row.form === 'immediate' ? { value: row.value } : {});
}
