// From what a person typed after `--data` to a Dataset, whatever it is. Forms are tried in this order: a known name, a pack,
// IDX, CIFAR-10, .npy, .zip, .tar, a folder. Files are known by their first bytes, since people rename. What is an array
// already is read as it is, unless another size or other channels are asked for; pictures are packed into the cache first,
// and the pack is used as long as its source and the options stay the same.

import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { cacheFolder } from '../platform/cache.ts';
import { commandLine } from '../platform/command.ts';
import { DcganError, usage } from '../platform/errors.ts';
import { evict, keepInUse, markUsed } from '../platform/evict.ts';
import { safeName } from '../platform/text.ts';
import { isTrustedFile } from '../platform/trusted.ts';
import { type Built, type PackProgress, settle, writePack } from './build.ts';
import { cifarFilesIn, isCifarName, openCifar } from './cifar.ts';
import { Dataset } from './dataset.ts';
import { FilePixels } from './file-pixels.ts';
import { folderSupply } from './folder.ts';
import { foreignOf } from './foreign.ts';
import { sniffIdx } from './idx.ts';
import { checkDataOptions, type DataOptions } from './image-options.ts';
import { isKnown, openKnown } from './known.ts';
import { decodeNpyHead, isNpy } from './npy.ts';
import { headOf, idxFilesIn, isFolder, nameOf, openIdxFile, openIdxFolder } from './open.ts';
import { packTarget, refuseSource, writePackInto } from './output.ts';
import { IN_MEMORY, isPack, openPack, readHeader } from './pack.ts';
import { MemoryPixels } from './pixel-source.ts';
import type { Supply } from './supply.ts';
import { tableSupply } from './table.ts';
import { unreadText } from './unread.ts';

/** Options of `datasets.load` and `datasets.pack`. */
export interface LoadOptions extends DataOptions {
  /** Called while pictures are read. */
  readonly onProgress?: ((progress: PackProgress) => void) | undefined;
  /** What a person should know and nothing fails for: pictures left out, a pack older than its source. */
  readonly onNote?: ((note: string) => void) | undefined;
  /** Aborting ends the reading with an error. */
  readonly signal?: AbortSignal | undefined;
}

/** What a path turned out to be. */
export type Found =
  | { readonly form: string; readonly dataset: Dataset }
  | { readonly form: string; readonly supply: Supply };

const NAMED_SKIPPED = 5;

/**
 * Opens any data.
 * @param where a known name or a path, as it was given; a folder called mnist is `./mnist`
 * @throws DcganError that names the path or the file as it was given, and a way on
 */
export async function loadDataset(where = 'mnist', options: LoadOptions = {}): Promise<Dataset> {
  checkDataOptions(options);
  const found = await recognize(where, options.onNote);
  noteUnread(found, options);
  const dataset =
    'dataset' in found ? await asAsked(found.dataset, where, options) : await packed(found.supply, where, options);
  // What is resized from a known dataset comes from a pack, which does not know.
  const known = isKnown(where) ? dataset.knownAs(where) : dataset;
  return options.flip ? known.mirrored() : known;
}

/** An array as it is, or, when another shape is asked for, as pictures are. */
async function asAsked(dataset: Dataset, where: string, options: LoadOptions): Promise<Dataset> {
  const { size = dataset.width, channels = dataset.channels } = options;
  const square = dataset.width === dataset.height;
  if (square && size === dataset.width && channels === dataset.channels) return dataset;
  return packed(tableSupply(dataset, where), where, options);
}

/** Finds out what `where` is. */
export async function recognize(where: string, onNote: (note: string) => void = () => {}): Promise<Found> {
  const known = openKnown(where);
  if (known) return { form: 'known data set', dataset: known };
  if (isFolder(where)) return recognizeFolder(where);
  mustBeFile(where);
  const head = headOf(where);
  refuseForeign(where, head);
  if (isPack(head)) {
    await noteStaleness(where, onNote);
    return { form: 'pack', dataset: openPack(where) };
  }
  if (sniffIdx(head)) return { form: 'IDX file', dataset: openIdxFile(where) };
  if (isCifarName(where)) return { form: 'CIFAR-10 file', dataset: openCifar([where], nameOf(where)) };
  if (isNpy(head)) return { form: '.npy file', dataset: openNpy(where, head) };
  if (head[0] === 0x50 && head[1] === 0x4b && (head[2] === 3 || head[2] === 5)) {
    const { zipSupply } = await import('./zip.ts');
    return { form: 'zip archive', supply: await zipSupply(where, nameOf(where)) };
  }
  const tar = Buffer.from(head.subarray(257, 262)).toString('latin1') === 'ustar';
  if (tar || (head[0] === 0x1f && head[1] === 0x8b) || /\.(tar|tgz|tar\.gz)$/i.test(where)) {
    const { tarSupply } = await import('./tar.ts');
    return { form: 'tar archive', supply: await tarSupply(where, nameOf(where)) };
  }
  throw unknownFile(where, head);
}

async function recognizeFolder(folder: string): Promise<Found> {
  if (idxFilesIn(folder).length > 0) return { form: 'folder with IDX files', dataset: openIdxFolder(folder) };
  const batches = cifarFilesIn(folder);
  if (batches.length > 0) return { form: 'folder with CIFAR-10 files', dataset: openCifar(batches, nameOf(folder)) };
  return { form: 'folder of pictures', supply: await folderSupply(folder, nameOf(folder)) };
}

