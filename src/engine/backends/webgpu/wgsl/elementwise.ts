// Programs over a domain, transposes and moved images. A thread computes four neighbouring values.
// The place between the last value and the next slot belongs to nobody, so the last thread may fill
// it. Several programs share a dispatch where they can: most are as small as a bias, and a launch
// costs more than they do.
import type { Elementwise, ShiftCut, Transpose } from '../../../plan.ts';
import { grid, type Kernel, WORKGROUP } from './kernel.ts';
import { accessors, called, emit, operandFunctions, storeFours } from './program.ts';

const SIZE = 64;

interface Part {
  readonly count: number;
  /** Declarations, with names that are unique to the part. */
  readonly functions: string;
  /** Computes point `i`. */
  readonly body: string;
}

/**
 * Returns a kernel with one thread for each four values of its parts. Its workgroups take one part
 * after another.
 */
function overQuads(name: string, shared: string, parts: readonly Part[]): Kernel {
  let workgroups = 0;
  const pieces = parts.map(({ count, functions, body }, p) => {
    const threads = Math.ceil(count / 4);
    const first = workgroups;
    workgroups += Math.ceil(threads / SIZE);
    return {
      functions: `${functions}
fn part${p}(thread: u32) {
  if (thread >= ${threads}u) { return; }
  let i = thread * 4u;
  ${body}
}`,
      call: `if (group < ${workgroups}u) { part${p}((group - ${first}u) * ${SIZE}u + lane); return; }`,
    };
  });
  return {
    name,
    workgroups: grid(workgroups),
    code: `${accessors(true)}${shared}${pieces.map(({ functions }) => functions).join('\n')}
@compute @workgroup_size(${SIZE})
fn main(@builtin(workgroup_id) place: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let group = ${WORKGROUP};
  ${pieces.map(({ call }) => call).join('\n  ')}
}`,
  };
}

/** Runs programs in one dispatch. None of them may touch what another writes. */
export function elementwiseKernel(instructions: readonly Elementwise[]): Kernel {
  const parts = instructions.map((instruction, p) => {
    const prefix = `p${p}_`;
    return {
      count: instruction.count,
      functions: operandFunctions(instruction, prefix),
      body: `${emit(instruction, true, { prefix })}\n  ${storeFours(instruction.results)}`,
    };
  });
  return overQuads('elementwise', called(...instructions), parts);
}

/** Returns a kernel that computes each value alone; `value` is an expression for point `j`. */
function eachValue(name: string, count: number, y: number, functions: string): Kernel {
  const four = [0, 1, 2, 3].map((lane) => `value(i + ${lane}u)`).join(', ');
  return overQuads(name, '', [{ count, functions, body: `arena[(${y}u + i) >> 2u] = vec4(${four});` }]);
}

export function transposeKernel({ x, y, rows, columns }: Transpose): Kernel {
  return eachValue(
    'transpose',
    rows * columns,
    y,
    `fn value(j: u32) -> f32 { return cell(${x}u + (j % ${rows}u) * ${columns}u + j / ${rows}u); }`,
  );
}

export function shiftCutKernel({ x, u, y, N, H, W, C, reach, hole, adjoint }: ShiftCut): Kernel {
  const half = Math.floor(hole / 2);
  return eachValue(
    'shiftCut',
    N * H * W * C,
    y,
    `fn pick(at: u32, count: i32) -> i32 { return min(count - 1, i32(cell(at) * f32(count))); }
fn value(j: u32) -> f32 {
  let n = j / ${H * W * C}u;
  if (n >= ${N}u) { return 0.0; }
  let p = ${u}u + 4u * n;
  let h = i32(j / ${W * C}u % ${H}u);
  let w = i32(j / ${C}u % ${W}u);
  let from_h = h ${adjoint ? '+' : '-'} (pick(p, ${2 * reach + 1}) - ${reach});
  let from_w = w ${adjoint ? '+' : '-'} (pick(p + 1u, ${2 * reach + 1}) - ${reach});
  let top = pick(p + 2u, ${H + 1 - (hole % 2)}) - ${half};
  let left = pick(p + 3u, ${W + 1 - (hole % 2)}) - ${half};
  let at_h = ${adjoint ? 'from_h' : 'h'};
  let at_w = ${adjoint ? 'from_w' : 'w'};
  let cut = at_h >= top && at_h < top + ${hole} && at_w >= left && at_w < left + ${hole};
  if (cut || from_h < 0 || from_h >= ${H} || from_w < 0 || from_w >= ${W}) { return 0.0; }
  return cell(${x}u + ((n * ${H}u + u32(from_h)) * ${W}u + u32(from_w)) * ${C}u + j % ${C}u);
}`,
  );
}
