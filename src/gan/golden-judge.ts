// Compares a golden replay with its golden file, tensor by tensor, within bounds for each quantity.
import { decodeTensors, type TensorFile } from '../checkpoint/safetensors.ts';
import type { Replayed } from './golden.ts';

/** One compared tensor with its deviation. */
export interface Deviation {
  readonly group: string;
  readonly tensor: string;
  /**
   * The deviation as a share of the bound; at most 1 passes. It is infinite for NaN, infinity, and
   * a missing or unexpected tensor.
   */
  readonly ratio: number;
  readonly detail: string;
}

export interface GoldenReport {
  /** The worst deviation of each group, in the order of the groups. */
  readonly worst: readonly Deviation[];
  readonly passed: boolean;
}

/**
 * Compares a replay with its golden file. In bf16 the bounds assume operands with `bits` bits of
 * mantissa.
 */
export function judgeGolden(bytes: Uint8Array, file: string, replayed: Replayed, bits = 8): GoldenReport {
  const bounds = replayed.precision === 'float32' ? FLOAT32_BOUNDS : bf16Bounds(2 ** -(bits + 1));
  const deviations = compare(decodeTensors(bytes, file), replayed, bounds);
  const worst = [...new Set(deviations.map(({ group }) => group))].map((group) =>
    deviations.filter((each) => each.group === group).reduce((a, b) => (b.ratio > a.ratio ? b : a)),
  );
  return { worst, passed: worst.length > 0 && worst.every(({ ratio }) => ratio <= 1) };
}

/** True for tensors of our state that a golden file does not hold. */
function mayBeAbsent(name: string, count: number): boolean {
  return name === 'final/noise/fixed' || (/^final\/adam_[mv]\//.test(name) && count > 10_000);
}

function compare({ tensors }: TensorFile, { tensors: got, start }: Replayed, bounds: Bounds): Deviation[] {
  const found: Deviation[] = [];
  const fail = (tensor: string, detail: string): void => {
    found.push({ group: quantityOf(tensor), tensor, ratio: Number.POSITIVE_INFINITY, detail });
  };
  for (const [name, { data: want }] of tensors) {
    const have = got.get(name);
    if (!have) fail(name, 'unexpected in the golden file');
    else if (have.length !== want.length) fail(name, `${have.length} values instead of ${want.length}`);
    else if (![...have, ...want].every(Number.isFinite)) fail(name, 'not finite');
    else found.push(deviation(name, have, want, start.get(name.replace(/^final\//, '')), bounds));
  }
  for (const [name, values] of got)
    if (!tensors.has(name) && !mayBeAbsent(name, values.length)) fail(name, 'missing in the golden file');
  return found;
}

/**
 * The allowed deviations. They are shares of a tensor's norm; for a variable, of the distance that
 * it moved. For losses they are differences.
 */
type Bounds = Readonly<Record<Quantity, number>>;

/** How far the outputs of a step in float32 may be off, as a share of their norm. */
export const OUTPUT_BOUND = 1e-5;

/** TensorFlow's own run in float32 stays 10 times below these bounds. */
const FLOAT32_BOUNDS: Bounds = {
  losses: 1e-5,
  'first outputs': OUTPUT_BOUND,
  'first gradients': 1e-5,
  variables: 1e-3,
  "Adam's moments": 1e-3,
  'running statistics': 1e-3,
  images: 1e-3,
};

/**
 * The bounds when operands are rounded by up to a share u; docs/options.md derives them. Two bits
 * fewer break every one.
 */
function bf16Bounds(u: number): Bounds {
  return {
    losses: u / 4,
    'first outputs': 4 * u,
    'first gradients': 3 * Math.sqrt(u),
    variables: 5 * Math.sqrt(u),
    "Adam's moments": 2 * Math.sqrt(u),
    'running statistics': 4 * u,
    images: 8 * u,
  };
}

type Quantity =
  | 'losses'
  | 'first outputs'
  | 'first gradients'
  | 'variables'
  | "Adam's moments"
  | 'running statistics'
  | 'images';

function quantityOf(name: string): Quantity {
  if (name.startsWith('step1/grad/')) return 'first gradients';
  if (name.startsWith('step1/')) return 'first outputs';
  if (name.startsWith('final/adam_')) return "Adam's moments";
  if (name.includes('/moving_')) return 'running statistics';
  if (name === 'final/eval_images') return 'images';
  return name.startsWith('final/') ? 'variables' : 'losses';
}

function norm(values: ArrayLike<number>, minus: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += (values[i]! - minus[i]!) ** 2;
  return Math.sqrt(total);
}

/**
 * Returns how far a tensor is from the golden one. `start` is the variable's value before the first
 * step.
 */
export function deviation(
  tensor: string,
  have: Float32Array,
  want: Float32Array,
  start?: Float64Array,
  bounds: Bounds = FLOAT32_BOUNDS,
): Deviation {
  const group = quantityOf(tensor);
  const share = bounds[group];
  const distance = norm(have, want);
  const root = Math.sqrt(want.length);
  const made = (off: number, allowed: number): Deviation => ({
    group,
    tensor,
    ratio: off / allowed,
    detail: `${off.toExponential(2)} of ${allowed.toExponential(2)} allowed`,
  });
  if (group === 'losses') return made(Math.max(...have.map((value, i) => Math.abs(value - want[i]!))), share);
  const zeros = new Float64Array(want.length);
  if (start) {
    const largest = want.reduce((top, value) => Math.max(top, Math.abs(value)), 0);
    return made(distance, share * norm(want, start) + 1e-7 * root * largest);
  }
  return made(distance, share * norm(want, zeros) + 2e-7 * root);
}
