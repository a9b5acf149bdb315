// Limits how much is decoded at once. A picture of some kilobytes may hold 100 million pixels, and
// each of them takes up to 7 bytes while it is decoded (a progressive JPEG keeps its coefficients).
// A dozen such pictures together took 3.5 GiB. Small pictures are decoded freely. Large ones wait
// until the pixels that are being decoded are together no more than the largest picture may have.
// What is decoded is not kept (platform/sharp.ts).

/** A picture is refused that has more pixels. */
export const MOST_PIXELS = 100_000_000;
/**
 * A picture is refused that has a longer side, which is the longest of a JPEG. Some rows of each
 * picture are held at once, and rows of four million pixels took 2 GB.
 */
export const MOST_SIDE = 65_535;
/**
 * Pictures of at most so many pixels don't wait: those of all of the decoder's threads together
 * stay below 300 MB.
 */
export const SMALL_PICTURE = 4_000_000;

interface Waiting {
  readonly wanted: number;
  start(): void;
}

let free = MOST_PIXELS;
const queue: Waiting[] = [];

function admit(): void {
  while (queue[0] && queue[0].wanted <= free) {
    const next = queue.shift()!;
    free -= next.wanted;
    next.start();
  }
}

/** Runs `work` as soon as there is room for `pixels`; in the order in which they asked. */
export async function withRoomFor<T>(pixels: number, work: () => Promise<T>): Promise<T> {
  const wanted = Math.min(pixels, MOST_PIXELS);
  await new Promise<void>((start) => {
    queue.push({ wanted, start });
    admit();
  });
  try {
    return await work();
  } finally {
    free += wanted;
    admit();
  }
}
