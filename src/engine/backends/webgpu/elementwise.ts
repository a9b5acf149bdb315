// Programs over a domain, transposes and moved images: four neighbouring values a thread. What lies behind the last value up to
// the next slot belongs to nobody, so a last thread may fill it.
import type { Elementwise, ShiftCut, Transpose } from '../../plan.ts';
import { grid, type Kernel, WORKGROUP } from './kernel.ts';
import { DRAWS, MATH } from './math.ts';
import { accessors, CONTROL, calls, emit, operandFunctions } from './program.ts';

const SIZE = 64;

/** A kernel of one thread for each four values: `body` computes for point `i`. */
function overQuads(name: string, count: number, functions: string, body: string): Kernel {
  const threads = Math.ceil(count / 4);
  return {
    name,
    groups: grid(Math.ceil(threads / SIZE)),
    code: `${accessors(true)}${functions}
@compute @workgroup_size(${SIZE})
fn main(@builtin(workgroup_id) place: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let thread = (${WORKGROUP}) * ${SIZE}u + lane;
  if (thread >= ${threads}u) { return; }
  let i = thread * 4u;
  ${body}
}`,
  };
}

export function elementwiseKernel(instruction: Elementwise): Kernel {
  const { math, draws } = calls(instruction);
  const functions = `${draws ? CONTROL : ''}${math ? MATH : ''}${draws ? DRAWS : ''}${operandFunctions(instruction)}`;
  const stores = instruction.results.map(({ register, address }) => `arena[(${address}u + i) >> 2u] = r${register};`);
  return overQuads('elementwise', instruction.count, functions, `${emit(instruction, true)}\n  ${stores.join('\n  ')}`);
}

/** A kernel that computes each value alone: `value` is an expression for point `j`. */
function eachValue(name: string, count: number, y: number, functions: string): Kernel {
  const four = [0, 1, 2, 3].map((lane) => `value(i + ${lane}u)`).join(', ');
  return overQuads(name, count, functions, `arena[(${y}u + i) >> 2u] = vec4(${four});`);
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
