// Turns groups into drafts: each group becomes one instruction over buffers. Values that are
// written over the state come last, when nothing reads the old ones any more. Where that is
// impossible, the value is made in scratch and copied at the end.
import { DcganError } from '../../platform/errors.ts';
import { size, type Tensor } from '../graph.ts';
import type { StateLayout } from '../layout.ts';
import { sumExtent } from '../ops/shape.ts';
import type { Elementwise, Reduce, Result } from '../plan.ts';
import type { Products } from '../precision.ts';
import { contiguous, isContiguous } from './domain.ts';
import type { Buffer, Draft, DraftProgram, ExchangeDraft, Placing } from './draft.ts';
import type { TensorGroup } from './groups.ts';
import { kernelDraft } from './kernels.ts';
import { buildProgram, type Surroundings, type TooLarge } from './program.ts';
import { baseOf } from './views.ts';

/** Where every tensor with memory has it. */
export interface Places extends Surroundings {
  /** The buffer of a stored tensor or leaf. */
  of(base: Tensor): Buffer;
}

/**
 * Returned instead of an instruction, for a group that no program can hold. The plan must be made
 * again with this value stored.
 */
export interface MustStore {
  readonly store: Tensor;
}

/** The program of a group that is not a kernel. */
export function groupProgram(roots: readonly Tensor[], places: Surroundings): DraftProgram | TooLarge {
  const isSum = roots[0]!.op.role === 'sum';
  const values = isSum ? roots.map((root) => root.inputs[0]!) : roots;
  return buildProgram(values, size(values[0]!.shape), places, !isSum);
}

/**
 * The instruction of a group, or what must be stored first.
 * @throws DcganError for a single operation that no program can hold
 */
export function lower(
  { role, roots }: TensorGroup,
  how: Products,
  places: Places,
  attached: boolean,
): Draft | ExchangeDraft | MustStore {
  const [root] = roots as [Tensor];
  if (role === 'exchange') return exchangeDraft(root, places);
  if (role === 'kernel')
    return kernelDraft(
      root,
      how,
      root.inputs.map((input) => places.of(baseOf(input))),
      places.of(root),
    );
  const made = groupProgram(roots, places);
  if ('tooLarge' in made) return { store: middleOf(roots, places, made) };
  const writes = roots.map((each) => places.of(each));
  if (role === 'sum') return reduceDraft(made, root, writes, attached);
  return elementwiseDraft(made, writes, attached);
}

/**
 * Returns the value in the middle of a program's computation. When it is stored, the program
 * becomes two smaller ones.
 */
function middleOf(roots: readonly Tensor[], places: Surroundings, { tooLarge }: TooLarge): Tensor {
  const inner = innerNodes(roots, places);
  const middle = inner[Math.floor(inner.length / 2)];
  if (middle) return middle;
  throw new DcganError({
    what: `${roots[0]!.op.name}: the operation does not fit into one program`,
    got: tooLarge,
    todo: 'Split it into smaller operations',
  });
}

/**
 * What is computed inside a program and could be written to memory instead, inputs before users.
 */
function innerNodes(roots: readonly Tensor[], places: Surroundings): Tensor[] {
  const found: Tensor[] = [];
  const seen = new Set<Tensor>(roots);
  const visit = (node: Tensor): void => {
    for (const input of node.inputs) {
      const base = baseOf(input);
      if (seen.has(base) || places.stored(base)) continue;
      seen.add(base);
      visit(base);
      if (base.inputs.length > 0) found.push(base);
    }
  };
  roots.forEach(visit);
  return found;
}

const distinct = (buffers: readonly Buffer[]): Buffer[] => [...new Set(buffers)];

function operandsAt({ program, operands }: DraftProgram, at: Placing) {
  return { ...program, operands: operands.map(({ buffer, strides }) => ({ address: at(buffer), strides })) };
}

function resultsAt({ results }: DraftProgram, writes: readonly Buffer[], at: Placing): Result[] {
  return results.map((register, k) => ({ register, address: at(writes[k]!) }));
}

/** Operands a result may overwrite: read at the domain's own index and nowhere else. */
function replaceable({ program, operands }: DraftProgram): Buffer[] {
  const plain = (buffer: Buffer): boolean =>
    operands.every((o) => o.buffer !== buffer || isContiguous(program.sizes, o.strides));
  return distinct(operands.map((o) => o.buffer)).filter(plain);
}

function elementwiseDraft(made: DraftProgram, writes: readonly Buffer[], attached: boolean): Draft {
  return {
    reads: distinct(made.operands.map((o) => o.buffer)),
    writes,
    scratch: [],
    replaceable: replaceable(made),
    attached,
    build: (at): Elementwise => ({
      kind: 'elementwise',
      ...operandsAt(made, at),
      results: resultsAt(made, writes, at),
      attached,
    }),
  };
}

/**
 * Runs of about this many values are summed apart from one another when a sum has a single outer
 * index.
 */
const REDUCE_RUN = 32768;
const REDUCE_PARTS = 64;

function reduceDraft(made: DraftProgram, root: Tensor, writes: readonly Buffer[], attached: boolean): Draft {
  const [outer, length, inner] = sumExtent(
    root.inputs[0]!.shape,
    root.attributes as { readonly first: number; readonly last: number },
  );
  const wanted = Math.ceil((outer * length * inner) / REDUCE_RUN);
  const parts = outer > 1 ? 1 : Math.max(1, Math.min(REDUCE_PARTS, wanted, length));
  const partials: Buffer = { floats: parts * inner * writes.length };
  return {
    reads: distinct(made.operands.map((o) => o.buffer)),
    writes,
    scratch: [partials],
    replaceable: [],
    attached,
    build: (at): Reduce => ({
      kind: 'reduce',
      ...operandsAt(made, at),
      outer,
      length,
      inner,
      parts,
      partials: at(partials),
      results: resultsAt(made, writes, at),
      attached,
    }),
  };
}

function exchangeDraft(root: Tensor, places: Places): ExchangeDraft {
  const [from, to] = [places.of(baseOf(root.inputs[0]!)), places.of(root)];
  const exchange = { index: Number(root.attributes.index), from, to };
  return { exchange, reads: [from], writes: [to], scratch: [], replaceable: [], attached: false };
}

/** Copies `from` to `to`, same size. */
export function copyDraft(from: Buffer, to: Buffer): Draft {
  const sizes = [from.floats];
  const made: DraftProgram = {
    program: { count: from.floats, sizes, registers: 1, code: [{ op: 'load', dst: 0, a: 0 }] },
    operands: [{ buffer: from, strides: contiguous(sizes) }],
    results: [0],
  };
  return elementwiseDraft(made, [to], false);
}

/** The buffer of a variable. */
export function stateBuffer(state: StateLayout, name: string): Buffer {
  const slot = state.slots.get(name);
  if (!slot)
    throw new DcganError({
      what: `variable ${name} has no place in the state`,
      expected: `one of ${[...state.slots.keys()].join(', ')}`,
      todo: 'Lay it out first',
    });
  return { floats: size(slot.shape), address: slot.address };
}
