// Pictures of several frames or pages, of which the first is read. They are counted, and said in a
// note of training and in the report of `data inspect`, because somebody who gives animations may
// expect an image of each frame.

/** What is said of such pictures, behind their number. */
export const SEVERAL_FRAMES = 'of several frames, of which the first is read';

const [SIGNATURE, CHUNK] = [8, 12];

/**
 * How many frames a PNG has. libvips reads the first and does not count, so the chunk that says it
 * is looked for before the image's data (W3C, "PNG Specification (Third Edition)", 11.3.6.1 acTL).
 */
export function framesOfPng(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = SIGNATURE; at + CHUNK <= bytes.length; at += CHUNK + view.getUint32(at)) {
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (type === 'acTL') return view.getUint32(at + 8);
    if (type === 'IDAT') return 1;
  }
  return 1;
}
