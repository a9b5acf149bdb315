// The sliced Wasserstein distance between patches of two sets of images (Karras et al.,
// "Progressive growing of GANs for improved quality, stability, and variation", 2018, section 5).
// It needs no trained network, and tells at which scale two sets differ.
//
// Each image becomes a Laplacian pyramid (Burt and Adelson 1983). At each level, patches of 7 x 7
// pixels are taken at random places. They are normalised to mean 0 and deviation 1 in each channel
// over the set, and projected on random directions. The distance between the sorted projections of
// both sets is averaged, and multiplied by 1,000 as in the paper. There are fewer patches and
// directions than in the paper (16 an image and 128, not 128 and 512), because small images have
// few places.
import { type ImageSize, imageSizeOf } from '../data/image-size.ts';
import { compile } from '../engine/compile.ts';
import { layoutState } from '../engine/layout.ts';
import { input, matmul } from '../engine/ops/index.ts';
import { blockToNormals, drawBlock, drawWord } from '../engine/random.ts';
import type { Session } from '../engine/session.ts';
import { DcganError } from '../platform/errors.ts';
import { type MetricsMachine, openSession } from './machine.ts';
import { putInOrder } from './ordered.ts';
import { type ImageSet, laplacianPyramid } from './pyramid.ts';

const PATCH = 7;
const PATCHES = 16;
const DIRECTIONS = 128;
/** The random streams of places and directions. */
const [PLACES, LINES] = [0, 1000];

export interface SlicedDistance {
  /** The size of the images at this level of the pyramid. */
  readonly side: ImageSize;
  readonly distance: number;
}

/** A set of images whose projections are computed once, for comparison with others. */
export class SlicedTarget {
  readonly #set: ImageSet;
  readonly #seed: number;
  readonly #project: Projection;
  #levels: Promise<readonly Level[]> | null = null;

  /** `session` must have an empty state. */
  constructor(set: ImageSet, seed: number, session: Session) {
    this.#set = set;
    this.#seed = seed;
    this.#project = projection(session, set.count * PATCHES, PATCH * PATCH * set.channels);
  }

  /** The number of images in the set. */
  get count(): number {
    return this.#set.count;
  }

  /** Returns the distances to as many images of the same size, at each level, finest first. */
  async distances(other: ImageSet): Promise<SlicedDistance[]> {
    const { count, height, width, channels } = this.#set;
    const fits = other.height === height && other.width === width && other.channels === channels;
    if (other.count !== count || !fits)
      throw new DcganError({
        what: 'sets of images differ in number or size',
        expected: `${count} of ${height} x ${width} x ${channels}`,
        got: `${other.count} of ${other.height} x ${other.width} x ${other.channels}`,
      });
    this.#levels ??= this.#look(this.#set);
    const [own, others] = [await this.#levels, await this.#look(other)];
    return own.map((level, i) => ({ side: level.side, distance: 1000 * meanDifference(level, others[i]!) }));
  }

  async #look(set: ImageSet): Promise<Level[]> {
    const levels: Level[] = [];
    for (const [level, of] of laplacianPyramid(set).entries()) {
      const lines = directions(PATCH * PATCH * set.channels, this.#seed, level);
      const projected = await this.#project(normalised(patches(of, this.#seed, level), set.channels), lines);
      levels.push({ side: imageSizeOf(of.height, of.width), sorted: columnsInOrder(projected) });
    }
    return levels;
  }
}

/** The sorted projections on each direction. */
interface Level {
  readonly side: ImageSize;
  readonly sorted: readonly Float32Array[];
}

type Projection = (values: Float32Array, lines: Float32Array) => Promise<Float32Array>;

/** The engine's matrix product of patches [rows, width] and directions. */
function projection(session: Session, rows: number, width: number): Projection {
  const product = matmul(input('rows', [rows, width]), input('directions', [width, DIRECTIONS]));
  const plan = compile({ name: 'projections', outputs: { product }, updates: new Map() }, session.layout);
  return async (values, lines) => {
    const inputs = { rows: values, directions: lines };
    return (await session.run(plan, { key: { seed: 0, step: 0 }, inputs, outputs: ['product'] }))[0]!;
  };
}

function columnsInOrder(projected: Float32Array): Float32Array[] {
  const rows = projected.length / DIRECTIONS;
  const columns = Array.from({ length: DIRECTIONS }, () => new Float32Array(rows));
  for (let n = 0; n < rows; n++) for (let d = 0; d < DIRECTIONS; d++) columns[d]![n] = projected[n * DIRECTIONS + d]!;
  return columns.map(putInOrder);
}

/** Returns the distances between two sets of equal number and size, at each level, finest first. */
export async function slicedWasserstein(
  a: ImageSet,
  b: ImageSet,
  seed: number,
  machine: MetricsMachine,
): Promise<SlicedDistance[]> {
  const session = await openSession(layoutState([]), machine);
  try {
    return await new SlicedTarget(b, seed, session).distances(a);
  } finally {
    await session.dispose();
  }
}

/**
 * Returns patches [count * PATCHES, 7 * 7 * channels] at places drawn for this level, which are the
 * same for both sets.
 */
export function patches(set: ImageSet, seed: number, level: number): Float32Array {
  const { images, count, height, width, channels } = set;
  const [down, across] = [height - PATCH + 1, width - PATCH + 1];
  const row = PATCH * channels;
  const out = new Float32Array(count * PATCHES * PATCH * row);
  let at = 0;
  for (let n = 0; n < count * PATCHES; n++) {
    const word = drawWord({ seed, step: level }, PLACES, n);
    const [top, left] = [(word >>> 16) % down, (word & 0xffff) % across];
    const image = Math.floor(n / PATCHES) * height * width * channels;
    for (let y = 0; y < PATCH; y++, at += row) {
      const from = image + ((top + y) * width + left) * channels;
      out.set(images.subarray(from, from + row), at);
    }
  }
  return out;
}

/** In place, subtracts each channel's mean and divides by its deviation. */
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

/** Returns random unit vectors as columns, [width, DIRECTIONS]. */
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

function meanDifference({ sorted: a }: Level, { sorted: b }: Level): number {
  let total = 0;
  a.forEach((column, d) => {
    const other = b[d]!;
    for (let i = 0; i < column.length; i++) total += Math.abs(column[i]! - other[i]!);
  });
  return total / (a.length * a[0]!.length);
}
