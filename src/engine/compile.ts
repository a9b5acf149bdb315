// Makes a plan of a computation, which is outputs and new values for variables. The graph is
// simplified, and backward chains that two losses share are computed once. Then the compiler
// chooses which values lie in memory, computes together what reads the same memory, orders it, and
// gives every value an address. Each step is a small function in passes/, and this file is their
// order.
import { DcganError } from '../platform/errors.ts';
import { CONTROL_WORDS, MAX_SITES } from './control.ts';
import { size, type Tensor, topological } from './graph.ts';
import type { StateLayout } from './layout.ts';
import { nameOf, variableOp } from './ops/leaves.ts';
import { drawOp } from './ops/random.ts';
import type { Buffer, Draft, ExchangeDraft, Placing } from './passes/draft.ts';
import { groupTensors, type TensorGroup } from './passes/groups.ts';
import { sumImages } from './passes/images.ts';
import { copyDraft, groupProgram, lower, type MustStore, type Places, stateBuffer } from './passes/lower.ts';
import { alignUp, planMemory } from './passes/memory.ts';
import { attach, type Scheduled } from './passes/schedule.ts';
import { numberSums, stagesOf } from './passes/shards.ts';
import { sharePerSample } from './passes/share.ts';
import { simplify } from './passes/simplify.ts';
import { slopesFromOutputs } from './passes/slopes.ts';
import { storedTensors } from './passes/stored.ts';
import { baseOf } from './passes/views.ts';
import type { Address, Convolutions, Exchange, Injection, Plan, Precision, Slot } from './plan.ts';
import type { Products } from './precision.ts';

/**
 * The outputs and updates that a plan computes. All updates see the old values of all variables,
 * whatever their order.
 */
export interface Computation {
  readonly name: string;
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** New values by variable name; same number of elements. */
  readonly updates: ReadonlyMap<string, Tensor>;
  /** float32 when not given. */
  readonly precision?: Precision;
  /** fast when not given. */
  readonly convolutions?: Convolutions;
}

/** Passes that can be left out, to see what each gains; all are on by default. */
export interface PassSwitches {
  /** Compute backward chains that differ by a number per sample once. */
  readonly sharePerSample: boolean;
  /** Read the slopes of activations from their outputs, which are in memory. */
  readonly slopes: boolean;
  /**
   * Take sums over a batch image by image first, which can be done right behind what makes the
   * images.
   */
  readonly sumImages: boolean;
  /** Compute elementwise values inside their users. */
  readonly fuse: boolean;
  /** Compute values that read the same memory in one walk. */
  readonly join: boolean;
  /** Run elementwise work and sums right behind what makes the images they read. */
  readonly attach: boolean;
  /** Let values whose lives don't meet share memory. */
  readonly shareMemory: boolean;
}

export const ALL_PASSES: PassSwitches = {
  sharePerSample: true,
  slopes: true,
  sumImages: true,
  fuse: true,
  join: true,
  attach: true,
  shareMemory: true,
};

/** The plan of a computation over a state. */
export function compile(computation: Computation, state: StateLayout, passes: PassSwitches = ALL_PASSES): Plan {
  return compileInSteps(computation, state, passes).plan;
}

/** A plan, and what was decided on the way to it. */
export interface CompiledSteps {
  /** After all rewrites. */
  readonly graph: Computation;
  /** The values that lie in memory. */
  readonly stored: ReadonlySet<Tensor>;
  /** Values computed together, before they are ordered. */
  readonly groups: readonly TensorGroup[];
  /** The groups in the order in which they are computed. */
  readonly scheduled: readonly Scheduled[];
  readonly plan: Plan;
}

/** Compiles, and keeps what each pass decided, for people who examine the compiler. */
export function compileInSteps(
  computation: Computation,
  state: StateLayout,
  passes: PassSwitches = ALL_PASSES,
): CompiledSteps {
  const graph = prepare(computation, passes);
  const forced = new Set<Tensor>();
  const copied = new Set<string>();
  for (;;) {
    const made = new Round(graph, state, passes, forced, copied).compile();
    if ('store' in made) forced.add(made.store);
    else if ('copy' in made) copied.add(made.copy);
    else return { graph, ...made };
  }
}

