// The planner gives a convolution its scratch from its shape alone (src/engine/room.ts), and the kernels
// use some of it. Here the built library says how much it uses, for many shapes: never more than is given.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bf16Kernels, emulateBf16 } from '../src/engine/backends/native/bf16.ts';
import { library } from '../src/engine/backends/native/library.ts';
import { loadLibrary, type NativeKernels } from '../src/engine/backends/native/load.ts';
import { encode, HEADER_WORDS } from '../src/engine/encode.ts';
import { recordOf } from '../src/engine/instructions/index.ts';
import { ISA_HEADER } from '../src/engine/isa.ts';
import { filterImageRuns } from '../src/engine/passes/kernels.ts';
import type { Geometry, Instruction, Precision } from '../src/engine/plan.ts';
import { evenValues, isFast, packFloats, partialFloats, roundedFloats } from '../src/engine/room.ts';
import { TEST_DEVICES, title } from './support/devices.ts';
import { geometry, planOf } from './support/plans.ts';

const native = TEST_DEVICES.find(({ name }) => name === 'native')!;

/** [given by the planner, used by the kernels] for each of the three kinds. */
function rooms(kernels: NativeKernels, precision: Precision, g: Geometry): Record<string, readonly [number, number]> {
  const imageRuns = filterImageRuns(g);
  const even = evenValues(g);
  const used = (instruction: Instruction): number =>
    Number(kernels.room(recordOf(instruction).number, encode(planOf([instruction], 16)).subarray(HEADER_WORDS)));
  const at = { ...g, x: 0, w: 0, y: 0 };
  return {
    conv2d: [roundedFloats(precision, even.x) + packFloats(g), used({ kind: 'conv2d', ...at, pack: 0 })],
    convInput: [roundedFloats(precision, even.y) + packFloats(g), used({ kind: 'convInput', ...at, pack: 0 })],
    convFilter: [
      roundedFloats(precision, even.x, even.y) + partialFloats(g, imageRuns),
      used({ kind: 'convFilter', ...at, partials: 0, imageRuns }),
    ],
  };
}

function tooSmall(kernels: NativeKernels, precision: Precision, g: Geometry): unknown[] {
  return Object.entries(rooms(kernels, precision, g))
    .filter(([, [given, used]]) => !(used <= given))
    .map(([kind, [given, used]]) => ({ kind, given, used, shape: g }));
}

const between = (min: number, max: number) => fc.integer({ min, max });

/** Any shape, and often one that the fast algorithm takes. */
const SHAPES = fc.oneof(
  fc
    .record({
      N: between(1, 70),
      H: between(1, 40),
      W: between(1, 40),
      C: between(1, 300),
      K: between(1, 7),
      OC: between(1, 300),
      stride: between(1, 3),
    })
    .map(({ N, H, W, C, K, OC, stride }) => geometry([N, H, W, C], [K, K, OC], stride)),
  fc
    .record({
      N: between(1, 300),
      H: between(6, 28),
      W: between(6, 28),
      C: between(1, 16),
      OC: between(1, 16),
      stride: between(1, 2),
      odd: fc.boolean(),
    })
    .map(({ N, H, W, C, OC, stride, odd }) =>
      geometry([N, stride * H - (odd ? stride - 1 : 0), stride * W, 32 * C], [5, 5, 32 * OC], stride),
    ),
);

describe.skipIf(native.missing)(`room for convolutions on ${title(native)}`, () => {
  const CASES = [
    ['float32', async () => loadLibrary(await library())],
    [
      'float32, and the fast algorithm for every batch',
      // The same build as in golden.test.ts.
      async () => loadLibrary(await library({ ...process.env, CC: `${process.env.CC ?? 'cc'} -DWINO_LEAST=1` })),
    ],
    ...[false, true].map(
      (unit) =>
        [
          unit ? 'bf16 by the matrix unit' : 'bf16 by pairs',
          async () => {
            emulateBf16(8, unit);
            return bf16Kernels().finally(() => emulateBf16(null));
          },
        ] as const,
    ),
  ] as const;

  it.each(CASES)('%s: the planner never gives less than the kernels use', async (name, load) => {
    const kernels = await load();
    const precision = name.startsWith('bf16') ? 'bf16' : 'float32';
    fc.assert(
      fc.property(SHAPES, (g) => {
        expect(tooSmall(kernels, precision, g)).toEqual([]);
      }),
      { numRuns: 5000 },
    );
  });

  it('says what the fast algorithm uses, where it is used', async () => {
    const kernels = await loadLibrary(await library());
    const room = (N: number) => rooms(kernels, 'float32', geometry([N, 14, 14, 64], [5, 5, 128], 2)).conv2d![1];
    expect(isFast(geometry([12, 14, 14, 64], [5, 5, 128], 2))).toBe(true);
    // 25 taps of the filter below the least batch, and 36 points of four phases from there on.
    expect(room(11)).toBe(25 * 64 * 128);
    expect(room(12)).toBe(36 * (4 * 64 * 128 + 16));
    // The layers of test/golden/batches.
    for (const N of [13, 16, 37, 40])
      for (const g of [geometry([N, 14, 14, 32], [5, 5, 32], 2), geometry([N, 7, 7, 32], [5, 5, 32], 1)])
        expect(rooms(kernels, 'float32', g).convInput![1]).toBe(36 * (4 * 32 * 32 + 16));
  });
});

it('kernels/isa.h holds the numbers of TypeScript', () => {
  expect(readFileSync(new URL('../kernels/isa.h', import.meta.url), 'utf8')).toBe(ISA_HEADER);
});
