// Writes and reads packs. A pack holds a whole dataset in one file that is read by position. It is
// made once from pictures that cost much to decode.
//
//   8 bytes  "DCGANPAK"
//   uint32   length of the header, little-endian; the header ends at a multiple of 64
//   header   JSON, padded with spaces: version, name, shape, classes, the SHA-256 of images and
//            labels, where they came from, and the SHA-256 of all bytes before the images, which
//            is computed with zeros in its own place
//   images   uint8 [count, height, width, channels]
//   labels   uint8 [count], when there are classes
//
// A pack is checked whole when it is opened, because a flipped bit would be trained on in silence.
// Small packs are kept in memory, and large ones are read from disk. A large one is checked once on
// a host, and again when its file has changed. Version 1, which older
// releases wrote, has no checksum of its header and is still read. The header holds the fingerprint
// of the pack's source, which tells whether the pack is stale.

import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { z } from 'zod';
import { commandLine } from '../platform/command.ts';
import { fileError } from '../platform/durable.ts';
import { DcganError } from '../platform/errors.ts';
import { finding, keepFinding } from '../platform/findings.ts';
import { parseJson } from '../platform/json.ts';
import { clean, safeName } from '../platform/text.ts';
import { Dataset } from './dataset.ts';
import { FilePixels } from './file-pixels.ts';
import { FITS } from './image-options.ts';
import { MemoryPixels } from './pixel-source.ts';

const SIGNATURE = 'DCGANPAK';
const START = 12;
const ALIGNMENT = 64;
const LONGEST_HEADER = 1 << 20;
/** Characters of a name: more than any file system holds. */
const LONGEST_TEXT = 1000;
/** A pack or a .npy with more bytes of images than this is read from disk, image by image. */
export const IN_MEMORY = 512 * 2 ** 20;

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const side = z.int().min(1).max(65536);
const content = z.strictObject({
  name: z.string().max(LONGEST_TEXT),
  count: z.int().positive(),
  height: side,
  width: side,
  channels: z.union([z.literal(1), z.literal(3)]),
  classes: z.array(z.string().max(LONGEST_TEXT)).max(256).nullable(),
  images: digest,
  labels: digest.nullable(),
  /** Pictures of the source that were left out because they are broken. */
  skipped: z.int().min(0),
  /** Images that were left out because an earlier one is the same. */
  duplicates: z.int().min(0).optional(),
  shaping: z.strictObject({ fit: z.enum(FITS), background: z.string().max(LONGEST_TEXT) }),
  /** Where it was made from, seen from the pack's folder, and that source's state then. */
  source: z.strictObject({ path: z.string(), fingerprint: z.string() }),
});

const headerSchema = z.discriminatedUnion('version', [
  content.extend({ version: z.literal(1) }),
  content.extend({ version: z.literal(2), header: digest }),
]);

export type PackHeader = Readonly<z.infer<typeof content>>;

/** Stands for the header's own checksum while it is computed. */
const NO_DIGEST = '0'.repeat(64);

/** Whether a file that begins so is a pack. */
export function isPack(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(0, 8)).toString('latin1') === SIGNATURE;
}

/**
 * The file's first bytes; `room`: at least so long, so that a header known later fits where an
 * earlier one stood.
 */
export function encodeHeader(header: PackHeader, room = 0): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify({ version: 2, header: NO_DIGEST, ...header }));
  const length = Math.max(room, Math.ceil((START + json.length) / ALIGNMENT) * ALIGNMENT);
  const bytes = new Uint8Array(length).fill(0x20);
  bytes.set(new TextEncoder().encode(SIGNATURE));
  new DataView(bytes.buffer).setUint32(8, length - START, true);
  bytes.set(json, START);
  bytes.set(new TextEncoder().encode(headerDigest(bytes)), digestAt(bytes));
  return bytes;
}

/** Where the header's checksum stands, in what `encodeHeader` made. */
function digestAt(bytes: Uint8Array): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf('"header":"') + '"header":"'.length;
}

