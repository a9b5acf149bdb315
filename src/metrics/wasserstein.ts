// The sliced Wasserstein distance between patches of two sets of images (Karras et al., "Progressive growing of GANs for
// improved quality, stability, and variation", 2018, section 5): needs no trained network, and tells at which scale two sets
// differ. Each image becomes a Laplacian pyramid (Burt and Adelson 1983); at each level patches of 7 x 7 pixels are taken at random
// places, normalised to mean 0 and deviation 1 in each channel over the set, projected on random directions; the
// distance between the sorted projections of both sets is averaged, and given times 1,000 as in the paper.
// Fewer patches and directions than there (16 an image and 128, not 128 and 512): small images have few places.
import { compile } from '../engine/compile.ts';
import { layoutState } from '../engine/layout.ts';
import { input, matmul } from '../engine/ops/index.ts';
import { blockToNormals, drawBlock, drawWord } from '../engine/random.ts';
import type { Session } from '../engine/session.ts';
import { DcganError } from '../platform/errors.ts';
import { type MetricsMachine, openSession } from './machine.ts';
import { type ImageSet, laplacianPyramid } from './pyramid.ts';

const PATCH = 7;
const PATCHES = 16;
export const DIRECTIONS = 128;
/** Streams of the random places and directions. */
const [PLACES, LINES] = [0, 1000];

export interface SlicedDistance {
  /** Side of the images at this level of the pyramid. */
  readonly side: number;
  readonly distance: number;
}

/** Distances at each level, finest first. Both sets must have as many images of one size. */
export async function slicedWasserstein(
  a: ImageSet,
  b: ImageSet,
  seed: number,
  machine: MetricsMachine,
): Promise<SlicedDistance[]> {
  if (a.count !== b.count || a.side !== b.side || a.channels !== b.channels)
    throw new DcganError({
      what: 'sets of images differ in number or size',
      expected: `${a.count} of ${a.side} x ${a.side} x ${a.channels}`,
      got: `${b.count} of ${b.side} x ${b.side} x ${b.channels}`,
    });
  const [levelsA, levelsB] = [laplacianPyramid(a), laplacianPyramid(b)];
  const width = PATCH * PATCH * a.channels;
  const projector = await Projector.open(a.count * PATCHES, width, machine);
  try {
    const result: SlicedDistance[] = [];
    for (const [level, of] of levelsA.entries()) {
      projector.aim(directions(width, seed, level));
      const sorted = await Promise.all([
        projector.sorted(normalised(patches(of, seed, level), a.channels)),
        projector.sorted(normalised(patches(levelsB[level]!, seed, level), a.channels)),
      ]);
      result.push({ side: of.side, distance: 1000 * meanDifference(sorted[0], sorted[1]) });
    }
    return result;
  } finally {
    await projector.dispose();
  }
}

/** [count * PATCHES, 7 * 7 * channels], at places drawn for this level: the same for both sets. */
export function patches({ images, count, side, channels }: ImageSet, seed: number, level: number): Float32Array {
  const places = side - PATCH + 1;
  const row = PATCH * channels;
  const out = new Float32Array(count * PATCHES * PATCH * row);
  let at = 0;
  for (let n = 0; n < count * PATCHES; n++) {
    const word = drawWord({ seed, step: level }, PLACES, n);
    const [top, left] = [(word >>> 16) % places, (word & 0xffff) % places];
    const image = Math.floor(n / PATCHES) * side * side * channels;
    for (let y = 0; y < PATCH; y++, at += row) {
      const from = image + ((top + y) * side + left) * channels;
      out.set(images.subarray(from, from + row), at);
    }
  }
  return out;
}

/** In place: each channel less its mean, over its deviation. */
export function normalised(values: Float32Array, channels: number): Float32Array {
  for (let c = 0; c < channels; c++) {
    let [total, squares] = [0, 0];
    const n = values.length / channels;
    for (let i = c; i < values.length; i += channels) total += values[i]!;
    const mean = total / n;
    for (let i = c; i < values.length; i += channels) squares += (values[i]! - mean) ** 2;
    const deviation = Math.sqrt(squares / n) || 1;
    for (let i = c; i < values.length; i += channels) values[i] = (values[i]! - mean) / deviation;
  }
  return values;
}

/** Random unit vectors as columns, [width, DIRECTIONS]. */
export function directions(width: number, seed: number, level: number): Float32Array {
  const out = new Float32Array(width * DIRECTIONS);
  for (let d = 0; d < DIRECTIONS; d++) {
    const line: number[] = [];
    for (let block = 0; line.length < width; block++)
      line.push(...blockToNormals(drawBlock({ seed, step: level }, LINES + d, block)));
    line.length = width;
    const length = Math.hypot(...line);
    line.forEach((value, i) => {
      out[i * DIRECTIONS + d] = value / length;
    });
  }
  return out;
}

function meanDifference(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  let total = 0;
  a.forEach((column, d) => {
    const other = b[d]!;
    for (let i = 0; i < column.length; i++) total += Math.abs(column[i]! - other[i]!);
  });
  return total / (a.length * a[0]!.length);
}

/** Projects patches on directions by the engine's matrix product. */
class Projector {
  readonly #session: Session;
  readonly #run: (values: Float32Array) => Promise<Float32Array>;
  #directions: Float32Array = new Float32Array();

  private constructor(session: Session, rows: number, width: number) {
    this.#session = session;
    const product = matmul(input('rows', [rows, width]), input('directions', [width, DIRECTIONS]));
    const plan = compile({ name: 'projections', outputs: { product }, updates: new Map() }, session.layout);
    this.#run = async (values) => {
      const inputs = { rows: values, directions: this.#directions };
      return (await session.run(plan, { key: { seed: 0, step: 0 }, inputs, outputs: ['product'] }))[0]!;
    };
  }

  static async open(rows: number, width: number, machine: MetricsMachine): Promise<Projector> {
    return new Projector(await openSession(layoutState([]), machine), rows, width);
  }

  aim(columns: Float32Array): void {
    this.#directions = columns;
  }

  /** The projections on each direction, in order of size. */
  async sorted(values: Float32Array): Promise<Float32Array[]> {
    const projected = await this.#run(values);
    const rows = projected.length / DIRECTIONS;
    return Array.from({ length: DIRECTIONS }, (_, d) =>
      Float32Array.from({ length: rows }, (__, n) => projected[n * DIRECTIONS + d]!).sort(),
    );
  }

  dispose(): Promise<void> {
    return this.#session.dispose();
  }
}
