// Draws an SVG for the first time in a process of its own. A drawing of one kilobyte may ask for
// hours of work (elements that use each other, each of them with a filter), and librsvg cannot be
// stopped in a thread. What was drawn there in time is then drawn here as every picture is, so that
// its pixels do not depend on where it was tried.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { SideProcess } from '../platform/side-process.ts';
import { MOST_PIXELS } from './decode-room.ts';

const LIMIT_MS = 60_000;
const HEAP_MB = 256;
/** The longer side in pixels that a drawing is made for: an icon of 24 would be blurred. */
const SIDE = 512;

const SOURCE = `
process.on('message', async ({ module, bytes }) => {
  try {
    const { default: sharp } = await import(module);
    const { width, height } = await sharp(bytes, { limitInputPixels: false }).metadata();
    const density = Math.min(2400, Math.max(1, Math.round((72 * ${SIDE}) / Math.max(width, height))));
    await sharp(bytes, { limitInputPixels: ${MOST_PIXELS}, failOn: 'error', density }).stats();
    send({ result: density });
  } catch (error) {
    send({ why: String((error && error.message) || error) });
  }
});
`;

/** Tries drawings, one after another. */
export class SvgTrial {
  readonly #process: SideProcess<number>;

  /** @param limitMs the most milliseconds for a drawing */
  constructor(limitMs = LIMIT_MS) {
    this.#process = new SideProcess(SOURCE, { doing: 'drawing it', heapMb: HEAP_MB, limitMs });
  }

  /**
   * Returns the dots per inch at which the longer side has about 512 pixels.
   * @throws Error with the reason why it cannot be drawn
   * @throws LimitPassed when it takes too long
   */
  densityOf(bytes: Uint8Array): Promise<number> {
    const module = pathToFileURL(createRequire(import.meta.url).resolve('sharp')).href;
    return this.#process.ask({ module, bytes });
  }
}
