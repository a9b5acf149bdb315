// Scratch memory of the convolution kernels, from a convolution's shape alone: the planner gives
// this much, and a kernel of any backend may use as much. Every number here that C needs too is
// written to kernels/isa.h (isa.ts); test/native-room.test.ts asks the built library for what it
// really uses.
import type { Geometry } from './geometry.ts';
import type { Precision } from './precision.ts';

/** Shapes that kernels/winograd.c takes: square filters of this many taps, at strides 1 and 2. */
export const FAST_TAPS = 5;
/** Fewest images of a batch. */
export const FAST_LEAST_IMAGES = 12;
/** Fewest and most outputs along each axis. */
export const FAST_LEAST_OUTPUTS = 6;
export const FAST_MOST_OUTPUTS = 28;
/** Most pairs of an input and an output channel. */
export const FAST_MOST_PAIRS = 131072;
/** Points along each axis. */
export const FAST_POINTS = 6;
/** Parts of the filter along each axis (kernels/winograd_cut.h). */
const FAST_PHASES = 2;
/** Fewest images of a block, and of a run of the filter's gradient. */
export const FAST_LEAST_BLOCK = 6;
/** Floats for the values at the points of a run of images in the filter's gradient. */
export const FAST_RUN_FLOATS = 2 ** 20;
/**
 * The parts that are read or written together may lie up to this many floats further apart than
 * their size.
 */
export const FAST_LINE = 16;
/** Packed weights come in blocks of channels whose width divides this. */
export const PACK_CHANNELS = 64;
/**
 * The floats of working memory that a kernel may ask for on each thread, beside the plan's scratch.
 */
export const SPACE_FLOATS = 2 ** 22;
/**
 * Kernels may read past a tensor's end by less than this, so an arena ends with so much to spare.
 */
export const SPARE_BYTES = 4096;

/** Returns the scratch floats for operands rounded to bf16, two to a float; none in float32. */
export function roundedFloats(precision: Precision, ...operands: readonly number[]): number {
  if (precision === 'float32') return 0;
  return operands.reduce((total, n) => total + 16 * Math.ceil(n / 32), 0);
}

/**
 * Values of x and of y. An odd number of images counts as one more, because images are rounded in
 * pairs.
 */
export function evenValues({ N, H, W, C, OH, OW, OC }: Geometry): { readonly x: number; readonly y: number } {
  const images = N + (N % 2);
  return { x: images * H * W * C, y: images * OH * OW * OC };
}

/**
 * Scratch floats that a packed convolution may use: enough for blocks of up to PACK_CHANNELS output
 * channels on either side. Backends choose the layout; the room depends on the shape alone.
 */
export function packFloats(g: Geometry): number {
  const roundUp = (n: number): number => Math.ceil(n / PACK_CHANNELS) * PACK_CHANNELS;
  const places = filterPlaces(g);
  return places * Math.max(roundUp(g.OC) * g.C, roundUp(g.C) * g.OC) + (isFast(g) ? FAST_LINE * places : 0);
}

/**
 * Scratch floats of a filter's gradient: a copy of the filter for each run of images or, where a
 * fast algorithm may be used, its room.
 */
export function partialFloats(g: Geometry, imageRuns: number): number {
  const direct = imageRuns * g.KH * g.KW * g.C * g.OC;
  return isFast(g) ? Math.max(direct, filterPlaces(g) * (g.C * g.OC + FAST_LINE) + fastRoom(g)) : direct;
}

/**
 * Floats for the values at the points of a run of images: FAST_RUN_FLOATS or, where those suffice
 * for fewer than FAST_LEAST_BLOCK images, as much as these need. Along an axis an output has at
 * most 3 values of inputs and 5/3 of outputs at the points (kernels/winograd_cut.h). A row of
 * channels may be 31 floats longer than its channels.
 */
function fastRoom({ C, OC, OH, OW }: Geometry): number {
  const [ins, outs] = [3, 5 / 3];
  const longer = 2 * FAST_LINE - 1;
  const image = OH * OW * (ins ** 2 * (C + longer) + outs ** 2 * (OC + longer));
  return Math.max(FAST_RUN_FLOATS, Math.ceil(FAST_LEAST_BLOCK * image));
}

/** Shapes for which kernels/winograd.c may have a fast algorithm. */
export function isFast(g: Geometry): boolean {
  const between = (n: number): boolean => n >= FAST_LEAST_OUTPUTS && n <= FAST_MOST_OUTPUTS;
  const taps = g.KH === FAST_TAPS && g.KW === FAST_TAPS && g.stride <= 2 && g.C * g.OC <= FAST_MOST_PAIRS;
  return !g.direct && taps && between(g.OH) && between(g.OW);
}

/**
 * Floats that a kernel may keep for one pair of channels: the filter's taps or, where a fast
 * algorithm may be used, the values of each of its four parts at all points.
 */
function filterPlaces(g: Geometry): number {
  return isFast(g) ? (FAST_PHASES * FAST_POINTS) ** 2 : g.KH * g.KW;
}