interface Rewrite<N extends string = string> {
  readonly name: N;
  /** The switch that decides whether it is applied; null for one that always is. */
  readonly by: keyof PassSwitches | null;
  apply(roots: readonly Tensor[]): Tensor[];
}

/** The passes that rewrite the graph, in order. */
export const REWRITES = [
  { name: 'simplify', by: null, apply: simplify },
  { name: 'share', by: 'sharePerSample', apply: (roots) => simplify(sharePerSample(roots)) },
  { name: 'slopes', by: 'slopes', apply: slopesFromOutputs },
  { name: 'images', by: 'sumImages', apply: sumImages },
] as const satisfies readonly Rewrite[];

export type RewriteName = (typeof REWRITES)[number]['name'];

/** Returns the computation after all rewrites of the graph, or after those up to `last`. */
export function prepare(
  computation: Computation,
  passes: PassSwitches = ALL_PASSES,
  last: RewriteName = 'images',
): Computation {
  const names = Object.keys(computation.outputs);
  const variables = [...computation.updates.keys()];
  const written = [...names.map((name) => computation.outputs[name]!), ...computation.updates.values()];
  let roots = [...numberSums(written)];
  for (const { name, by, apply } of REWRITES) {
    if (by === null || passes[by]) roots = apply(roots);
    if (name === last) break;
  }
  return {
    ...computation,
    outputs: Object.fromEntries(names.map((name, i) => [name, roots[i]!])),
    updates: new Map(variables.map((name, i) => [name, roots[names.length + i]!])),
  };
}

/**
 * Returned instead of a plan: writing this variable in place would destroy a value that is still
 * needed.
 */
interface MustCopy {
  readonly copy: string;
}

/**
 * One attempt at a plan. Which values are stored and which variables are written in place is fixed
 * before it starts.
 */
class Round {
  readonly #graph: Computation;
  readonly #state: StateLayout;
  readonly #products: Products;
  readonly #passes: PassSwitches;
  readonly #order: readonly Tensor[];
  readonly #stages: ReadonlyMap<Tensor, number>;
  readonly #stored: ReadonlySet<Tensor>;
  /** Values computed straight into a variable's place, with its name. */
  readonly #inPlace = new Map<Tensor, string>();
  readonly #buffers = new Map<Tensor, Buffer>();
  readonly #outputs = new Map<string, Buffer>();
  readonly #injected = new Map<string, { readonly buffer: Buffer; readonly draw: Tensor }>();

