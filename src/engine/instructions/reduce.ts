// reduce: a register program whose results are summed. Words: a program (programs.ts), outer,
// length, inner, parts, partials, then the results.
import { NO_FLOP } from '../graph.ts';
import { square } from '../ops/elementwise.ts';
import { sum } from '../ops/shape.ts';
import type { Address, Program, Result } from '../program.ts';
import { printProgram, printResults, programRegions, programWords, resultWords, walkProgram } from './programs.ts';
import type { KindRecord } from './record.ts';
import { SAMPLE } from './sample.ts';

/**
 * The domain seen as [outer, length, inner]; each result [outer, inner] is its register summed over
 * the middle. When outer is 1 the middle is cut into `parts` runs of ceil(length / parts), whose
 * sums go to `partials` (parts * inner * results floats) and are then added in order.
 */
export interface Reduce extends Program {
  readonly kind: 'reduce';
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly parts: number;
  readonly partials: Address;
  readonly results: readonly Result[];
  /** As in Elementwise; `outer` is the number of images. */
  readonly attached: boolean;
}

const COUNT = 5850;

export const reduce: KindRecord<Reduce> = {
  number: 5,
  leads: 'nothing',
  words: (i) => [...programWords(i), i.outer, i.length, i.inner, i.parts, i.partials, ...resultWords(i.results)],
  touches: (i) => ({
    ...programRegions(i, i.results, i.outer * i.inner),
    scratch: [{ start: i.partials, floats: i.parts * i.inner * i.results.length }],
  }),
  print: (i) =>
    `${i.attached ? '  attached  ' : 'reduce      '}${printResults(i.results)} = sum of [${i.outer}, ${i.length}, ${i.inner}] over 1, ${i.parts} parts: ${printProgram(i)}`,
  run(i, memory) {
    const totals = i.results.map(() => new Float64Array(i.outer * i.inner));
    walkProgram(i, memory, (index, registers) => {
      const outer = Math.floor(index / (i.length * i.inner));
      const at = outer * i.inner + (index % i.inner);
      i.results.forEach(({ register }, k) => {
        totals[k]![at]! += registers[register]!;
      });
    });
    i.results.forEach(({ address }, k) => {
      memory.arena.set(totals[k]!, address);
    });
  },
  flop: () => NO_FLOP,
  samples: [
    {
      kind: 'reduce',
      attached: false,
      count: COUNT,
      sizes: [COUNT],
      operands: [{ address: SAMPLE.x, strides: [1] }],
      registers: 2,
      code: [{ op: 'load', dst: 0, a: 0 }],
      results: [{ register: 0, address: SAMPLE.y }],
      outer: 1,
      length: COUNT,
      inner: 1,
      parts: 2,
      partials: SAMPLE.scratch,
    },
  ],
  checks: [{ name: 'sums', shapes: [[700, 3, 11]], build: (x) => sum(square(x!), 0, 1) }],
};
