// Numbers of any type as bytes. A rule is chosen by the type and by the smallest and the largest of
// all values, and it is told to whoever reads the data, since another rule would give other images:
//   booleans              false is 0, true is 255
//   floats in [0, 1]      255 x
//   floats in [-1, 1]     127.5 x + 127.5
//   floats in [0, 255]    rounded, where the largest is 16 or more
//   integers in [0, 255]  as they are
//   other integers        of the fewest bits (10, 12, 14 or 16) that hold the largest, scaled to 8
// Values are scaled again whenever they are read, so that an array larger than memory stays on
// disk.

import { viewOf } from '../../platform/bytes.ts';
import { DcganError } from '../../platform/errors.ts';
import { type PixelSource, Source } from '../pixel-source.ts';

/** A type of NumPy's: `<f4`. */
export interface ValueType {
  readonly bytes: number;
  readonly kind: 'boolean' | 'integer' | 'float';
  /** `float32`, as NumPy calls it. */
  readonly shown: string;
  read(view: DataView, at: number): number;
}

type Getter = (view: DataView, at: number, little: boolean) => number;

const GETTERS: Readonly<Record<string, readonly [kind: ValueType['kind'], shown: string, get: Getter]>> = {
  b1: ['boolean', 'bool', (view, at) => view.getUint8(at)],
  u1: ['integer', 'uint8', (view, at) => view.getUint8(at)],
  i1: ['integer', 'int8', (view, at) => view.getInt8(at)],
  u2: ['integer', 'uint16', (view, at, little) => view.getUint16(at, little)],
  i2: ['integer', 'int16', (view, at, little) => view.getInt16(at, little)],
  u4: ['integer', 'uint32', (view, at, little) => view.getUint32(at, little)],
  i4: ['integer', 'int32', (view, at, little) => view.getInt32(at, little)],
  u8: ['integer', 'uint64', (view, at, little) => Number(view.getBigUint64(at, little))],
  i8: ['integer', 'int64', (view, at, little) => Number(view.getBigInt64(at, little))],
  f2: ['float', 'float16', (view, at, little) => half(view.getUint16(at, little))],
  f4: ['float', 'float32', (view, at, little) => view.getFloat32(at, little)],
  f8: ['float', 'float64', (view, at, little) => view.getFloat64(at, little)],
};

/** The type that NumPy writes so (`|u1`, `>f4`); null for one that holds no real numbers. */
export function valueType(descr: string): ValueType | null {
  const [, order, code = ''] = /^([<>|=])?([a-z]\d)$/.exec(descr) ?? [];
  const found = Object.hasOwn(GETTERS, code) ? GETTERS[code] : undefined;
  if (!found) return null;
  const [kind, shown, get] = found;
  const little = order !== '>';
  return { bytes: Number(code[1]), kind, shown, read: (view, at) => get(view, at, little) };
}

