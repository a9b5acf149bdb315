// From what a person typed after `--data` to images: a known name, a pack, a file of a form in the
// table (forms/table.ts), an archive or a folder. Files are known by their first bytes where these
// tell, since people rename. What a folder or an archive holds beside its pictures is told; where
// it holds no picture, the forms of the table are looked for in it, on the level nearest to its
// top.

import { statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import { commandLine } from '../platform/command.ts';
import { DcganError } from '../platform/errors.ts';
import { HARMLESS, MOST_RATIO, MOST_UNPACKED } from './archive-limits.ts';
import { folderSupply } from './folder.ts';
import { foreignOf } from './foreign.ts';
import type { FormFile } from './form-file.ts';
import type { Form, FormOptions, Opened } from './forms/form.ts';
import { beginsWithArray, npzForm } from './forms/npz.ts';
import { ARCHIVES, FORMS, isTar } from './forms/table.ts';
import { isGzip } from './gzip.ts';
import { sniffIdx } from './idx.ts';
import { openKnown } from './known.ts';
import { withLabelsBeside } from './labels-beside.ts';
import { fileInMemory, fileOnDisk } from './loose.ts';
import { isFolder, nameOf } from './open.ts';
import { openPack, readHeader } from './pack.ts';
import { isPack } from './pack-header.ts';
import { type Container, countTests, emptySupply } from './supply.ts';
import { unreadText, withoutFiles, withUnread } from './unread.ts';

export type RecognizeOptions = Omit<Partial<FormOptions>, 'onNote'> & {
  readonly onNote?: ((note: string) => void) | undefined;
};

/** An archive may lie in so many others; one that lies deeper is refused. */
const DEEPEST = 2;

/**
 * Finds out what `where` is, and opens it.
 * @throws DcganError that names the path or the file as it was given, and says what to do
 */
export async function recognize(where: string, options: RecognizeOptions = {}): Promise<Opened> {
  const onNote = options.onNote ?? (() => {});
  const heard: FormOptions = { ...options, onNote };
  const known = openKnown(where);
  if (known) return { form: 'known dataset', dataset: known };
  if (isFolder(where)) {
    const folder = await folderSupply(where, nameOf(where), heard);
    return openContainer(folder, { where: `the folder ${where}`, form: 'folder of pictures', within: 0 }, heard);
  }
  mustBeFile(where);
  const file = fileOnDisk(where, basename(where), where, statSync(where).size);
  if (isPack(file.head)) {
    await noteStaleness(where, onNote);
    return { form: 'pack', dataset: await openPack(where) };
  }
  return openFile(file, nameOf(where), heard, 0);
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

/** @param within archives that the file lies in */
async function openFile(file: FormFile, name: string, options: FormOptions, within: number): Promise<Opened> {
  const form = FORMS.find((one) => one.recognises(file));
  if (form) return form.open(form.choose([file, ...besideOf(file, form)], file.name), name, options);
  // Before names are believed: a web page may be called photos.zip or data.tar.
  const foreign = foreignOf(file.head, file.name);
  if (foreign) throw new DcganError({ what: `${file.name} is ${foreign.what}`, todo: foreign.todo });
  const inner = await unpacked(file);
  if (inner) return openFile(inner, name, options, within);
  const archive = ARCHIVES.find((one) => one.recognises(file));
  if (!archive) throw unknownFile(file);
  if (within > DEEPEST)
    throw new DcganError({
      what: `${file.name} is an archive in ${DEEPEST + 1} archives`,
      todo: 'Unpack the outer ones and give the inner one',
    });
  const container = await archive.list(file, name, options.svg);
  // Pictures count more than arrays: only where there are none is it a .npz under another name.
  if (container.names.length === 0 && beginsWithArray(file.head)) return npzForm.open([file], name, options);
  return openContainer(container, { where: file.name, form: archive.name, within: within + 1 }, options);
}

/** Files of the same form that belong to one given alone, such as its labels. */
function besideOf({ path, below }: FormFile, form: Form): FormFile[] {
  if (path === null) return [];
  const names = form.beside?.(below).filter((name) => name !== below) ?? [];
  return names.flatMap((name) => {
    const beside = join(dirname(path), name);
    const status = statSync(beside, { throwIfNoEntry: false });
    const file = status?.isFile() ? fileOnDisk(beside, name, beside, status.size) : null;
    return file && form.recognises(file) ? [file] : [];
  });
}

/**
 * What a gzipped file of a form in the table unpacks to; null for a .tar, and for anything else.
 */
async function unpacked({ name, below, head, size, read }: FormFile): Promise<FormFile | null> {
  if (!isGzip(head)) return null;
  let start: Uint8Array;
  try {
    start = gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: HARMLESS });
  } catch {
    return null;
  }
  const inner = { ...fileInMemory(name, below.replace(/\.gz$/i, ''), start), size };
  if (isTar(start) || !FORMS.some((form) => form.recognises(inner))) return null;
  const most = Math.min(MOST_UNPACKED, Math.max(HARMLESS, MOST_RATIO * size));
  try {
    return fileInMemory(name, inner.below, gunzipSync(await read(), { maxOutputLength: most }));
  } catch (cause) {
    throw new DcganError({
      what: `${name} can't be unpacked`,
      expected: `whole gzip data, of at most ${most} bytes`,
      got: (cause as Error).message,
      todo: 'Copy or download it again; if you trust it, unpack it yourself (gunzip --keep)',
      cause,
    });
  }
}

