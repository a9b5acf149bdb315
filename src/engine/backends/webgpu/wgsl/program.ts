// Register programs (plan.ts) as WGSL. Registers are vec4: a thread computes four neighbouring points of the domain at once, so
// that a Philox block serves a thread whole; or, where neighbours don't lie together, one point, in every lane.
import { isContiguous } from '../../../passes/domain.ts';
import type { Code, Program, Result } from '../../../plan.ts';
import { DRAWS, MATH } from './math.ts';

/** A float as a literal of the very same value. */
export function literal(value: number): string {
  const single = Math.fround(value);
  const text = String(single);
  return /[.e]/.test(text) ? `${text}f` : `${text}.0f`;
}

/** Reads of the arena in kernels that see it as vectors (`quad`) or as floats. */
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
 * What a program needs besides its lines: a function for each operand's address. Where programs share a kernel their functions'
 * names begin with a `prefix`.
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

/** How many quotients the outermost dimension that moves needs. */
function lastUsed(strides: readonly number[]): number {
  const first = strides.findIndex((stride) => stride !== 0);
  return first < 0 ? 0 : strides.length - 1 - first;
}

/**
 * The lines of a program at point `i`. In quads i is a multiple of four and lanes are i to i + 3. `known` is what operands
 * have in registers already, by their number; `prefix` is that of `operandFunctions`.
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
  const set = (value: string): string => `r${c.dst} = ${value};`;
  switch (c.op) {
    case 'load':
      return set(loaded(c.a));
    case 'constant':
      return set(`vec4(${literal(c.value)})`);
    case 'select':
      return set(`select(r${c.c}, r${c.b}, r${c.a} != vec4(0.0))`);
    case 'uniform':
    case 'normal':
    case 'mask': {
      const more = c.op === 'mask' ? `, ${c.threshold}u, ${literal(c.value)}` : '';
      const drawn = `draw_${c.op}(i / 4u, ${c.stream}u${more})`;
      const value = quads ? drawn : `vec4(${drawn}[i % 4u])`;
      return `if (((control[1].x >> ${c.site}u) & 1u) != 0u) { r${c.dst} = ${loaded(c.a)}; } else { r${c.dst} = ${value}; }`;
    }
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
      return set(`r${c.a} ${{ add: '+', sub: '-', mul: '*', div: '/' }[c.op]} r${c.b}`);
    case 'maximum':
      return set(`max(r${c.a}, r${c.b})`);
    case 'minimum':
      return set(`min(r${c.a}, r${c.b})`);
    case 'greater':
      return set(`select(vec4(0.0), vec4(1.0), r${c.a} > r${c.b})`);
    case 'scale':
      return set(`r${c.a} * ${literal(c.value)}`);
    case 'shift':
      return set(`r${c.a} + ${literal(c.value)}`);
    case 'leakyRelu':
      return set(`select(r${c.a} * ${literal(c.value)}, r${c.a}, r${c.a} > vec4(0.0))`);
    case 'leakyMask':
      return set(`select(vec4(${literal(c.value)}), vec4(1.0), r${c.a} > vec4(0.0))`);
    case 'neg':
      return set(`-r${c.a}`);
    case 'square':
      return set(`r${c.a} * r${c.a}`);
    case 'rsqrt':
      return set(`1.0 / sqrt(r${c.a})`);
    case 'abs':
    case 'sqrt':
      return set(`${c.op}(r${c.a})`);
    default:
      return set(`v${c.op}(r${c.a})`);
  }
}

const DRAW_OPS = new Set(['uniform', 'normal', 'mask']);
const MATH_OPS = new Set(['exp', 'log', 'tanh', 'sigmoid', 'softplus']);

/** The parts of math.ts that programs call, and the control words where they draw. */
export function called(...programs: readonly Program[]): string {
  const some = (ops: ReadonlySet<string>): boolean => programs.some(({ code }) => code.some(({ op }) => ops.has(op)));
  const draws = some(DRAW_OPS);
  return `${draws ? CONTROL : ''}${draws || some(MATH_OPS) ? MATH : ''}${draws ? DRAWS : ''}`;
}

/** Stores of results at point `i`, four values each. */
export function storeFours(results: readonly Result[]): string {
  return results.map(({ register, address }) => `arena[(${address}u + i) >> 2u] = r${register};`).join(' ');
}
