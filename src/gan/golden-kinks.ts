// A golden replay beside a kink. The slope of (leaky) ReLU jumps at zero. A unit that is as near to
// zero in float64 as a float32 implementation may be off falls on either side, and its gradient
// with it. So a deviation of the first gradients may be such a unit or an error. This file tells
// one from the other. It computes the first step in float64 (engine/interpret.ts) and finds the
// units that are near enough to zero. For each it computes what changes if the unit falls on the
// other side. Then it finds the units whose changes make up the deviation, and takes their part
// out. An error is no sum of these few changes, so it stays.
import { decodeTensors, encodeTensors, type StoredTensor, type TensorFile } from '../checkpoint/safetensors.ts';
import type { Dataset } from '../data/dataset.ts';
import { compile } from '../engine/compile.ts';
import { type Environment, size, type Tensor, topological, type Values } from '../engine/graph.ts';
import { momentNames } from '../nn/adam.ts';
import { goldenStep, type Replayed, readScript, type Script, startValues } from './golden.ts';
import { OUTPUT_BOUND } from './golden-judge.ts';
import { type Model, makeModel } from './model.ts';
import { trainingStep } from './step.ts';
import { StepFeeds } from './step-feeds.ts';

/** A unit beside the kink of its activation. */
export interface Kink {
  /** The input of the activation. */
  readonly layer: Tensor;
  /** The unit's place in its layer. */
  readonly index: number;
  /** Its value in float64, as a share of the layer's root mean square. */
  readonly share: number;
}

/** A golden file as it would be with some units on the other side of their kink. */
export interface Settled {
  readonly bytes: Uint8Array;
  /** The units that the replay has on the other side. */
  readonly turned: readonly Kink[];
}

/** Tensors under the names that they have in a golden file. */
export type Named = ReadonlyMap<string, Values>;

/** The first step of a golden file in float64. */
export class ExactStep {
  readonly #model: Model;
  readonly #script: Script;
  readonly #environment: Environment;
  readonly #order: readonly Tensor[];
  readonly #roots: ReadonlyMap<string, Tensor>;
  readonly #values = new Map<Tensor, Values>();

