// The film of a training: chooses which progress pictures become frames, and writes them as a GIF.
// Early epochs change most, so the tutorial takes frames at even steps of 2·√i and shows the last
// picture once more. Sources: TensorFlow 1.11, tutorial "DCGAN" (2018), its last cells; CompuServe,
// "GIF89a Specification"; gifenc does the encoding.

import type { Gifenc } from 'gifenc';
import * as loaded from 'gifenc';
import { DcganError } from '../platform/errors.ts';
import { firstOf } from './frames.ts';
import type { Picture } from './grid.ts';

// The package's main file is CommonJS. Node puts its functions under `default`; bundlers and vitest
// put them side by side.
const gifenc: Gifenc = 'GIFEncoder' in loaded ? (loaded as unknown as Gifenc) : loaded.default;

/**
 * Chooses the epochs whose pictures become frames, from those that have pictures. Pictures are
 * counted from 0, without the one before training. Picture i is taken when 2·√i, rounded, is larger
 * than for the last one taken. The last picture is then shown once more. 150 epochs give 25 frames,
 * and 1 epoch gives 2. Python's rounding of halves makes no difference: 2·√i = k + ½ has no whole
 * i.
 */
export function chooseFrames(epochs: readonly number[]): number[] {
  const trained = epochs.filter((epoch) => epoch >= 1).sort((a, b) => a - b);
  const frames: number[] = [];
  let last = -1;
  for (const [i, epoch] of trained.entries()) {
    const mark = Math.round(2 * Math.sqrt(i));
    if (mark <= last) continue;
    frames.push(epoch);
    last = mark;
  }
  return trained.length > 0 ? [...frames, trained.at(-1)!] : [];
}

/** The default speed of films. */
export const FRAMES_PER_SECOND = 10;

const GREYS = Array.from({ length: 256 }, (_, tone) => [tone, tone, tone]);

/**
 * Encodes a GIF that repeats for ever. Grey frames keep all their tones; each RGB frame has its
 * best 256 colours.
 * @param frames at least one, all of one size and kind
 * @param fps frames a second, up to 50; GIF counts in 1/100 s, so the delay is rounded to that
 * @throws DcganError for no frames, frames that differ, or an impossible speed
 */
export function encodeGif(frames: readonly Picture[], fps = FRAMES_PER_SECOND): Uint8Array<ArrayBuffer> {
  firstOf(frames, 'a GIF');
  // Players show frames of less than 2/100 s slowly instead of fast.
  if (!(fps > 0 && fps <= 50)) {
    throw new DcganError({ what: "a GIF's frames per second", expected: 'more than 0, at most 50', got: String(fps) });
  }
  const gif = gifenc.GIFEncoder();
  for (const [i, { width, height, channels, pixels }] of frames.entries()) {
    const timing = { delay: 1000 / fps, repeat: 0 };
    if (channels === 1) {
      gif.writeFrame(pixels, width, height, i === 0 ? { ...timing, palette: GREYS } : timing);
    } else {
      const rgba = withAlpha(pixels);
      const palette = gifenc.quantize(rgba, 256);
      gif.writeFrame(gifenc.applyPalette(rgba, palette), width, height, { ...timing, palette });
    }
  }
  gif.finish();
  return gif.bytes();
}

/** Converts RGB to opaque RGBA, which gifenc reads. */
function withAlpha(rgb: Uint8Array): Uint8Array {
  const rgba = new Uint8Array((rgb.length / 3) * 4).fill(255);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) rgba.set(rgb.subarray(from, from + 3), to);
  return rgba;
}
