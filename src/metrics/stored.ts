// Caches what is computed once for a dataset on a machine: features and floors. They depend only on
// the images and on the extractor, so they lie in the cache under the hash of both. A damaged or
// missing file costs only the time to compute it again.
import { join } from 'node:path';
import { encodeCheckpoint, verify } from '../checkpoint/checksum.ts';
import { decodeTensors, type StoredTensor, type TensorFile } from '../checkpoint/safetensors.ts';
import type { Dataset } from '../data/dataset.ts';
import { cacheFolder } from '../platform/cache.ts';
import { writeFileDurably } from '../platform/durable.ts';
import { DcganError } from '../platform/errors.ts';
import { evict, markUsed } from '../platform/evict.ts';
import { parseJson } from '../platform/json.ts';
import { sha256 } from '../platform/sha256.ts';
import { readTrusted } from '../platform/trusted.ts';
import { VERSION } from '../platform/version.ts';
import { type Extracted, type Extractor, type Features, infoOf } from './extractor.ts';
import { type ExtractionProgress, extractInParts } from './sets.ts';

/** Raised when the files' meaning changes. */
const FORMAT = 2;
const ENDING = '.features';
/** Results that took less time are not kept. */
const WORTH_SECONDS = 0.5;
const MOST_BYTES = 4e9;

/**
 * Returns features of images of the data, given by their indices, from the cache when it has them.
 */
export function storedExtraction(
  data: Dataset,
  indices: Uint32Array,
  extractor: Extractor,
  onProgress?: ExtractionProgress,
  worth = WORTH_SECONDS,
): Promise<Extracted> {
  const { name } = data;
  const images = (first: number, last: number): Float32Array => data.batch(indices.subarray(first, last));
  return stored(
    [...imagesKey(data, indices), ...extractorKey(extractor)],
    {
      encode: ({ features, logits }) => ({
        tensors: new Map([
          ['features', tensorOf(features)] as const,
          ...(logits ? [['logits', tensorOf(logits)] as const] : []),
        ]),
        metadata: { extractor: JSON.stringify(infoOf(extractor)) },
      }),
      decode: ({ tensors }) => {
        const of = (wanted: string): Features | null => {
          const tensor = tensors.get(wanted);
          return tensor ? { count: indices.length, width: tensor.shape[1]!, values: tensor.data } : null;
        };
        const features = of('features');
        if (!features || features.values.length !== features.count * features.width) return null;
        return { features, logits: of('logits') };
      },
    },
    () => extractInParts(extractor, { name, count: indices.length, images }, onProgress),
    worth,
  );
}

/**
 * Returns plain figures of data from the cache when it has them. The key holds all that decides
 * them.
 */
export function storedFigures<T>(key: readonly unknown[], make: () => Promise<T>, worth = WORTH_SECONDS): Promise<T> {
  return stored(
    ['figures', ...key],
    {
      encode: (figures) => ({ tensors: new Map(), metadata: { figures: JSON.stringify(figures) } }),
      decode: ({ metadata: { figures } }) => (figures === undefined ? null : (parseJson(figures) as T)),
    },
    make,
    worth,
  );
}

/** Returns the part of a key that identifies these images of these data. */
export function imagesKey({ sha256: hash, height, width, channels }: Dataset, indices: Uint32Array): unknown[] {
  return [
    hash,
    height,
    width,
    channels,
    sha256(new Uint8Array(indices.buffer, indices.byteOffset, indices.byteLength)),
  ];
}

export function extractorKey(extractor: Extractor): unknown[] {
  return [infoOf(extractor), extractor.computedBy];
}

/** How a value is stored in a file. */
interface Form<T> {
  encode(value: T): { readonly tensors: ReadonlyMap<string, StoredTensor>; readonly metadata: Record<string, string> };
  /** Returns null when the file lacks something. */
  decode(file: TensorFile): T | null;
}

async function stored<T>(key: readonly unknown[], form: Form<T>, make: () => Promise<T>, worth: number): Promise<T> {
  const path = placeOf(key);
  const kept = path === null ? null : read(path, form);
  if (kept) return kept;
  const started = performance.now();
  const made = await make();
  if (path !== null && performance.now() - started >= 1000 * worth) write(path, form.encode(made));
  return made;
}

function placeOf(key: readonly unknown[]): string | null {
  try {
    const { path } = cacheFolder('features');
    const text = JSON.stringify([FORMAT, VERSION, ...key]);
    return join(path, sha256(new TextEncoder().encode(text)).slice(0, 32) + ENDING);
  } catch (error) {
    if (error instanceof DcganError) return null;
    throw error;
  }
}

function read<T>(path: string, form: Form<T>): T | null {
  const bytes = readTrusted(path);
  if (bytes === null) return null;
  try {
    verify(bytes, path);
    const value = form.decode(decodeTensors(bytes, path));
    if (value !== null) markUsed(path);
    return value;
  } catch (error) {
    if (error instanceof DcganError) return null;
    throw error;
  }
}

function write(path: string, { tensors, metadata }: ReturnType<Form<unknown>['encode']>): void {
  try {
    writeFileDurably(path, encodeCheckpoint(tensors, metadata), { mode: 0o600 });
    evict(join(path, '..'), MOST_BYTES, ENDING);
  } catch (error) {
    // When the cache is full, only time is lost, and the evaluation continues.
    if (!(error instanceof DcganError)) throw error;
  }
}

function tensorOf({ count, width, values }: Features): StoredTensor {
  return { shape: [count, width], data: values };
}