/** A pipe or a device would be waited for, or never end. */
function mustBeFile(where: string): void {
  if (statSync(where).isFile()) return;
  throw new DcganError({
    what: `${where} is neither a file nor a folder`,
    expected: 'a regular file or a folder',
    todo: 'Save the data to a file first',
  });
}

function openNpy(file: string, head: Uint8Array): Dataset {
  const { start, count, height, width, channels } = decodeNpyHead(head, statSync(file).size, file);
  const pixels = new FilePixels(file, start, count * height * width * channels);
  const images = pixels.length <= IN_MEMORY ? new MemoryPixels(pixels.all()) : pixels;
  return new Dataset({ name: nameOf(file), images, count, height, width, channels });
}

/** Before names are believed: a web page may be called photos.zip or data.tar. */
function refuseForeign(where: string, head: Uint8Array): void {
  const foreign = foreignOf(head, where);
  if (foreign) throw new DcganError({ what: `${where} is ${foreign.what}`, todo: foreign.todo });
}

function unknownFile(where: string, head: Uint8Array): DcganError {
  const picture = /\.(png|jpe?g|webp|gif)$/i.test(where);
  const start = [...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return new DcganError({
    what: picture ? `${where} is a single picture` : `${where} is in no form that is known (byte 0)`,
    expected: "a folder of pictures, a .zip or .tar of them, IDX, .npy, CIFAR-10's .bin or a pack",
    got: picture ? 'one file' : head.length === 0 ? 'an empty file' : start,
    todo: picture ? 'Give the folder it lies in' : 'Give one of these; or convert the images to PNG, into a folder',
  });
}

/** A pack that somebody made stays usable when its source moves on, but they should know. */
async function noteStaleness(where: string, onNote: (note: string) => void): Promise<void> {
  const { source } = readHeader(where).header;
  const path = resolve(dirname(where), source.path);
  const status = statSync(path, { throwIfNoEntry: false });
  // Inside a folder, files change and its own time does not.
  if (!status || (status.isFile() && status.mtimeMs <= statSync(where).mtimeMs)) return;
  const found = await recognize(path).catch(() => null);
  const now = found && ('supply' in found ? found.supply.fingerprint : found.dataset.sha256);
  if (now !== null && now !== source.fingerprint)
    onNote(`${path} has changed since ${where} was made from it; ${commandLine(['data', 'build'])} makes it again`);
}

/** The pack of a supply in the cache: made now, unless it is there and still true. */
async function packed(supply: Supply, where: string, options: LoadOptions): Promise<Dataset> {
  const { skipBroken = false } = options;
  const shaping = await settle(supply, options);
  const { size, fit, channels, background } = shaping;
  const key = createHash('sha256')
    .update(JSON.stringify([supply.form, resolve(where), size, fit, channels, background, skipBroken]))
    .digest('hex');
  const { path: folder } = cacheFolder('data');
  const file = join(folder, `${safeName(supply.name)}-${key.slice(0, 16)}.pack`);
  // Before it is looked at, so that nobody evicts it meanwhile.
  keepInUse(file);
  const kept = reuse(file, supply.fingerprint);
  if (kept) {
    markUsed(file);
    return kept;
  }
  const built = await writePack(supply, file, relative(folder, resolve(where)), {
    ...options,
    ...shaping,
    mode: 0o600,
  });
  noteSkipped(built, options);
  const dataset = openPack(file);
  evict(folder);
  return dataset;
}

function reuse(file: string, fingerprint: string): Dataset | null {
  if (!isTrustedFile(file)) return null;
  try {
    return readHeader(file).header.source.fingerprint === fingerprint ? openPack(file) : null;
  } catch (error) {
    if (error instanceof DcganError) return null; // damaged: it is ours, and is made again
    throw error;
  }
}

function noteUnread(found: Found, { onNote }: LoadOptions): void {
  if (!('supply' in found)) return;
  const { unread, names } = found.supply;
  if (unread.count > 0) onNote?.(unreadText(unread));
  const tests = names.filter((name) => /[/ ](test|testing|val|valid|validation)\//i.test(name)).length;
  if (tests > 0 && tests < names.length)
    onNote?.(
      `${tests} of ${names.length} pictures lie in folders for tests, and are read too; give the folder for training alone`,
    );
}

function noteSkipped({ skipped }: Built, { onNote }: LoadOptions): void {
  for (const { complaint } of skipped.slice(0, NAMED_SKIPPED)) onNote?.(`left out: ${complaint.what}`);
  if (skipped.length > NAMED_SKIPPED) onNote?.(`left out: ${skipped.length - NAMED_SKIPPED} more broken files`);
}

/**
 * Packs any data into one file, to be given as `--data FILE`.
 * @throws DcganError as loadDataset; wrong usage when the file is the source
 */
export async function buildPack(where: string, output: string, options: LoadOptions = {}): Promise<Built> {
  checkDataOptions(options);
  if (options.flip)
    throw usage({ what: 'a pack holds no mirror images', todo: 'Leave --flip out, and give it when training' });
  refuseSource(where, output);
  const target = packTarget(output);
  const found = await recognize(where, options.onNote);
  noteUnread(found, options);
  const supply = 'supply' in found ? found.supply : tableSupply(found.dataset, where);
  refuseSource(where, output, supply.names);
  const source = relative(dirname(resolve(output)), resolve(where));
  const built =
    target.how === 'replaced'
      ? await writePack(supply, target.path, source, options)
      : await writePackInto(supply, target.path, source, options);
  noteSkipped(built, options);
  return built;
}
