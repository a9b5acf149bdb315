// Features of data, taken once a machine: they depend on the images and the extractor alone, so they lie in the cache under the
// hash of both. A file that is damaged or missing costs the time of taking them again, no more.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKSUM_PLACE, seal, verify } from '../checkpoint/checksum.ts';
import { decodeTensors, encodeTensors } from '../checkpoint/safetensors.ts';
import type { Dataset } from '../data/dataset.ts';
import { evict, markUsed } from '../data/evict.ts';
import { cacheFolder } from '../platform/cache.ts';
import { readFile, writeFileDurably } from '../platform/durable.ts';
import { DcganError } from '../platform/errors.ts';
import { sha256 } from '../platform/sha256.ts';
import { type Extracted, type Extractor, type ExtractorInfo, type Features, infoOf } from './extractor.ts';
import { type ExtractionProgress, extractInParts } from './sets.ts';

/** Raised when files of before mean something else. */
const FORMAT = 1;
const ENDING = '.features';
/** What takes less is not kept. */
const WORTH_SECONDS = 0.5;
const MOST_BYTES = 4e9;

/** Features of images of the data, by their indices; from the cache where it has them. */
export async function storedExtraction(
  data: Dataset,
  indices: Uint32Array,
  extractor: Extractor,
  onProgress?: ExtractionProgress,
  worth = WORTH_SECONDS,
): Promise<Extracted> {
  const path = placeOf(data, indices, extractor);
  const kept = path === null ? null : read(path, indices.length);
  if (kept) return kept;
  const started = performance.now();
  const found = await extractInParts(
    extractor,
    { name: data.name, count: indices.length, images: (first, last) => data.batch(indices.subarray(first, last)) },
    onProgress,
  );
  if (path !== null && performance.now() - started >= 1000 * worth) write(path, found, infoOf(extractor));
  return found;
}

function placeOf(data: Dataset, indices: Uint32Array, extractor: Extractor): string | null {
  try {
    const folder = cacheFolder('features').path;
    const { height, width, channels } = data;
    const which = sha256(new Uint8Array(indices.buffer, indices.byteOffset, indices.byteLength));
    const key = [FORMAT, data.sha256, height, width, channels, which, infoOf(extractor), extractor.computedBy];
    return join(folder, sha256(new TextEncoder().encode(JSON.stringify(key))).slice(0, 32) + ENDING);
  } catch (error) {
    if (error instanceof DcganError) return null;
    throw error;
  }
}

function read(path: string, count: number): Extracted | null {
  if (!existsSync(path)) return null;
  try {
    const bytes = readFile(path);
    verify(bytes, path);
    const { tensors } = decodeTensors(bytes, path);
    const of = (name: string): Features | null => {
      const tensor = tensors.get(name);
      return tensor ? { count, width: tensor.shape[1]!, values: tensor.data } : null;
    };
    const features = of('features');
    if (!features || features.values.length !== count * features.width) return null;
    markUsed(path);
    return { features, logits: of('logits') };
  } catch (error) {
    if (error instanceof DcganError) return null;
    throw error;
  }
}

function write(path: string, { features, logits }: Extracted, info: ExtractorInfo): void {
  const tensor = ({ count, width, values }: Features) => ({ shape: [count, width], data: values });
  const tensors = new Map([
    ['features', tensor(features)] as const,
    ...(logits ? [['logits', tensor(logits)] as const] : []),
  ]);
  const metadata = { extractor: JSON.stringify(info), ...CHECKSUM_PLACE };
  try {
    writeFileDurably(path, seal(encodeTensors(tensors, metadata)));
    evict(join(path, '..'), MOST_BYTES, ENDING);
  } catch (error) {
    // A full cache costs time, not the evaluation.
    if (!(error instanceof DcganError)) throw error;
  }
}
