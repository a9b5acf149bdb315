// What every form of data is before it is a data set: a list of pictures, each a file's bytes still to be decoded or pixels
// already, handed over one after another, so that a hundred thousand of them never lie in memory together.

import { DcganError } from '../platform/errors.ts';
import { type Unread, unreadList } from './unread.ts';

export interface Supply {
  /** Short, fit for a folder's name. */
  readonly name: string;
  /** What it is, for people: `folder`, `zip archive`, `IDX` ... */
  readonly form: string;
  /** Names of all pictures, in their order. */
  readonly names: readonly string[];
  /** The class of each picture, and the classes' names; null where there are none. */
  readonly classes: Classes | null;
  /** Changes when the source does: names, sizes and times of change. */
  readonly fingerprint: string;
  /** Files that are no pictures by their names. */
  readonly unread: Unread;
  /** The pictures from the first on, in their order; may be called again. */
  pictures(): AsyncIterable<Supplied>;
}

/** One picture: encoded, or pixels. */
export type Supplied = EncodedPicture | RawPicture;

export interface EncodedPicture {
  readonly kind: 'encoded';
  readonly index: number;
  /** Its path as a person would write it: `photos/cats/1.png`, `photos.zip: cats/1.png`. */
  readonly name: string;
  /** The file's bytes. @throws DcganError that names it */
  read(): Promise<Uint8Array>;
}

export interface RawPicture {
  readonly kind: 'raw';
  readonly index: number;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** [height, width, channels] */
  readonly pixels: Uint8Array;
}

export interface Classes {
  readonly names: readonly string[];
  /** [count], an index into `names` for each picture. */
  readonly labels: Uint8Array;
}

const MOST_CLASSES = 256;
/** Folders that part the same pictures for training and testing. */
const SPLIT = /^(train|training|test|testing|val|valid|validation)$/i;
/** A file larger than this is taken for a mistake, or an attack. */
export const LARGEST_FILE = 256 * 2 ** 20;

/** What is read as a picture, by its name; what it really is, its first bytes say (decode.ts). */
export function isPictureName(path: string): boolean {
  const parts = path.split('/');
  if (parts.some((part) => /^\.[^./]|^__MACOSX$/.test(part))) return false;
  return /\.(png|jpe?g|jpe|jfif|webp|gif|tiff?|avif)$/i.test(parts.at(-1)!);
}

export function emptySupply(where: string, unread: Unread): DcganError {
  return new DcganError({
    what: `${where} holds no images`,
    expected: 'PNG, JPEG, WebP, GIF, TIFF or AVIF files, by their names, also in subfolders',
    got: unread.count === 0 ? 'nothing' : `only other files: ${unreadList(unread)}`,
    todo: 'Check the path, or convert the images to PNG',
  });
}

/**
 * Subfolders are classes: the first folder in which paths (parts joined by /) differ. Null when a picture lies in none,
 * when there is one class only, and when there are more than a byte can tell apart.
 */
export function classesOf(paths: readonly string[]): Classes | null {
  const split = paths.map((path) => path.split('/').slice(0, -1));
  const [first] = split;
  if (!first) return null;
  let depth = 0;
  while (first[depth] !== undefined && split.every((folders) => folders[depth] === first[depth])) depth++;
  // A split is no class: train/cats, train/dogs, test/cats, test/dogs have the classes cats and dogs.
  if (split.every((folders) => SPLIT.test(folders[depth] ?? ''))) depth++;
  const found = split.map((folders) => folders[depth]);
  if (found.includes(undefined)) return null;
  const names = [...new Set(found as string[])].sort(byPath);
  // Folders 0 to 11 in this order, and not 0, 1, 10, 11, 2.
  if (names.every((name) => /^\d{1,15}$/.test(name))) names.sort((a, b) => Number(a) - Number(b) || byPath(a, b));
  if (names.length < 2 || names.length > MOST_CLASSES) return null;
  const byName = new Map(names.map((name, label) => [name, label]));
  return { names, labels: Uint8Array.from(found, (name) => byName.get(name!)!) };
}

/** A path's order among others: by its bytes' code points, the same in every locale. */
export function byPath(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
