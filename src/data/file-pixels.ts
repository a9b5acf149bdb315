// Gives access to images that lie in a part of a file. They are read by position, which serves
// datasets larger than memory: the operating system keeps what was read lately, as it would for a
// mapped file, and an image is one `pread` of some kilobytes.
//
// Source: POSIX.1-2017 pread().

import { closeSync, openSync, readSync } from 'node:fs';
import { fileError } from '../platform/durable.ts';
import { DcganError } from '../platform/errors.ts';
import { Source } from './pixel-source.ts';

const openFiles = new FinalizationRegistry<number>((fd) => closeSync(fd));

/** `length` bytes of a file from `start` on. The file stays open as long as anyone holds this. */
export class FilePixels extends Source {
  readonly #path: string;
  readonly #fd: number;
  readonly #start: number;
  readonly #known: string | undefined;

  /** @param known their SHA-256, where it was computed before */
  constructor(path: string, start: number, length: number, known?: string) {
    super(length);
    this.#known = known;
    this.#path = path;
    this.#start = start;
    try {
      this.#fd = openSync(path, 'r');
    } catch (error) {
      throw fileError('opened', path, error);
    }
    openFiles.register(this, this.#fd);
  }

  protected override digest(): string {
    return this.#known ?? super.digest();
  }

  read(offset: number, out: Uint8Array): void {
    for (let done = 0; done < out.length; ) {
      const position = this.#start + offset + done;
      let got = 0;
      try {
        got = readSync(this.#fd, out, done, out.length - done, position);
      } catch (error) {
        throw fileError('read', this.#path, error);
      }
      if (got === 0) {
        throw new DcganError({
          what: `${this.#path} has become shorter since it was opened (byte ${position})`,
          expected: `${this.#start + this.length} bytes`,
          todo: 'Leave the data alone while they are in use',
        });
      }
      done += got;
    }
  }
}