  constructor(
    graph: Computation,
    state: StateLayout,
    passes: PassSwitches,
    forced: ReadonlySet<Tensor>,
    copied: ReadonlySet<string>,
  ) {
    this.#graph = graph;
    this.#state = state;
    this.#products = { precision: graph.precision ?? 'float32', convolutions: graph.convolutions ?? 'fast' };
    this.#passes = passes;
    const roots = [...Object.values(graph.outputs), ...graph.updates.values()];
    this.#order = topological(roots);
    this.#stages = stagesOf(this.#order);
    this.#stored = storedTensors(this.#order, { roots, forced, everything: !passes.fuse });
    this.#chooseInPlace(copied);
    this.#placeLeaves();
    for (const node of this.#stored) this.#buffers.set(node, this.#bufferOf(node));
  }

  /** Returns the plan, or what the next attempt must decide differently. */
  compile(): Omit<CompiledSteps, 'graph'> | MustStore | MustCopy {
    const groups = this.#groups();
    const scheduled = this.#schedule(groups);
    const drafts: (Draft | ExchangeDraft)[] = [];
    for (const { group, attached } of scheduled) {
      const draft = lower(group, this.#products, this.#places(), attached);
      if ('store' in draft) return draft;
      const copy = this.#destroyedBy(group, draft);
      if (copy !== null) return { copy };
      drafts.push(draft);
    }
    drafts.push(...this.#copies());
    return { stored: this.#stored, groups, scheduled, plan: this.#assemble(drafts) };
  }

  /**
   * A value goes straight over its variable when nothing but other such values is computed from it.
   */
  #chooseInPlace(copied: ReadonlySet<string>): void {
    for (const [name, value] of this.#graph.updates) {
      const base = baseOf(value);
      if (base.op.role === 'elementwise' && !copied.has(name) && !this.#inPlace.has(base))
        this.#inPlace.set(base, name);
    }
    const others = [...this.#stored].filter((node) => !this.#inPlace.has(node));
    for (const node of topological([...others, ...Object.values(this.#graph.outputs)])) this.#inPlace.delete(node);
  }

  #placeLeaves(): void {
    for (const node of this.#order) {
      if (node.op.name === variableOp.name) this.#buffers.set(node, stateBuffer(this.#state, nameOf(node)));
      else if (node.op.role === 'leaf') this.#buffers.set(node, { floats: size(node.shape), pinned: true });
      else if (node.op.name === drawOp.name) this.#placeDraw(node);
    }
    for (const [name, node] of Object.entries(this.#graph.outputs))
      if (baseOf(node).op.role === 'leaf') this.#outputs.set(name, { floats: size(node.shape), pinned: true });
  }

  #placeDraw(draw: Tensor): void {
    const { name, site } = draw.attributes as { readonly name: string; readonly site: number };
    const clash = [...this.#injected.values()].find((o) => o.draw.attributes.site === site);
    if (this.#injected.has(name) || clash || site >= MAX_SITES)
      throw new DcganError({
        what: `plan ${this.#graph.name}: draw ${name} cannot have site ${site}`,
        expected: `a name and a site below ${MAX_SITES} that no other draw has`,
        todo: 'Give each draw its own name and site',
      });
    this.#injected.set(name, { draw, buffer: { floats: size(draw.shape) } });
  }

  #bufferOf(node: Tensor): Buffer {
    const variable = this.#inPlace.get(node);
    if (variable !== undefined) return stateBuffer(this.#state, variable);
    const leaves = Object.values(this.#graph.outputs).some((output) => baseOf(output) === node);
    return { floats: size(node.shape), pinned: leaves };
  }

  #places(): Places {
    const of = (base: Tensor): Buffer => {
      const buffer = this.#buffers.get(base);
      if (!buffer) throw new Error(`${base.op.name} is not in memory`);
      return buffer;
    };
    return {
      of,
      stored: (base) => this.#buffers.get(base) ?? null,
      injected: (draw) => this.#injected.get(String(draw.attributes.name))!.buffer,
    };
  }

  #groups(): TensorGroup[] {
    const fits = (roots: readonly Tensor[]): boolean => !('tooLarge' in groupProgram(roots, this.#places()));
    return groupTensors(this.#stored, {
      join: this.#passes.join,
      fits,
      final: new Set(this.#inPlace.keys()),
      stages: this.#stages,
    });
  }

  #schedule(groups: readonly TensorGroup[]): Scheduled[] {
    const alone = (some: readonly TensorGroup[]): Scheduled[] => some.map((group) => ({ group, attached: false }));
    const isFinal = ({ roots }: TensorGroup): boolean => this.#inPlace.has(roots[0]!);
    const others = groups.filter((group) => !isFinal(group));
    const ready = new Set<Tensor>();
    const scheduled = this.#inStages(others).flatMap((stage) =>
      this.#passes.attach ? attach(stage, ready) : alone(stage),
    );
    return [...scheduled, ...alone(groups.filter(isFinal))];
  }

  /** Returns the groups by stages. Each stage ends with its sums over shards, ordered by number. */
  #inStages(groups: readonly TensorGroup[]): TensorGroup[][] {
    const stages: TensorGroup[][] = [];
    const number = ({ role, roots }: TensorGroup): number =>
      role === 'exchange' ? Number(roots[0]!.attributes.index) : -1;
    for (const group of groups) {
      const stage = this.#stages.get(group.roots[0]!)!;
      while (stages.length <= stage) stages.push([]);
      stages[stage]!.push(group);
    }
    for (const stage of stages) stage.sort((a, b) => number(a) - number(b));
    return stages;
  }

  readonly #written = new Set<Address>();

  /**
   * Returns the variable whose old value is read after, or while, it is overwritten; null when
   * there is none.
   */
  #destroyedBy(group: TensorGroup, draft: Draft | ExchangeDraft): string | null {
    for (const read of group.reads)
      if (read.op.name === variableOp.name && this.#written.has(this.#buffers.get(read)!.address!)) return nameOf(read);
    for (const root of group.roots) {
      const variable = this.#inPlace.get(root);
      if (variable === undefined) continue;
      const { address } = this.#buffers.get(root)!;
      const readsItself = draft.reads.some((buffer) => buffer.address === address);
      if (readsItself && !draft.replaceable.some((buffer) => buffer.address === address)) return variable;
      this.#written.add(address!);
    }
    return null;
  }

  /**
   * Returns copies for outputs that are leaves, then for updates that could not be written in
   * place.
   */
  #copies(): Draft[] {
    const drafts: Draft[] = [];
    for (const [name, buffer] of this.#outputs)
      drafts.push(copyDraft(this.#buffers.get(baseOf(this.#graph.outputs[name]!))!, buffer));
    for (const [name, value] of this.#graph.updates) {
      const base = baseOf(value);
      if (this.#inPlace.get(base) === name) continue;
      if (base.op.name === variableOp.name)
        throw new DcganError({
          what: `plan ${this.#graph.name}: variable ${name} is set to variable ${nameOf(base)}`,
          expected: 'a computed value',
          todo: 'Multiply it by one',
        });
      drafts.push(copyDraft(this.#buffers.get(base)!, stateBuffer(this.#state, name)));
    }
    return drafts;
  }

  #assemble(drafts: readonly (Draft | ExchangeDraft)[]): Plan {
    const base = this.#state.floats;
    const control: Buffer = { floats: CONTROL_WORDS, pinned: true };
    const inputs = this.#order.filter((node) => node.op.role === 'leaf' && node.op.name !== variableOp.name);
    const injectedBuffers = new Set([...this.#injected.values()].map(({ buffer }) => buffer));
    const placed = drafts.map((draft) => ({
      ...draft,
      reads: draft.reads.filter((buffer) => !injectedBuffers.has(buffer)),
      replaceable: draft.replaceable.filter((buffer) => !injectedBuffers.has(buffer)),
    }));
    const extra = [control, ...inputs.map((node) => this.#buffers.get(node)!), ...this.#outputs.values()];
    const { addresses, scratchFloats } = planMemory(placed, extra, base, this.#passes.shareMemory);
    let end = base + scratchFloats;
    const injections = new Map<string, Injection>();
    const all = new Map(addresses);
    for (const [name, { buffer, draw }] of this.#injected) {
      all.set(buffer, end);
      injections.set(name, { address: end, shape: draw.shape, site: Number(draw.attributes.site) });
      end += alignUp(buffer.floats);
    }
    const at = (buffer: Buffer): Address => {
      const address = buffer.address ?? all.get(buffer);
      if (address === undefined) throw new Error('a buffer without a place');
      return address;
    };
    const slot = (node: Tensor, buffer: Buffer): Slot => ({ address: at(buffer), shape: node.shape });
    return {
      name: this.#graph.name,
      precision: this.#products.precision,
      stateFloats: base,
      scratchFloats: end - base,
      control: at(control),
      inputs: new Map(inputs.map((node) => [nameOf(node), slot(node, this.#buffers.get(node)!)])),
      injections,
      outputs: new Map(
        Object.entries(this.#graph.outputs).map(([name, node]) => [
          name,
          slot(node, this.#outputs.get(name) ?? this.#buffers.get(baseOf(node))!),
        ]),
      ),
      ...exchangesOf(drafts, at),
      instructions: drafts.flatMap((draft) => ('exchange' in draft ? [] : [draft.build(at)])),
    };
  }
}

/** The sums over shards among the drafts, if there are any. */
function exchangesOf(drafts: readonly (Draft | ExchangeDraft)[], at: Placing): Pick<Plan, 'exchanges'> {
  const exchanges: Exchange[] = [];
  let before = 0;
  for (const draft of drafts)
    if ('exchange' in draft) {
      const { index, from, to } = draft.exchange;
      exchanges.push({ index, before, from: at(from), to: at(to), floats: to.floats });
    } else before++;
  return exchanges.length > 0 ? { exchanges } : {};
}