interface Place {
  /** As messages call it. */
  readonly where: string;
  readonly form: string;
  /** Archives that its files lie in. */
  readonly within: number;
}

async function openContainer(container: Container, place: Place, options: FormOptions): Promise<Opened> {
  const { names, unread } = container;
  if (names.length > 0 && !(await holdsBatches(container))) {
    const supply = await withLabelsBeside(container, options.onNote);
    if (supply.unread.count > 0) options.onNote(unreadText(supply.unread));
    noteTests(container.paths, options.onNote);
    return { form: place.form, supply };
  }
  const files = await container.others();
  const levels = [...new Set(files.map(depthOf))].sort((a, b) => a - b);
  for (const level of levels) {
    const here = files.filter((file) => depthOf(file) === level);
    for (const form of FORMS) {
      const found = here.filter((file) => form.recognises(file));
      if (found.length === 0) continue;
      const chosen = form.choose(found, place.where);
      const rest = withoutFiles(
        unread,
        chosen.map(({ below }) => below),
        names,
      );
      const read = chosen.map(({ below }) => below).join(', ');
      options.onNote(`${place.where} holds ${form.name}s; read: ${read}`);
      if (rest.count > 0) options.onNote(unreadText(rest));
      const opened = await form.open(chosen, container.name, options);
      return { ...opened, form: `${opened.form} in a ${place.form.replace(' of pictures', '')}`, unread: rest };
    }
    const archives = here.filter((file) => ARCHIVES.some((archive) => archive.recognises(file)));
    if (archives.length > 1) throw severalArchives(place, archives);
    if (archives[0]) {
      const rest = withoutFiles(unread, [archives[0].below], names);
      options.onNote(`${place.where} holds an archive; read: ${archives[0].below}`);
      if (rest.count > 0) options.onNote(unreadText(rest));
      const opened = await openFile(archives[0], container.name, options, place.within);
      return { ...opened, unread: opened.unread ? withUnread(rest, opened.unread) : rest };
    }
  }
  for (const { head, name } of files) {
    const foreign = foreignOf(head, name);
    if (foreign) throw new DcganError({ what: `${name} is ${foreign.what}`, todo: foreign.todo });
  }
  throw emptySupply(place.where, unread);
}

function depthOf({ below }: FormFile): number {
  return below.split('/').length;
}

/**
 * Whether IDX files or CIFAR's batches lie right in a folder: they are meant then, whatever
 * pictures lie beside them.
 */
async function holdsBatches(container: Container): Promise<boolean> {
  if (container.form !== 'folder') return false;
  const top = await container.others((path) => !path.includes('/') && !/\.(json|csv)$/i.test(path));
  return top.some(
    ({ below, head }) => sniffIdx(head)?.kind === 'images' || /^(data_batch_\d+|test_batch)\.bin$/i.test(below),
  );
}

function noteTests(paths: readonly string[], onNote: (note: string) => void): void {
  const tests = countTests(paths);
  if (tests > 0 && tests < paths.length)
    onNote(
      `${tests} of ${paths.length} pictures lie in folders for tests, and are read too; give the folder for training alone`,
    );
}

function severalArchives({ where }: Place, archives: readonly FormFile[]): DcganError {
  const names = archives.map(({ below }) => below);
  return new DcganError({
    what: `${where} holds no pictures, but several archives`,
    expected: 'pictures, or one archive',
    got: names.length > 8 ? `${names.slice(0, 8).join(', ')}, ...` : names.join(', '),
    todo: 'Give the path of the one you mean',
  });
}

function unknownFile({ name, head }: FormFile): DcganError {
  const picture = /\.(png|jpe?g|webp|gif|bmp|tiff?|avif|hei[cf])$/i.test(name);
  const start = [...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return new DcganError({
    what: picture ? `${name} is a single picture` : `${name} is in no form that is known (byte 0)`,
    expected:
      "a folder of pictures, a .zip or .tar of them, IDX, .npy, .npz, Parquet, a table of pixels, CIFAR's or STL-10's files, or a pack",
    got: picture ? 'one file' : head.length === 0 ? 'an empty file' : start,
    todo: picture ? 'Give the folder it lies in' : 'Give one of these; or convert the images to PNG, into a folder',
  });
}

/** A pack that somebody made stays usable when its source moves on, but they should know. */
async function noteStaleness(where: string, onNote: (note: string) => void): Promise<void> {
  const { source, shaping } = readHeader(where).header;
  const path = resolve(dirname(where), source.path);
  const status = statSync(path, { throwIfNoEntry: false });
  // Inside a folder, files change and its own time does not.
  if (!status || (status.isFile() && status.mtimeMs <= statSync(where).mtimeMs)) return;
  const reading = { ...source.reading, background: shaping.background };
  const found = await recognize(path, reading).catch(() => null);
  const now = found && ('supply' in found ? found.supply.fingerprint : found.dataset.sha256);
  if (now !== null && now !== source.fingerprint)
    onNote(`${path} has changed since ${where} was made from it; ${commandLine(['data', 'build'])} makes it again`);
}
