// transpose: y [columns, rows] = x [rows, columns] turned. Words: x, y, rows, columns.
import { NO_FLOP } from '../graph.ts';
import { matmul, transpose as transposeOf } from '../ops/matmul.ts';
import type { Address } from '../program.ts';
import type { KindRecord } from './record.ts';
import { SAMPLE } from './sample.ts';

export interface Transpose {
  readonly kind: 'transpose';
  readonly x: Address;
  readonly y: Address;
  readonly rows: number;
  readonly columns: number;
}

export const transpose: KindRecord<Transpose> = {
  number: 6,
  leads: 'nothing',
  words: (i) => [i.x, i.y, i.rows, i.columns],
  touches({ x, y, rows, columns }) {
    const floats = rows * columns;
    return { reads: [{ start: x, floats }], writes: [{ start: y, floats }], scratch: [] };
  },
  print: (i) => `transpose   @${i.y} = @${i.x} [${i.rows}, ${i.columns}]`,
  run({ x, y, rows, columns }, { arena }) {
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) arena[y + c * rows + r] = arena[x + r * columns + c]!;
  },
  flop: () => NO_FLOP,
  samples: [{ kind: 'transpose', x: SAMPLE.x, y: SAMPLE.y, rows: 17, columns: 5 }],
  checks: [
    {
      name: 'matrix product and transpose',
      shapes: [
        [33, 40],
        [40, 19],
      ],
      build: (a, b) => transposeOf(matmul(a!, b!)),
      backward: true,
    },
  ],
};
