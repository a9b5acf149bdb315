// Compares a unit's results with the definition before anyone times it. A convolution is compared
// on some of its images and channels, so that a large layer does not take minutes. Everything else
// is compared with the reference backend, on the same memory.

import { sizesOf } from '../../dist/engine/geometry.js';
import { isConvolution } from '../../dist/engine/instructions/index.js';
import { conv2dReference, convFilterReference, convInputReference } from '../../dist/engine/ops/conv.js';
import { alone, spans } from './units.mjs';

/**
 * Error bounds, as a share of the norm of the right result. Fast convolutions lose digits. The
 * filter gradient behind a batch norm loses two of them, because its sums nearly cancel.
 */
const ALLOWED = { convolution: 1e-4, program: 2e-6 };

function relativeError(got, want) {
  if (got.length !== want.length) return Number.NaN;
  let [difference, norm] = [0, 0];
  for (let i = 0; i < want.length; i++) {
    difference += (got[i] - want[i]) ** 2;
    norm += want[i] ** 2;
  }
  return Math.sqrt(difference) / (Math.sqrt(norm) + 1e-12);
}

/** Error of a convolution's result against its reference. */
function errorBy(reference, geometry, a, b, got) {
  const want = new Float32Array(got.length);
  reference(geometry, a, b, want);
  return relativeError(got, want);
}

function insist(label, error, allowed) {
  if (!(error <= allowed))
    throw new Error(`${label}: off by ${error.toExponential(1)} of the norm, ${allowed} allowed`);
}

/** The first, a middle and the last index of `count`. */
const some = (count) => [...new Set([0, count >> 1, count - 1])];

/** Rows of `width` values at the `chosen` places of each. */
function columns(values, width, chosen) {
  const rows = values.length / width;
  const out = new Float32Array(rows * chosen.length);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < chosen.length; c++) out[r * chosen.length + c] = values[r * width + chosen[c]];
  return out;
}

/** The `chosen` images, of `floats` values each. */
function images(values, count, chosen) {
  const each = values.length / count;
  return Float32Array.from(chosen.flatMap((n) => [...values.subarray(n * each, (n + 1) * each)]));
}

/** The rows of w at input channels `ins` and output channels `outs`, for each tap. */
function someWeights({ KH, KW, C, OC }, w, ins, outs) {
  const rows = Array.from({ length: KH * KW }, (_, tap) =>
    ins.flatMap((c) => [...columns(w.subarray((tap * C + c) * OC, (tap * C + c + 1) * OC), OC, outs)]),
  );
  return Float32Array.from(rows.flat());
}

/** Returns a convolution's error, computed from what x, w and y hold after it ran. */
function convolutionError(i, [x, w, y]) {
  const [ns, ins, outs] = [some(i.N), some(i.C), some(i.OC)];
  if (i.kind === 'convFilter') {
    const part = { ...i, C: ins.length, OC: outs.length };
    const got = someWeights(i, w, ins, outs);
    return errorBy(convFilterReference, part, columns(x, i.C, ins), columns(y, i.OC, outs), got);
  }
  const [xs, ys] = [images(x, i.N, ns), images(y, i.N, ns)];
  if (i.kind === 'conv2d') {
    const part = { ...i, N: ns.length, OC: outs.length };
    return errorBy(conv2dReference, part, xs, columns(w, i.OC, outs), columns(ys, i.OC, outs));
  }
  const part = { ...i, N: ns.length, C: ins.length };
  const every = Array.from({ length: i.OC }, (_, o) => o);
  return errorBy(convInputReference, part, ys, someWeights(i, w, ins, every), columns(xs, i.C, ins));
}

/**
 * Throws unless `run` computes a unit rightly. `restore` puts back the memory it reads; `read` sees
 * the backend's memory.
 */
export async function check(unit, { backend, reference, plan, run, restore }) {
  const { instructions, label } = unit;
  const [first] = instructions;
  await restore();
  if (instructions.length === 1 && isConvolution(first)) {
    await run(instructions);
    const sizes = sizesOf(first);
    const values = [];
    for (const name of ['x', 'w', 'y']) values.push(await backend.read(first[name], sizes[name]));
    insist(label, convolutionError(first, values), ALLOWED.convolution);
    return;
  }
  const writes = instructions.flatMap((i) => spans(i).writes);
  if (instructions.length === 1) {
    for (const [address, floats] of [...spans(first).reads, ...spans(first).writes])
      await reference.write(address, await backend.read(address, floats));
    await reference.run(await reference.compile({ ...plan, instructions }));
    await run(instructions);
    for (const [address, floats] of writes)
      insist(
        label,
        relativeError(await backend.read(address, floats), await reference.read(address, floats)),
        ALLOWED.program,
      );
    return;
  }
  // Attached instructions give the same result as instructions run one after another.
  for (const i of instructions) await run([alone(i)]);
  const want = [];
  for (const [address, floats] of writes) want.push(await backend.read(address, floats));
  await restore();
  await run(instructions);
  for (const [k, [address, floats]] of writes.entries())
    insist(label, relativeError(await backend.read(address, floats), want[k]), ALLOWED.program);
}