/** SHA-256 of all bytes before the images, with zeros in its own place. */
function headerDigest(bytes: Uint8Array): string {
  const zeroed = Uint8Array.from(bytes);
  zeroed.set(new TextEncoder().encode(NO_DIGEST), digestAt(bytes));
  return createHash('sha256').update(zeroed).digest('hex');
}

interface Opened {
  readonly header: PackHeader;
  /** Where the images begin. */
  readonly start: number;
}

/** A pack's header, its length checked against the file's. @throws DcganError with file and byte */
export function readHeader(path: string): Opened {
  const wrong = (what: string, byte: number, rest: { expected?: string; got?: string } = {}): DcganError =>
    new DcganError({
      what: `${path} ${what} (byte ${byte})`,
      ...rest,
      todo: `Build it again: ${commandLine(['data', 'build', 'PATH', '-o', 'FILE'])}`,
    });
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    const size = fstatSync(fd).size;
    const head = new Uint8Array(START);
    if (readSync(fd, head, 0, START, 0) < START || !isPack(head)) throw wrong('is not a pack', 0);
    const length = new DataView(head.buffer).getUint32(8, true);
    const start = START + length;
    if (length > LONGEST_HEADER || start > size)
      throw wrong('is truncated inside its header, or damaged', 8, {
        expected: `${size - START} bytes at most`,
        got: `${length}`,
      });
    const json = Buffer.alloc(length);
    readSync(fd, json, 0, length, START);
    const parsed = headerSchema.safeParse(jsonOf(json));
    if (!parsed.success)
      throw wrong('has a header that is damaged, or of another version', START, {
        got: parsed.error.issues[0]!.message,
      });
    const header = parsed.data;
    if (header.version === 2) {
      const got = headerDigest(Buffer.concat([head, json]));
      if (got !== header.header)
        throw wrong('is damaged: the SHA-256 of its header differs', START, { expected: header.header, got });
    }
    const expected = start + header.count * (header.height * header.width * header.channels + (header.labels ? 1 : 0));
    if (size !== expected)
      throw wrong(size < expected ? 'is truncated' : 'goes on after its last value', Math.min(size, expected), {
        expected: `${expected} bytes`,
        got: `${size} bytes`,
      });
    return { header, start };
  } catch (error) {
    throw fileError('read', path, error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return parseJson(bytes.toString('utf8'));
  } catch {
    return null;
  }
}

/**
 * @param inMemory images of more bytes than this stay on disk
 * @throws DcganError with file and byte for a pack that is damaged
 */
export async function openPack(path: string, inMemory = IN_MEMORY): Promise<Dataset> {
  const { header, start } = readHeader(path);
  const { count, height, width, channels, labels: labelDigest } = header;
  // Both are the words of whoever made the pack.
  const name = safeName(header.name);
  const classes = header.classes?.map(clean);
  const length = count * height * width * channels;
  const onDisk = length > inMemory;
  const state = onDisk ? packState(path, header) : '';
  const known = onDisk && (await finding(state)) === header.images ? header.images : undefined;
  const file = new FilePixels(path, start, length, known);
  const images = onDisk ? file : new MemoryPixels(file.all());
  let labels: Uint8Array | undefined;
  if (labelDigest !== null) labels = new FilePixels(path, start + length, count).all();
  const labelsGot = labels ? createHash('sha256').update(labels).digest('hex') : null;
  if (images.sha256 !== header.images || labelsGot !== labelDigest) {
    const of = images.sha256 !== header.images ? 'images' : 'labels';
    throw new DcganError({
      what: `${path} is damaged: the SHA-256 of its ${of} differs`,
      expected: (of === 'images' ? header.images : labelDigest) ?? 'none',
      got: (of === 'images' ? images.sha256 : labelsGot) ?? 'none',
      todo: `Build it again: ${commandLine(['data', 'build', 'PATH', '-o', 'FILE'])}`,
    });
  }
  // What changed while it was read is checked again the next time.
  if (onDisk && !known && packState(path, header) === state) await keepFinding(state, header.images);
  const shape = { name, images, count, height, width, channels };
  return new Dataset({ ...shape, ...(labels && { labels }), ...(classes && { classes }) });
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
