// Register programs (plan.ts) in WGSL. Registers are vec4. A thread usually computes four
// neighbouring points of the domain at once, so that it uses a whole Philox block. When neighbours
// don't lie together, it computes one point, in every lane.

import type { Code } from '../../../opcodes.ts';
import { isContiguous } from '../../../passes/domain.ts';
import type { Program, Result } from '../../../plan.ts';
import { callMath, lineText } from './lines.ts';
import { DRAWS, MATH } from './math.ts';

/** Functions that read the arena, in kernels that see it as vectors (`quad`) or as floats. */
export function accessors(quad: boolean): string {
  return quad
    ? `@group(0) @binding(0) var<storage, read_write> arena: array<vec4<f32>>;
fn cell(i: u32) -> f32 { return arena[i >> 2u][i & 3u]; }
fn cells(i: u32) -> vec4<f32> { return arena[i >> 2u]; }
`
    : `@group(0) @binding(0) var<storage, read_write> arena: array<f32>;
fn cell(i: u32) -> f32 { return arena[i]; }
fn cells(i: u32) -> vec4<f32> { return vec4(arena[i], arena[i + 1u], arena[i + 2u], arena[i + 3u]); }
`;
}

const CONTROL = '@group(0) @binding(1) var<uniform> control: array<vec4<u32>, 2>;\n';

/**
 * Returns what a program needs besides its lines: a function for each operand's address. When
 * programs share a kernel, `prefix` begins the names of their functions.
 */
export function operandFunctions({ sizes, operands }: Program, prefix = ''): string {
  return operands
    .map(({ address, strides }, k) => {
      const terms: string[] = [];
      const lines: string[] = [];
      let rest = 'i';
      for (let d = sizes.length - 1; d >= 0; d--) {
        const size = sizes[d]!;
        if (strides[d] !== 0) terms.push(`(${d === 0 ? rest : `${rest} % ${size}u`}) * ${strides[d]}u`);
        if (d > 0) {
          lines.push(`  let q${d} = ${rest} / ${size}u;`);
          rest = `q${d}`;
        }
      }
      const used = lines.slice(0, lastUsed(strides));
      return `fn ${prefix}operand${k}(i: u32) -> u32 {\n${used.join('\n')}\n  return ${[`${address}u`, ...terms].join(' + ')};\n}`;
    })
    .join('\n');
}

/** Returns how many quotients the outermost dimension that moves needs. */
function lastUsed(strides: readonly number[]): number {
  const first = strides.findIndex((stride) => stride !== 0);
  return first < 0 ? 0 : strides.length - 1 - first;
}

/**
 * Returns the lines of a program at point `i`. With quads, i is a multiple of four and the lanes
 * are i to i + 3. `known` maps numbers of operands to the registers that hold them already.
 * `prefix` is that of `operandFunctions`.
 */
export function emit(
  program: Program,
  quads: boolean,
  { known, prefix = '' }: { readonly known?: ReadonlyMap<number, string>; readonly prefix?: string } = {},
): string {
  const { registers, code } = program;
  const loaded = (k: number): string => known?.get(k) ?? load(program, k, quads, `${prefix}operand${k}`);
  const declared = Array.from({ length: registers }, (_, r) => `var r${r}: vec4<f32>;`).join(' ');
  return [declared, ...code.map((line) => emitLine(line, quads, loaded))].join('\n  ');
}

/** `at` is the name of the operand's function. */
function load({ sizes, operands }: Program, k: number, quads: boolean, at: string): string {
  const { strides, address } = operands[k]!;
  if (strides.every((stride) => stride === 0)) return `vec4(cell(${address}u))`;
  if (!quads) return `vec4(cell(${at}(i)))`;
  const inner = strides.at(-1)!;
  const together = sizes.at(-1)! % 4 === 0;
  if (isContiguous(sizes, strides) || (together && inner === 1 && strides.slice(0, -1).every((s) => s % 4 === 0)))
    return `cells(${at}(i))`;
  if (together && inner === 0) return `vec4(cell(${at}(i)))`;
  return `vec4(${[0, 1, 2, 3].map((lane) => `cell(${at}(i + ${lane}u))`).join(', ')})`;
}

function emitLine(c: Code, quads: boolean, loaded: (operand: number) => string): string {
  const text = lineText(c, loaded);
  if (!('site' in c)) return `r${c.dst} = ${text};`;
  const value = quads ? text : `vec4(${text}[i % 4u])`;
  return `if (((control[1].x >> ${c.site}u) & 1u) != 0u) { r${c.dst} = ${loaded(c.a)}; } else { r${c.dst} = ${value}; }`;
}

/** Returns the parts of math.ts that the programs call, and the control words when they draw. */
export function called(...programs: readonly Program[]): string {
  const draws = programs.some(({ code }) => code.some((line) => 'site' in line));
  const math = programs.some(({ code }) => callMath(code));
  return `${draws ? CONTROL : ''}${math ? MATH : ''}${draws ? DRAWS : ''}`;
}

/** Stores results at point `i`, four values each. */
export function storeFours(results: readonly Result[]): string {
  return results.map(({ register, address }) => `arena[(${address}u + i) >> 2u] = r${register};`).join(' ');
}
