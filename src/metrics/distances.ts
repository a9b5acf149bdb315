// Computes the distances between all pairs of two sets of features, block by block: |a|^2 + |b|^2 -
// 2 a.b. The engine's matrix product computes a.b in single precision. Callers compute close cases
// again in double precision.
import { type Computation, compile } from '../engine/compile.ts';
import { layoutState } from '../engine/layout.ts';
import { input, matmul } from '../engine/ops/index.ts';
import type { Plan } from '../engine/plan.ts';
import type { Session } from '../engine/session.ts';
import { type Features, rows } from './extractor.ts';
import { type MetricsMachine, openSession } from './machine.ts';

const BLOCK = 1000;

/** The products of every row of a with every row of b. */
function products(a: number, b: number, width: number): Computation {
  const [left, right] = [input('a', [a, width]), input('b', [b, width])];
  return { name: `products ${a} ${b}`, outputs: { products: matmul(left, right, false, true) }, updates: new Map() };
}

/**
 * Receives one row of a against a block of b: squared distances (off by about 1e-6 of |a|^2 +
 * |b|^2) to b's rows from `first` on.
 */
export type VisitRow = (row: number, first: number, squared: Float32Array) => void;

export class Distances {
  readonly #session: Session;
  readonly #plans = new Map<string, Plan>();

  /** `session` must have an empty state. */
  constructor(session: Session) {
    this.#session = session;
  }

  static async open(machine: MetricsMachine): Promise<Distances> {
    return new Distances(await openSession(layoutState([]), machine));
  }

  /** Visits all pairs. Each row of a receives the blocks of b in order. */
  async each(a: Features, b: Features, visit: VisitRow): Promise<void> {
    const [ofA, ofB] = [squaredLengths(a), squaredLengths(b)];
    const squared = new Float32Array(BLOCK);
    for (let i = 0; i < a.count; i += BLOCK)
      for (let j = 0; j < b.count; j += BLOCK) {
        const [left, right] = [rows(a, i, Math.min(a.count, i + BLOCK)), rows(b, j, Math.min(b.count, j + BLOCK))];
        const dots = await this.#products(left, right);
        for (let r = 0; r < left.count; r++) {
          const own = ofA[i + r]!;
          const at = r * right.count;
          for (let c = 0; c < right.count; c++) squared[c] = own + ofB[j + c]! - 2 * dots[at + c]!;
          visit(i + r, j, squared.subarray(0, right.count));
        }
      }
  }

  async #products(a: Features, b: Features): Promise<Float32Array> {
    const name = `${a.count} ${b.count} ${a.width}`;
    const plan = this.#plans.get(name) ?? compile(products(a.count, b.count, a.width), this.#session.layout);
    this.#plans.set(name, plan);
    const inputs = { a: a.values, b: b.values };
    const [dots] = await this.#session.run(plan, { key: { seed: 0, step: 0 }, inputs, outputs: ['products'] });
    return dots!;
  }

  dispose(): Promise<void> {
    return this.#session.dispose();
  }
}

/** Returns the squared length of each row, in double precision. */
export function squaredLengths({ count, width, values }: Features): Float64Array {
  const lengths = new Float64Array(count);
  for (let n = 0; n < count; n++) for (let i = n * width; i < (n + 1) * width; i++) lengths[n]! += values[i]! ** 2;
  return lengths;
}

/** Returns the squared distance of two rows, in double precision. */
export function exactSquared(a: Features, i: number, b: Features, j: number): number {
  let total = 0;
  for (let k = 0; k < a.width; k++) total += (a.values[i * a.width + k]! - b.values[j * b.width + k]!) ** 2;
  return total;
}