/** IEEE 754's binary16. */
function half(word: number): number {
  const sign = word & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(word >> 10) & 31, word & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** Values read at a time while their range is found. */
const PIECE = 1 << 18;
const BITS = [10, 12, 14, 16];
/** Floats whose largest is below this are no images of values up to 255. */
const DARK = 16;

/** A rule, and the words that a note says about it. */
interface Rule {
  readonly scale: number;
  readonly shift: number;
  readonly said: string | null;
}

/**
 * Values as bytes.
 * @param raw the values' bytes, in any shape
 * @param name of the array, for messages
 * @throws DcganError for a value that is not finite, and for a range that no rule fits
 */
export function bytesOf(raw: PixelSource, type: ValueType, name: string, onNote: (note: string) => void): PixelSource {
  if (type.shown === 'uint8') return raw;
  const { scale, shift, said } = ruleFor(type, rangeOf(raw, type, name), name);
  if (said !== null) onNote(`${name} holds ${type.shown} ${said}`);
  return new ScaledPixels(raw, type, scale, shift);
}

interface Range {
  readonly least: number;
  readonly most: number;
}

function rangeOf(raw: PixelSource, type: ValueType, name: string): Range {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const count = raw.length / type.bytes;
  const piece = new Uint8Array(Math.min(PIECE, count) * type.bytes);
  for (let at = 0; at < count; at += PIECE) {
    const part = piece.subarray(0, Math.min(PIECE, count - at) * type.bytes);
    raw.read(at * type.bytes, part);
    const view = viewOf(part);
    for (let i = 0; i < part.length; i += type.bytes) {
      const value = type.read(view, i);
      if (!Number.isFinite(value))
        throw new DcganError({
          what: `${name} holds a value that is not finite (value ${at + i / type.bytes})`,
          expected: 'finite numbers',
          got: String(value),
          todo: 'Remove the images that hold such values: images[numpy.isfinite(images.reshape(len(images), -1)).all(axis=1)]',
        });
      if (value < least) least = value;
      if (value > most) most = value;
    }
  }
  return { least, most };
}

function ruleFor({ kind, shown }: ValueType, { least, most }: Range, name: string): Rule {
  if (kind === 'boolean') return { scale: 255, shift: 0, said: 'values: false becomes 0 and true becomes 255' };
  const range = `values from ${short(least)} to ${short(most)}`;
  if (kind === 'float' && least >= 0 && most <= 1)
    return { scale: 255, shift: 0, said: `${range}: 0 becomes 0 and 1 becomes 255` };
  if (kind === 'float' && least >= -1 && most <= 1)
    return { scale: 127.5, shift: 127.5, said: `${range}: -1 becomes 0 and 1 becomes 255` };
  // Images of floats in [0, 1] reach a little further after they were scaled up; rounded they
  // would be black.
  if (least >= 0 && most <= 255 && !(kind === 'float' && most < DARK))
    return { scale: 1, shift: 0, said: kind === 'float' ? `${range}, which are rounded` : null };
  const bits = kind === 'integer' && least >= 0 ? BITS.find((n) => most < 2 ** n) : undefined;
  if (bits !== undefined)
    return {
      ...{ scale: 255 / (2 ** bits - 1), shift: 0 },
      said: `${range}, which are taken for ${bits} bits: ${2 ** bits - 1} becomes 255`,
    };
  throw new DcganError({
    what: `${name} holds ${shown} values in a range that no rule fits`,
    expected:
      kind === 'float' ? 'a range within [0, 1], [-1, 1] or [0, 255]' : 'integers from 0 to 255, or to 65535 at most',
    got: `${short(least)} to ${short(most)}`,
    todo: `${kind === 'float' && least > -0.5 && most < 1.5 ? 'Cut them: images = images.clip(0, 1); or scale' : 'Scale'} them: images = (images - images.min()) / (images.max() - images.min())`,
  });
}

function short(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

/** Each value of another source, `scale` times as large and `shift` added, rounded to a byte. */
class ScaledPixels extends Source {
  readonly #raw: PixelSource;
  readonly #type: ValueType;
  readonly #scale: number;
  readonly #shift: number;

  constructor(raw: PixelSource, type: ValueType, scale: number, shift: number) {
    super(raw.length / type.bytes);
    this.#raw = raw;
    this.#type = type;
    this.#scale = scale;
    this.#shift = shift;
  }

  read(offset: number, out: Uint8Array): void {
    const { bytes } = this.#type;
    const raw = new Uint8Array(Math.min(PIECE, out.length) * bytes);
    for (let done = 0; done < out.length; done += PIECE) {
      const part = raw.subarray(0, Math.min(PIECE, out.length - done) * bytes);
      this.#raw.read((offset + done) * bytes, part);
      const view = viewOf(part);
      for (let i = 0; i * bytes < part.length; i++)
        out[done + i] = Math.min(
          255,
          Math.max(0, Math.round(this.#scale * this.#type.read(view, i * bytes) + this.#shift)),
        );
    }
  }
}
