// Opens packs. A pack holds a whole dataset in one file that is read by position; pack-header.ts
// has its layout. It is made once from pictures that cost much to decode.
//
// A pack is checked whole when it is opened, because a flipped bit would be trained on in silence.
// Small packs are kept in memory, and large ones are read from disk. A large one is checked once on
// a host, and again when its file has changed.

import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { fileError } from '../platform/durable.ts';
import { finding, keepFinding } from '../platform/findings.ts';
import type { Dataset } from './dataset.ts';
import { FilePixels } from './file-pixels.ts';
import {
  imagesLength,
  type OpenedPack,
  type PackHeader,
  packedDataset,
  parseHeader,
  START,
  startOf,
} from './pack-header.ts';
import { MemoryPixels } from './pixel-source.ts';

export { encodeHeader, type PackHeader } from './pack-header.ts';

/** A pack or a .npy with more bytes of images than this is read from disk, image by image. */
export const IN_MEMORY = 512 * 2 ** 20;

/**
 * Reads a pack's header and checks its length against the file's.
 * @throws DcganError with file and byte
 */
export function readHeader(path: string): OpenedPack {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    const { size } = fstatSync(fd);
    const head = new Uint8Array(START);
    const start = startOf(head.subarray(0, readSync(fd, head, 0, START, 0)), size, path);
    const before = new Uint8Array(start);
    readSync(fd, before, 0, start, 0);
    return { header: parseHeader(before, size, path), start };
  } catch (error) {
    throw fileError('read', path, error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/**
 * @param inMemory images of more bytes than this stay on disk
 * @throws DcganError with file and byte for a pack that is damaged
 */
export async function openPack(path: string, inMemory = IN_MEMORY): Promise<Dataset> {
  const { header, start } = readHeader(path);
  const length = imagesLength(header);
  const onDisk = length > inMemory;
  const state = onDisk ? packState(path, header) : '';
  const known = onDisk && (await finding(state)) === header.images ? header.images : undefined;
  const file = new FilePixels(path, start, length, known);
  const images = onDisk ? file : new MemoryPixels(file.all());
  const labels = header.labels === null ? undefined : new FilePixels(path, start + length, header.count).all();
  const dataset = packedDataset(header, images, labels, path);
  // What changed while it was read is checked again the next time.
  if (onDisk && !known && packState(path, header) === state) await keepFinding(state, header.images);
  return dataset;
}

/**
 * Names a pack's file as it is now: a change of its bytes changes its times. A pack that stays on
 * disk is not read whole where the finding of this name is the SHA-256 of its images.
 */
export function packState(path: string, { images }: PackHeader): string {
  const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
  const state = ['pack', images, dev, ino, size, mtimeNs, ctimeNs].join(' ');
  return createHash('sha256').update(state).digest('hex');
}
