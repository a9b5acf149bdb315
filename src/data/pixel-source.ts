// Says where a dataset's bytes lie: in memory, in a part of a file (file-pixels.ts), or in either
// of them seen in another way (the first images only, or each image followed by its mirror image).
// Nothing here needs Node, so pages use it too.

import { Sha256, sha256 } from '../platform/sha256.ts';

/** Where a dataset's bytes lie, when that is not an array. */
export interface PixelSource {
  /** Bytes in all. */
  readonly length: number;
  /** Reads begin and end at multiples of this many bytes. */
  readonly unit: number;
  /** SHA-256 of all of them, computed once. */
  readonly sha256: string;
  /**
   * Fills `out` with the bytes that begin at `offset`.
   * @throws DcganError for a file that cannot be read
   */
  read(offset: number, out: Uint8Array): void;
  /** All bytes: a view where they lie in memory, else a copy. */
  all(): Uint8Array;
}

/** Bytes hashed or copied at a time. */
const PIECE = 1 << 22;

export abstract class Source implements PixelSource {
  readonly length: number;
  readonly unit: number;
  #sha256: string | undefined;

  constructor(length: number, unit = 1) {
    this.length = length;
    this.unit = unit;
  }

  abstract read(offset: number, out: Uint8Array): void;

  get sha256(): string {
    this.#sha256 ??= this.digest();
    return this.#sha256;
  }

  protected digest(): string {
    const hash = new Sha256();
    const piece = new Uint8Array(Math.ceil(Math.min(PIECE, this.length) / this.unit) * this.unit);
    for (let at = 0; at < this.length; at += piece.length) {
      const part = piece.subarray(0, Math.min(piece.length, this.length - at));
      this.read(at, part);
      hash.update(part);
    }
    return hash.hex();
  }

  all(): Uint8Array {
    const bytes = new Uint8Array(this.length);
    this.read(0, bytes);
    return bytes;
  }
}

export class MemoryPixels extends Source {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    super(bytes.length);
    this.#bytes = bytes;
  }

  read(offset: number, out: Uint8Array): void {
    out.set(this.#bytes.subarray(offset, offset + out.length));
  }

  override all(): Uint8Array {
    return this.#bytes;
  }

  protected override digest(): string {
    return sha256(this.#bytes);
  }
}

/** The first `length` bytes of another source. */
export class FirstPixels extends Source {
  readonly #of: PixelSource;

  constructor(of: PixelSource, length: number) {
    super(length, of.unit);
    this.#of = of;
  }

  read(offset: number, out: Uint8Array): void {
    this.#of.read(offset, out);
  }

  override all(): Uint8Array {
    return this.#of instanceof MemoryPixels ? this.#of.all().subarray(0, this.length) : super.all();
  }
}

/** Each image of another source, followed by its mirror image. Its unit is an image. */
export class MirroredPixels extends Source {
  readonly #of: PixelSource;
  readonly #size: number;
  readonly #width: number;
  readonly #channels: number;

  constructor(of: PixelSource, size: number, width: number, channels: number) {
    super(2 * of.length, size);
    this.#of = of;
    this.#size = size;
    this.#width = width;
    this.#channels = channels;
  }

  read(offset: number, out: Uint8Array): void {
    const size = this.#size;
    for (let done = 0; done < out.length; done += size) {
      const index = (offset + done) / size;
      const image = out.subarray(done, done + size);
      this.#of.read((index >> 1) * size, image);
      if (index % 2 === 1) this.#mirror(image);
    }
  }

  #mirror(image: Uint8Array): void {
    const [width, channels] = [this.#width, this.#channels];
    for (let row = 0; row < image.length; row += width * channels) {
      for (let left = 0, right = width - 1; left < right; left++, right--) {
        for (let c = 0; c < channels; c++) {
          const [a, b] = [row + left * channels + c, row + right * channels + c];
          const kept = image[a]!;
          image[a] = image[b]!;
          image[b] = kept;
        }
      }
    }
  }
}
