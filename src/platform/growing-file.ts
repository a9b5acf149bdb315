// A file that only grows while a run trains. What a failing disk does not take is kept in memory
// and written before what comes after it, so nothing that was added is lost.
import { closeSync, constants, existsSync, fstatSync, fsyncSync, ftruncateSync, openSync, statSync } from 'node:fs';
import { fileError, writeAll } from './durable.ts';

/** The run may come from somebody else: no link is followed, and no pipe is waited for. */
const APPEND =
  constants.O_WRONLY |
  constants.O_APPEND |
  constants.O_CREAT |
  (constants.O_NOFOLLOW ?? 0) |
  (constants.O_NONBLOCK ?? 0);

export class GrowingFile {
  readonly #path: string;
  /**
   * The number of bytes that were written completely. Bytes beyond it belong to a write that
   * failed.
   */
  #bytes: number;
  #waiting: Uint8Array[] = [];

  constructor(path: string) {
    this.#path = path;
    this.#bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** @throws DcganError when the bytes could not be written yet */
  add(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#write(false);
  }

  /**
   * When this returns, everything that was added is on the disk. @throws DcganError when it is not
   */
  sync(): void {
    if (this.#waiting.length > 0 || existsSync(this.#path)) this.#write(true);
  }

  #write(sync: boolean): void {
    let fd: number | undefined;
    try {
      fd = openSync(this.#path, APPEND, 0o666);
      const { size } = fstatSync(fd);
      if (size > this.#bytes) ftruncateSync(fd, this.#bytes);
      const bytes = Buffer.concat(this.#waiting);
      writeAll(fd, bytes);
      this.#bytes = Math.min(size, this.#bytes) + bytes.length;
      this.#waiting = [];
      if (sync) fsyncSync(fd);
    } catch (error) {
      throw fileError('written', this.#path, error);
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }
}
