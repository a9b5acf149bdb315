// Makes datasets in a page, from arrays or from IDX files and packs that the page has fetched or a
// person has chosen.
import { Dataset, type DatasetParts } from '../data/dataset.ts';
import { isGzip } from '../data/gzip.ts';
import { DIMENSIONS, parsePlainIdx } from '../data/idx-plain.ts';
import { imagesLength, isPack, packedDataset, parseHeader, startOf } from '../data/pack-header.ts';
import { MemoryPixels } from '../data/pixel-source.ts';
import { commandLine } from '../platform/command.ts';
import { DcganError } from '../platform/errors.ts';

/**
 * Makes a dataset of images in memory: bytes, NHWC.
 * @throws DcganError for images that do not fill their shape
 */
export function from(parts: DatasetParts): Dataset {
  return new Dataset(parts);
}

/** Options of `datasets.idx`. */
export interface IdxOptions {
  /** The dataset's name, which errors also use. */
  readonly name?: string;
  /** The file of the labels. */
  readonly labels?: Blob | Uint8Array;
}

/**
 * Reads the images of an IDX file, such as MNIST's `train-images-idx3-ubyte`, plain or gzipped.
 * @param images the file: a Blob (from `fetch`, or a chosen File) or its bytes
 * @throws DcganError for a file that is not of this format, or that ends early
 */
export async function idx(images: Blob | Uint8Array, { name = 'images', labels }: IdxOptions = {}): Promise<Dataset> {
  const parsed = parsePlainIdx(await unpacked(images), name);
  if (parsed.kind === 'labels')
    throw new DcganError({
      what: `${name} holds labels, not images (byte 0)`,
      expected: 'magic number 00000803 or 00000804',
      got: '00000801',
      todo: 'Give the file of images',
    });
  const { data, count, height, width, channels } = parsed;
  const digits = labels && parsePlainIdx(await unpacked(labels), `labels of ${name}`).data;
  return new Dataset({ name, images: data, count, height, width, channels, ...(digits && { labels: digits }) });
}

/** Options of `datasets.open`. */
export interface OpenOptions {
  /** The file's name, which errors also use; a pack's dataset has the name that it was given. */
  readonly name?: string;
}

/**
 * Reads a file of images: a pack, which `dcgan data build` makes, or an IDX file.
 * @param file a Blob (from `fetch`, or a chosen File) or its bytes
 * @throws DcganError for a file that is neither, or that is damaged
 */
export async function open(file: Blob | Uint8Array, { name = 'images' }: OpenOptions = {}): Promise<Dataset> {
  const bytes = await unpacked(file);
  if (!isPack(bytes)) {
    const magic = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join('');
    if (DIMENSIONS.has(Number.parseInt(magic, 16))) return idx(bytes, { name });
    throw new DcganError({
      what: `${name} is no file of images that a page can read (byte 0)`,
      expected: 'a pack ("DCGANPAK") or an IDX file (00000803 or 00000804)',
      got: bytes.length === 0 ? 'an empty file' : magic,
      todo: `Make a pack of it in a terminal: ${commandLine(['data', 'build', 'PATH', '-o', 'FILE.pack'])}`,
    });
  }
  const start = startOf(bytes, bytes.length, name);
  const header = parseHeader(bytes.subarray(0, start), bytes.length, name);
  const body = bytes.subarray(start);
  const length = imagesLength(header);
  const labels = header.labels === null ? undefined : body.subarray(length);
  return packedDataset(header, new MemoryPixels(body.subarray(0, length)), labels, name);
}

async function unpacked(file: Blob | Uint8Array): Promise<Uint8Array> {
  const blob = file instanceof Blob ? file : new Blob([file.slice()]);
  const head = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  const stream = isGzip(head) ? blob.stream().pipeThrough(new DecompressionStream('gzip')) : blob.stream();
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