  /** `file` names the golden file in errors. */
  constructor(golden: TensorFile, file: string, data: Dataset) {
    this.#script = readScript(golden, file, { precision: 'float32', shards: 1 });
    const { config, seed, reals } = this.#script;
    this.#model = makeModel(config);
    const step = trainingStep(this.#model, reals);
    const plan = compile(step, this.#model.layout);
    const draws = new Map([...plan.injections].map(([name, { shape }]) => [name, shape]));
    const request = { ...goldenStep(this.#script, 1, draws, data), outputs: [] };
    const { inputs, injected } = new StepFeeds(config).ofStep(request, { first: 0, count: reals })(plan, 0);
    const feeds = new Map([...this.#start(), ...Object.entries({ ...inputs, ...injected })]);
    this.#environment = { key: { seed, step: 1 }, feeds };
    this.#roots = new Map([...Object.entries(step.outputs), ...step.updates]);
    this.#order = topological([...this.#roots.values()]);
    for (const node of this.#order) this.#values.set(node, this.#compute(node, this.#values));
  }

  #start(): Map<string, Values> {
    const given = startValues({ model: this.#model }, this.#script.seed);
    const initial = (name: string, shape: readonly number[]): Values =>
      new Float32Array(size(shape)).fill(name.endsWith('/moving_variance') ? 1 : 0);
    return new Map(
      [...this.#model.layout.slots].map(([name, { shape }]) => {
        const values = given.get(name);
        // A device starts from float32 values.
        return [name, values ? Float32Array.from(values) : initial(name, shape)];
      }),
    );
  }

  #compute(node: Tensor, values: ReadonlyMap<Tensor, Values>): Values {
    const out = new Float64Array(size(node.shape));
    const inputs = node.inputs.map((input) => values.get(input) ?? this.#values.get(input)!);
    node.op.reference(inputs, node, out, this.#environment);
    return out;
  }

  /**
   * Returns the units whose value is at most `bound` of their layer's root mean square away from
   * zero.
   */
  kinks(bound: number): Kink[] {
    const layers = new Set(this.#order.filter(({ op }) => op.name === 'leakyMask').map(({ inputs }) => inputs[0]!));
    return [...layers].flatMap((layer) => {
      const values = this.#values.get(layer)!;
      const typical = norm(values) / Math.sqrt(values.length);
      return [...values.keys()]
        .map((index) => ({ layer, index, share: values[index]! / typical }))
        .filter(({ share }) => Math.abs(share) <= bound);
    });
  }

  /**
   * Returns the tensors of the first step under the names of a golden file, with `turned` units on
   * the other side of their kink. Only what follows from those is computed again.
   */
  tensors(turned: readonly Kink[] = []): Named {
    const changed = new Map<Tensor, Values>();
    for (const node of this.#order) {
      const own = node.op.name === 'leakyMask' ? turned.filter(({ layer }) => layer === node.inputs[0]) : [];
      if (own.length === 0 && !node.inputs.some((input) => changed.has(input))) continue;
      const values = this.#compute(node, changed);
      const slope = Number(node.attributes.value);
      for (const { index } of own) values[index] = values[index] === 1 ? slope : 1;
      changed.set(node, values);
    }
    return this.#named((node) => changed.get(node) ?? this.#values.get(node)!);
  }

  #named(at: (node: Tensor) => Values): Named {
    const { config, steps } = this.#script;
    const found = new Map<string, Values>();
    const { generator, discriminator } = this.#model;
    for (const { name } of [...generator.trainable, ...discriminator.trainable]) {
      const moment = at(this.#roots.get(momentNames(name).m)!);
      found.set(
        `step1/grad/${name}`,
        moment.map((m) => m / (1 - config.beta1)),
      );
    }
    if (steps === 1)
      for (const name of this.#model.layout.slots.keys())
        if (this.#roots.has(name)) found.set(`final/${name}`, at(this.#roots.get(name)!));
    return found;
  }
}

/**
 * The units beside a kink in the first step of a golden file, and the golden file for any sides
 * that they are on.
 */
export class KinkRule {
  readonly exact: ExactStep;
  readonly kinks: readonly Kink[];
  /** What the first step gives with each unit on the other side. */
  readonly others: ReadonlyMap<Kink, Named>;
  readonly #golden: TensorFile;
  readonly #before: Named;
  readonly #gradients: readonly string[];
  readonly #parts: readonly Float64Array[];

  /** `file` names the golden file in errors. */
  constructor(bytes: Uint8Array, file: string, data: Dataset) {
    this.#golden = decodeTensors(bytes, file);
    this.exact = new ExactStep(this.#golden, file, data);
    this.#before = this.exact.tensors();
    this.#gradients = [...this.#before.keys()].filter((name) => name.startsWith('step1/grad/'));
    this.kinks = this.exact.kinks(OUTPUT_BOUND);
    this.others = new Map(this.kinks.map((kink) => [kink, this.exact.tensors([kink])]));
    this.#parts = this.kinks.map((kink) => this.#difference(this.others.get(kink)!, this.#before));
  }

  /** The difference of two sets of gradients, each as a share of its norm in the golden file. */
  #difference(a: Named, b: Named): Float64Array {
    const shares = this.#gradients.map((name) => {
      const unit = norm(this.#golden.tensors.get(name)!.data) || 1;
      const from = b.get(name)!;
      return Float64Array.from(a.get(name)!, (value, i) => (value - from[i]!) / unit);
    });
    const all = new Float64Array(shares.reduce((total, { length }) => total + length, 0));
    let end = 0;
    for (const each of shares) {
      all.set(each, end);
      end += each.length;
    }
    return all;
  }

  /**
   * Decides for each unit beside a kink on which side a replay has it, and returns the golden file
   * for these sides. The gradients of one step are linear in the slopes of a layer, and a few units
   * hardly change each other's parts. So the deviation is fitted by the units' parts (least
   * squares), and a unit is on the other side when more than half of its part is found.
   */
  settle({ tensors: made }: Pick<Replayed, 'tensors'>): Settled {
    const wanted = new Map([...this.#golden.tensors].map(([name, { data }]) => [name, data]));
    const shares = sharesOf(this.#parts, this.#difference(made, wanted));
    const turned = this.kinks.filter((_, k) => shares[k]! > 0.5);
    const after = turned.length === 1 ? this.others.get(turned[0]!)! : this.exact.tensors(turned);
    const moved = [...this.#golden.tensors].map(([name, { shape, data: values }]): [string, StoredTensor] => {
      const [to, from] = [after.get(name), this.#before.get(name)];
      return [name, { shape, data: to && from ? values.map((value, i) => value + (to[i]! - from[i]!)) : values }];
    });
    return { bytes: encodeTensors(new Map(moved), this.#golden.metadata), turned };
  }
}

function dot(a: Values, b: Values): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}
const norm = (a: Values): number => Math.sqrt(dot(a, a));

/**
 * Returns the shares of `parts` whose sum is nearest to `whole`, by Gauss-Seidel on the normal
 * equations. A unit without any part, such as one that dropout took out, has share 0.
 */
function sharesOf(parts: readonly Float64Array[], whole: Float64Array): number[] {
  const products = parts.map((a) => parts.map((b) => dot(a, b)));
  const right = parts.map((part) => dot(part, whole));
  const shares = parts.map(() => 0);
  for (let sweep = 0; sweep < 100; sweep++)
    products.forEach((row, k) => {
      if (row[k] === 0) return;
      const others = row.reduce((total, product, j) => total + (j === k ? 0 : product * shares[j]!), 0);
      shares[k] = (right[k]! - others) / row[k]!;
    });
  return shares;
}
