// What the kinds that run register programs share. The words of a program are
//   count, dims, sizes * dims, operands, (address, strides * dims) * operands,
//   registers, lines, 8 words * lines
// A line is [opcode, dst, a, b, c, i0, i1, i2]; opcodes.ts says which field is in which word. The
// words of results are
//   results, (register, address) * results
import { showShape } from '../graph.ts';
import { type Code, drawn, FORMS, type Four, fieldOf, OPCODES, registersOf } from '../opcodes.ts';
import { isContiguous } from '../passes/domain.ts';
import type { Program, Result } from '../program.ts';
import { drawBlock } from '../random.ts';
import type { Memory, Region } from './record.ts';

export function programWords(p: Program): number[] {
  return [
    p.count,
    p.sizes.length,
    ...p.sizes,
    p.operands.length,
    ...p.operands.flatMap((o) => [o.address, ...o.strides]),
    p.registers,
    p.code.length,
    ...p.code.flatMap(lineWords),
  ];
}

export function resultWords(results: readonly Result[]): number[] {
  return [results.length, ...results.flatMap((r) => [r.register, r.address])];
}

/** The words a, b, c, i0, i1, i2 of a line. */
const FIELD_WORDS = 6;

function lineWords(line: Code): number[] {
  const { form, code } = OPCODES[line.op];
  const words = FORMS[form].words.map((field) => {
    if (field === null) return 0;
    return field === 'value' ? floatBits(fieldOf(line, field)) : fieldOf(line, field);
  });
  return [code, line.dst, ...words, ...new Array<number>(FIELD_WORDS - words.length).fill(0)];
}

const cast = new DataView(new ArrayBuffer(4));

function floatBits(value: number): number {
  cast.setFloat32(0, value);
  return cast.getInt32(0);
}

/** What a program reads, and the places of its results of `floats` floats each. */
export function programRegions(
  { sizes, operands }: Program,
  results: readonly Result[],
  floats: number,
): { readonly reads: Region[]; readonly writes: Region[] } {
  return {
    reads: operands.map(({ address, strides }) => ({
      start: address,
      floats: 1 + strides.reduce((sum, stride, d) => sum + stride * (sizes[d]! - 1), 0),
      plain: isContiguous(sizes, strides),
    })),
    writes: results.map(({ address }) => ({ start: address, floats })),
  };
}

export function printResults(results: readonly Result[]): string {
  return results.map(({ register, address }) => `@${address}:r${register}`).join(' ');
}

export function printProgram({ count, sizes, operands, code }: Program): string {
  const read = (k: number): string => `@${operands[k]!.address}${showShape(operands[k]!.strides)}`;
  const line = (c: Code): string => {
    if (c.op === 'load') return `r${c.dst} = ${read(c.a)}`;
    if (c.op === 'constant') return `r${c.dst} = ${c.value}`;
    if ('stream' in c) return `r${c.dst} = ${c.op} of stream ${c.stream}`;
    const registers = registersOf(c).map((register) => `r${register}`);
    return `r${c.dst} = ${c.op}(${[...registers, ...('value' in c ? [c.value] : [])].join(', ')})`;
  };
  return `${count} as ${showShape(sizes)} { ${code.map(line).join('; ')} }`;
}

/**
 * Runs the code at every point of the domain, in order, on doubles, and hands over the registers.
 */
export function walkProgram(
  { count, sizes, operands, registers, code }: Program,
  memory: Memory,
  visit: (index: number, registers: Float64Array) => void,
): void {
  const values = new Float64Array(registers);
  const at = operands.map(({ address }) => address);
  const position = new Array<number>(sizes.length).fill(0);
  const blocks = new Map<number, { block: number; words: Four }>();
  const words = (index: number, stream: number): Four => {
    const block = Math.floor(index / 4);
    let known = blocks.get(stream);
    if (known?.block !== block) {
      known = { block, words: drawBlock(memory.key, stream, block) };
      blocks.set(stream, known);
    }
    return known.words;
  };
  for (let index = 0; index < count; index++) {
    for (const line of code) values[line.dst] = evaluate(line, values, memory, at, index, words);
    visit(index, values);
    for (let d = sizes.length - 1; d >= 0; d--) {
      for (let k = 0; k < at.length; k++) at[k]! += operands[k]!.strides[d]!;
      if (++position[d]! < sizes[d]!) break;
      for (let k = 0; k < at.length; k++) at[k]! -= operands[k]!.strides[d]! * sizes[d]!;
      position[d] = 0;
    }
  }
}

function evaluate(
  line: Code,
  values: Float64Array,
  { arena, injected }: Memory,
  at: readonly number[],
  index: number,
  words: (index: number, stream: number) => Four,
): number {
  if ('site' in line) {
    if ((injected >>> line.site) & 1) return arena[at[line.a]!]!;
    // Rounded as it would be in memory: drawn and injected values are the same.
    return Math.fround(drawn(line, words(index, line.stream))[index % 4]!);
  }
  switch (line.op) {
    case 'load':
      return arena[at[line.a]!]!;
    case 'constant':
      return line.value;
    default:
      if ('c' in line) return OPCODES[line.op].scalar(values[line.a]!, values[line.b]!, values[line.c]!);
      if ('b' in line) return OPCODES[line.op].scalar(values[line.a]!, values[line.b]!);
      if ('value' in line) return OPCODES[line.op].scalar(values[line.a]!, line.value);
      return OPCODES[line.op].scalar(values[line.a]!);
  }
}
