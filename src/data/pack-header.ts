// The header of a pack, and a pack whose bytes are all there.
//
//   8 bytes  "DCGANPAK"
//   uint32   length of the header, little-endian; the header ends at a multiple of 64
//   header   JSON, padded with spaces: version, name, shape, classes, the SHA-256 of images and
//            labels, where they came from, and the SHA-256 of all bytes before the images, which
//            is computed with zeros in its own place
//   images   uint8 [count, height, width, channels]
//   labels   uint8 [count], when there are classes
//
// Version 1, which older releases wrote, has no checksum of its header and is still read. The
// header holds the fingerprint of the pack's source, which tells whether the pack is stale. Nothing
// here needs Node, so pages use it too.

import * as z from 'zod';
import { commandLine } from '../platform/command.ts';
import { DcganError } from '../platform/errors.ts';
import { parseJson } from '../platform/json.ts';
import { sha256 } from '../platform/sha256.ts';
import { clean, safeName } from '../platform/text.ts';
import { Dataset } from './dataset.ts';
import { FITS } from './image-options.ts';
import type { PixelSource } from './pixel-source.ts';

const SIGNATURE = 'DCGANPAK';
/** Bytes before the header: the signature and the header's length. */
export const START = 12;
const ALIGNMENT = 64;
const LONGEST_HEADER = 1 << 20;
/** Characters of a name: more than any file system holds. */
const LONGEST_TEXT = 1000;

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const side = z.int().min(1).max(65536);
/** Options on which it depends what is found in a source. */
const readingSchema = z.strictObject({
  key: z.string().max(LONGEST_TEXT).optional(),
  transpose: z.boolean().optional(),
  svg: z.boolean().optional(),
  followLinks: z.boolean().optional(),
});

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
  /** Images of which each is the first frame of several; left out where there are none. */
  several: z.int().min(1).optional(),
  shaping: z.strictObject({ fit: z.enum(FITS), background: z.string().max(LONGEST_TEXT) }),
  /**
   * Where it was made from, seen from the pack's folder, that source's state then, and how it was
   * read, where that was asked for.
   */
  source: z.strictObject({ path: z.string(), fingerprint: z.string(), reading: readingSchema.optional() }),
});

const headerSchema = z.discriminatedUnion('version', [
  content.extend({ version: z.literal(1) }),
  content.extend({ version: z.literal(2), header: digest }),
]);

/** What a header says of its pack. */
export type PackHeader = Readonly<z.infer<typeof content>>;

/** Stands for the header's own checksum while it is computed. */
const NO_DIGEST = '0'.repeat(64);

/** Whether a file with these first bytes is a pack. */
export function isPack(head: Uint8Array): boolean {
  return new TextDecoder('latin1').decode(head.subarray(0, SIGNATURE.length)) === SIGNATURE;
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
  const [text, sign] = [new TextDecoder('latin1').decode(bytes), '"header":"'];
  return text.indexOf(sign) + sign.length;
}

/** SHA-256 of all bytes before the images, with zeros in its own place. */
function headerDigest(bytes: Uint8Array): string {
  const zeroed = Uint8Array.from(bytes);
  zeroed.set(new TextEncoder().encode(NO_DIGEST), digestAt(bytes));
  return sha256(zeroed);
}

/** A pack's header, and where its images begin. */
export interface OpenedPack {
  readonly header: PackHeader;
  readonly start: number;
}

const todo = (): string => `Build it again: ${commandLine(['data', 'build', 'PATH', '-o', 'FILE'])}`;

/**
 * Returns where the images begin.
 * @param head the file's first bytes, `START` of them at least unless the file is shorter
 * @param size bytes of the whole file
 * @param path the file as the person gave it, for the errors
 * @throws DcganError with file and byte
 */
export function startOf(head: Uint8Array, size: number, path: string): number {
  if (head.length < START || !isPack(head)) throw wrong(path, 'is not a pack', 0);
  const length = new DataView(head.buffer, head.byteOffset).getUint32(8, true);
  if (length > LONGEST_HEADER || START + length > size)
    throw wrong(path, 'is truncated inside its header, or damaged', 8, {
      expected: `${size - START} bytes at most`,
      got: `${length}`,
    });
  return START + length;
}

/**
 * Returns the header, with the file's length checked.
 * @param bytes all bytes before the images
 * @param size bytes of the whole file
 * @param path the file as the person gave it, for the errors
 * @throws DcganError with file and byte
 */
export function parseHeader(bytes: Uint8Array, size: number, path: string): PackHeader {
  const parsed = headerSchema.safeParse(jsonOf(bytes.subarray(START)));
  if (!parsed.success)
    throw wrong(path, 'has a header that is damaged, or of another version', START, {
      got: parsed.error.issues[0]!.message,
    });
  const header = parsed.data;
  if (header.version === 2) {
    const got = headerDigest(bytes);
    if (got !== header.header)
      throw wrong(path, 'is damaged: the SHA-256 of its header differs', START, { expected: header.header, got });
  }
  const expected = bytes.length + bodyLength(header);
  if (size !== expected)
    throw wrong(path, size < expected ? 'is truncated' : 'goes on after its last value', Math.min(size, expected), {
      expected: `${expected} bytes`,
      got: `${size} bytes`,
    });
  return header;
}

/**
 * Returns the dataset of a pack's images and labels, both checked.
 * @throws DcganError where they are not those that were packed
 */
export function packedDataset(
  { name, classes, ...header }: PackHeader,
  images: PixelSource,
  labels: Uint8Array | undefined,
  path: string,
): Dataset {
  const labelsGot = labels ? sha256(labels) : null;
  if (images.sha256 !== header.images || labelsGot !== header.labels) {
    const of = images.sha256 !== header.images ? 'images' : 'labels';
    throw new DcganError({
      what: `${path} is damaged: the SHA-256 of its ${of} differs`,
      expected: (of === 'images' ? header.images : header.labels) ?? 'none',
      got: (of === 'images' ? images.sha256 : labelsGot) ?? 'none',
      todo: todo(),
    });
  }
  const { count, height, width, channels } = header;
  // Both are the words of whoever made the pack.
  const words = { name: safeName(name), ...(classes && { classes: classes.map(clean) }) };
  return new Dataset({ ...words, images, count, height, width, channels, ...(labels && { labels }) });
}

/** Bytes of all images. */
export const imagesLength = ({ count, height, width, channels }: PackHeader): number =>
  count * height * width * channels;

const bodyLength = (header: PackHeader): number => imagesLength(header) + (header.labels ? header.count : 0);

const wrong = (path: string, what: string, byte: number, rest: { expected?: string; got?: string } = {}): DcganError =>
  new DcganError({ what: `${path} ${what} (byte ${byte})`, ...rest, todo: todo() });

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return parseJson(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}
