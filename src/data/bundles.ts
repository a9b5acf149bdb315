// Enlarges grey arrays three at a time. A call of libvips costs about 0.8 ms of processor time,
// also for the smallest picture. So three grey images become the red, green and blue of one
// picture. When libvips enlarges a picture, it computes each channel by itself with the same
// arithmetic, so the bytes are those of three calls (test/data-bundles.test.ts). Other pictures are
// decoded one by one.

import { decode } from './decode.ts';
import type { Shaping } from './image-options.ts';
import { sidesOf } from './image-size.ts';
import { inOrder, type Window } from './in-order.ts';
import type { RawPicture, Supplied } from './supply.ts';

const CHANNELS = 3;

/** Pictures that are decoded together. */
type Bundle = readonly Supplied[];

/**
 * Runs `one` on each picture, as many at once as the window says, and gives the results in the
 * pictures' order. Where a picture was enlarged with others, `one` also gets its image
 * [height, width, 1].
 */
export async function* eachPicture<R>(
  pictures: AsyncIterable<Supplied>,
  { most, heaviest, weigh }: Window<Supplied>,
  shaping: Shaping,
  one: (picture: Supplied, enlarged?: Uint8Array) => Promise<R>,
): AsyncGenerator<R> {
  const weighAll = (bundle: Bundle): number => bundle.reduce((sum, picture) => sum + weigh(picture), 0);
  const work = async (bundle: Bundle): Promise<R[]> => {
    const images = bundle.length === CHANNELS ? await enlarged(bundle as readonly RawPicture[], shaping) : null;
    return Promise.all(bundle.map((picture, i) => one(picture, images?.[i])));
  };
  for await (const results of inOrder(bundled(pictures, shaping), { most, heaviest, weigh: weighAll }, work))
    yield* results;
}

/** Splits a stream of pictures into bundles, in the same order. */
async function* bundled(pictures: AsyncIterable<Supplied>, shaping: Shaping): AsyncGenerator<Bundle> {
  let waiting: RawPicture[] = [];
  for await (const picture of pictures) {
    const joins = isEnlargedGrey(picture, shaping) && (waiting.length === 0 || areAlike(picture, waiting[0]!));
    if (joins) waiting.push(picture);
    if (waiting.length > 0 && (!joins || waiting.length === CHANNELS)) {
      yield waiting;
      waiting = [];
    }
    if (!joins) yield [picture];
  }
  if (waiting.length > 0) yield waiting;
}

function isEnlargedGrey(picture: Supplied, { size, channels, fit }: Shaping): picture is RawPicture {
  if (picture.kind !== 'raw' || picture.channels !== 1 || channels !== 1 || fit === 'pad') return false;
  const [height, width] = sidesOf(size);
  const isSame = picture.height === height && picture.width === width;
  return !isSame && picture.height <= height && picture.width <= width;
}

function areAlike(a: RawPicture, b: RawPicture): boolean {
  return a.width === b.width && a.height === b.height;
}

/** Returns null where the joint picture is refused, so that each one is refused by its name. */
async function enlarged(three: readonly RawPicture[], shaping: Shaping): Promise<Uint8Array[] | null> {
  const [first] = three;
  const pixels = interleaved(three.map((picture) => picture.pixels));
  try {
    const together = await decode({ ...first!, channels: CHANNELS, pixels }, { ...shaping, channels: CHANNELS });
    return three.map((_, c) => together.filter((_, i) => i % CHANNELS === c));
  } catch {
    return null;
  }
}

function interleaved(planes: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(planes.length * planes[0]!.length);
  for (const [c, plane] of planes.entries())
    for (let i = 0; i < plane.length; i++) all[i * planes.length + c] = plane[i]!;
  return all;
}
