// Reads Windows bitmaps, because libvips does not read them. It takes uncompressed bitmaps of 1, 4,
// 8, 16, 24 and 32 bits a pixel, with a palette or with masks, stored from the bottom up or from
// the top down. The two packages in npm's registry that were examined take palettes for grey
// values, or stop within a row.
//
// Source: Microsoft, "Bitmap Storage" (BITMAPFILEHEADER, BITMAPINFOHEADER, BITMAPV5HEADER).

import { viewOf } from '../platform/bytes.ts';

/** An opaque picture: pixels [height, width, 3]. */
export interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** What a bitmap's header says. */
interface Header {
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  readonly bits: number;
  /** Where the pixels begin, and the bytes of a row. */
  readonly start: number;
  readonly stride: number;
  /** [colours, 4]: blue, green, red, unused. */
  readonly palette: Uint8Array;
  /** Red, green and blue of a pixel of 16 or 32 bits. */
  readonly masks: readonly [number, number, number];
}

const [OLD_HEADER, HEADER] = [12, 40];
const [PLAIN, FIELDS, ALPHA_FIELDS] = [0, 3, 6];
const MASKS: Readonly<Record<number, readonly [number, number, number]>> = {
  16: [0x7c00, 0x03e0, 0x001f],
  32: [0xff0000, 0x00ff00, 0x0000ff],
};

/** Whether a file with these first bytes is a bitmap: "BM", and a header of a known length. */
export function isBitmap(bytes: Uint8Array): boolean {
  if (bytes.length < 18 || bytes[0] !== 0x42 || bytes[1] !== 0x4d) return false;
  const length = viewOf(bytes).getUint32(14, true);
  return length === OLD_HEADER || (length >= HEADER && length <= 124);
}

/**
 * Width, height and whether all colours are grey, from the header alone.
 * @throws Error in words, for a header that makes no sense
 */
export function bitmapFacts(bytes: Uint8Array): {
  readonly width: number;
  readonly height: number;
  readonly grey: boolean;
} {
  const { width, height, bits, palette } = headerOf(bytes);
  const colours = Array.from({ length: palette.length / 4 }, (_, i) => palette.subarray(4 * i, 4 * i + 3));
  return { width, height, grey: bits <= 8 && colours.every(([b, g, r]) => b === g && g === r) };
}

/** @throws Error in words, for what is compressed, cut off or makes no sense */
export function decodeBitmap(bytes: Uint8Array): Bitmap {
  const header = headerOf(bytes);
  const { width, height, topDown, bits, start, stride } = header;
  if (start + stride * height > bytes.length)
    throw new Error(`it ends at byte ${bytes.length}, and its rows need ${start + stride * height}`);
  const pixels = new Uint8Array(width * height * 3);
  const put = bits <= 8 ? fromPalette(header) : bits === 24 ? fromBytes : fromMasks(header);
  for (let y = 0; y < height; y++) {
    const row = bytes.subarray(start + stride * y, start + stride * (y + 1));
    const at = 3 * width * (topDown ? y : height - 1 - y);
    put(row, pixels.subarray(at, at + 3 * width));
  }
  return { width, height, pixels };
}

type PutRow = (row: Uint8Array, out: Uint8Array) => void;

const fromBytes: PutRow = (row, out) => {
  for (let at = 0; at < out.length; at += 3) for (let c = 0; c < 3; c++) out[at + c] = row[at + 2 - c]!;
};

function fromPalette({ bits, palette, width }: Header): PutRow {
  return (row, out) => {
    for (let x = 0; x < width; x++) {
      const place = x * bits;
      const index = (row[place >> 3]! >> (8 - bits - (place & 7))) & ((1 << bits) - 1);
      for (let c = 0; c < 3; c++) out[3 * x + c] = palette[4 * index + 2 - c] ?? 0;
    }
  };
}

function fromMasks({ bits, masks, width }: Header): PutRow {
  const parts = masks.map((mask) => {
    const shift = 31 - Math.clz32(mask & -mask);
    return { mask, shift, most: mask >>> shift || 1 };
  });
  return (row, out) => {
    const view = viewOf(row);
    for (let x = 0; x < width; x++) {
      const word = bits === 16 ? view.getUint16(2 * x, true) : view.getUint32(4 * x, true);
      for (const [c, { mask, shift, most }] of parts.entries())
        out[3 * x + c] = mask === 0 ? 0 : Math.round((((word & mask) >>> shift) * 255) / most);
    }
  };
}

function headerOf(bytes: Uint8Array): Header {
  if (!isBitmap(bytes) || bytes.length < 14 + HEADER) throw new Error('its header is cut off');
  const view = viewOf(bytes);
  const length = view.getUint32(14, true);
  const old = length === OLD_HEADER;
  const width = old ? view.getUint16(18, true) : view.getInt32(18, true);
  const signed = old ? view.getUint16(20, true) : view.getInt32(22, true);
  const height = Math.abs(signed);
  const bits = view.getUint16(old ? 24 : 28, true);
  const compression = old ? PLAIN : view.getUint32(30, true);
  if (width <= 0 || height === 0) throw new Error(`its header says ${width} x ${signed} pixels`);
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw new Error(`it has ${bits} bits a pixel`);
  const masked = compression === FIELDS || compression === ALPHA_FIELDS;
  if (!(compression === PLAIN || (masked && bits in MASKS)))
    throw new Error(`it is compressed by method ${compression}; only uncompressed BMP pictures are read`);
  const masks = masked
    ? ([54, 58, 62].map((at) => (at + 4 <= bytes.length ? view.getUint32(at, true) : 0)) as [number, number, number])
    : (MASKS[bits] ?? [0, 0, 0]);
  return {
    ...{ width, height, bits, masks },
    topDown: signed < 0,
    start: view.getUint32(10, true),
    stride: 4 * Math.ceil((width * bits) / 32),
    palette: bits <= 8 ? paletteOf(bytes, bits, 14 + length, old) : new Uint8Array(),
  };
}

/** An old header's colours have three bytes. */
function paletteOf(bytes: Uint8Array, bits: number, from: number, old: boolean): Uint8Array {
  const said = old ? 0 : viewOf(bytes).getUint32(46, true);
  const colours = said > 0 && said <= 1 << bits ? said : 1 << bits;
  const size = old ? 3 : 4;
  const palette = new Uint8Array(4 * colours);
  for (let i = 0; i < colours; i++) palette.set(bytes.subarray(from + size * i, from + size * i + 3), 4 * i);
  return palette;
}
