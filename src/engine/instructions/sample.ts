// The memory that the kinds' samples use: a few thousand floats at each of four places. The
// channels of the geometry are even, so that kernels built for bf16 have pairs to round, and the
// scratch has room for them.
import type { Geometry } from '../geometry.ts';

export const SAMPLE_GEOMETRY: Geometry = {
  ...{ N: 13, H: 5, W: 5, C: 18 },
  ...{ KH: 3, KW: 3, OC: 34 },
  ...{ OH: 3, OW: 3, stride: 2, padTop: 1, padLeft: 1 },
};

/**
 * Addresses: the control words, three tensors, scratch behind them; `u` is between x and w, and
 * nothing writes there.
 */
export const SAMPLE = { control: 0, x: 16, u: 8000, w: 8192, y: 16384, scratch: 24576 } as const;
/** Floats of memory for all of it. */
export const SAMPLE_FLOATS = 1 << 16;
