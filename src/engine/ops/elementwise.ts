// Ops that work value by value, with NumPy's broadcasting. Each is a row: its opcode in a program, the scalar function
// that defines it, and its gradient. The scalar functions are the oracle for every backend.
import { make, type Op, size, type Tensor } from '../graph.ts';
import type { BinaryCode, ImmediateCode, UnaryCode } from '../plan.ts';
import { constant } from './leaves.ts';
import { broadcastShape, broadcastStrides, sumTo, walk } from './shape.ts';

/** The definition of each opcode, on doubles. */
export const SCALAR = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  maximum: (a, b) => Math.max(a, b),
  minimum: (a, b) => Math.min(a, b),
  greater: (a, b) => (a > b ? 1 : 0),
  neg: (a) => -a,
  abs: (a) => Math.abs(a),
  square: (a) => a * a,
  sqrt: (a) => Math.sqrt(a),
  rsqrt: (a) => 1 / Math.sqrt(a),
  exp: (a) => Math.exp(a),
  log: (a) => Math.log(a),
  tanh: (a) => Math.tanh(a),
  sigmoid: (a) => (a >= 0 ? 1 / (1 + Math.exp(-a)) : Math.exp(a) / (1 + Math.exp(a))),
  softplus: (a) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a))),
  scale: (a, k) => a * k,
  shift: (a, k) => a + k,
  leakyRelu: (a, k) => (a > 0 ? a : k * a),
  leakyMask: (a, k) => (a > 0 ? 1 : k),
} as const satisfies Record<BinaryCode | UnaryCode | ImmediateCode, (a: number, b: number) => number>;

type Code = keyof typeof SCALAR;
type Valued = { readonly value: number };
type None = Readonly<Record<never, never>>;

/** Gradients of each input, before they are summed back over what was broadcast. */
type Gradient = (inputs: readonly Tensor[], y: Tensor, dy: Tensor) => readonly (Tensor | null)[];

function summed(node: Tensor, gradients: readonly (Tensor | null)[]): (Tensor | null)[] {
  return gradients.map((g, i) => g && sumTo(g, node.inputs[i]!.shape));
}

function binaryOp(name: BinaryCode, gradient: Gradient): Op<None> {
  const f = SCALAR[name];
  return {
    name,
    role: 'elementwise',
    shape: ([a, b]) => broadcastShape(name, a!, b!),
    gradient: (node, dy) => summed(node as Tensor, gradient(node.inputs, node as Tensor, dy)),
    reference([a, b], node, out) {
      const [sa, sb] = node.inputs.map((input) => walk(node.shape, broadcastStrides(input.shape, node.shape)));
      for (let i = 0; i < out.length; i++) out[i] = f(a![sa!.next().value!]!, b![sb!.next().value!]!);
    },
    flop: (node) => ({ nominal: size(node.shape), needed: size(node.shape) }),
  };
}

function unaryOp(name: UnaryCode, gradient: Gradient): Op<None> {
  const f = SCALAR[name];
  return {
    name,
    role: 'elementwise',
    linearPerSample: name === 'neg',
    shape: ([a]) => a!,
    gradient: (node, dy) => gradient(node.inputs, node as Tensor, dy),
    reference([a], _, out) {
      for (let i = 0; i < out.length; i++) out[i] = f(a![i]!);
    },
    flop: (node) => ({ nominal: size(node.shape), needed: size(node.shape) }),
  };
}

function valuedOp(name: ImmediateCode, gradient: (x: Tensor, value: number, dy: Tensor) => Tensor | null): Op<Valued> {
  const f = SCALAR[name];
  return {
    name,
    role: 'elementwise',
    linearPerSample: name === 'scale',
    shape: ([a]) => a!,
    gradient: (node, dy) => [gradient(node.inputs[0]!, node.attributes.value, dy)],
    reference([a], { attributes }, out) {
      for (let i = 0; i < out.length; i++) out[i] = f(a![i]!, attributes.value);
    },
    flop: (node) => ({ nominal: size(node.shape), needed: size(node.shape) }),
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
} as const satisfies Record<Code, Op<None> | Op<Valued>>;

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

export const selectOp: Op<None> = {
  name: 'select',
  role: 'elementwise',
  shape: ([condition, a, b]) => broadcastShape('select', broadcastShape('select', condition!, a!), b!),
  gradient(node, dy) {
    const [condition] = node.inputs;
    const zero = constant(0);
    return summed(node as Tensor, [null, select(condition!, dy, zero), select(condition!, zero, dy)]);
  },
  reference([condition, a, b], node, out) {
    const [sc, sa, sb] = node.inputs.map((input) => walk(node.shape, broadcastStrides(input.shape, node.shape)));
    for (let i = 0; i < out.length; i++) {
      const [c, x, y] = [condition![sc!.next().value!]!, a![sa!.next().value!]!, b![sb!.next().value!]!];
      out[i] = c !== 0 ? x : y;
    }
  },
  flop: (node) => ({ nominal: size(node.shape), needed: size(node.shape) }),
};

/** a where condition is not 0, else b. */
export function select(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  return make(selectOp, [condition, a, b], {});
}
