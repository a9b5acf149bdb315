// Describes what every form of data is before it becomes a dataset: a list of pictures, each with
// the bytes of a file that is still to be decoded, or with pixels. They are handed over one after
// another, so that a hundred thousand of them never lie in memory together.

import { DcganError } from '../platform/errors.ts';
import type { FormFile } from './form-file.ts';
import { adviceOn, OUTSIDE, type Unread, unreadList } from './unread.ts';

export interface Supply {
  /** Short, fit for a folder's name. */
  readonly name: string;
  /** What it is, for people: `folder`, `zip archive`, `IDX` ... */
  readonly form: string;
  /** Names of all pictures, in their order. */
  readonly names: readonly string[];
  /** The class of each picture, and the classes' names; null where there are none. */
  readonly classes: Classes | null;
  /** Why there are no classes; null where there are some. */
  readonly whyNoClasses: string | null;
  /** Changes when the source does: names, sizes and times of change. */
  readonly fingerprint: string;
  /** Files that are no pictures by their names. */
  readonly unread: Unread;
  /** The pictures from the first on, in their order; may be called again. */
  pictures(): AsyncIterable<Supplied>;
}

/** A folder or an archive: pictures, which there may be none of, and other files. */
export interface Container extends Supply {
  /** The pictures' paths in it, parts joined by `/`. */
  readonly paths: readonly string[];
  /** Other files, by their paths; default: those that may be data of another form. */
  others(wanted?: (path: string) => boolean): Promise<FormFile[]>;
}

/** One picture: encoded, or pixels. */
export type Supplied = EncodedPicture | RawPicture;

export interface EncodedPicture {
  readonly kind: 'encoded';
  readonly index: number;
  /** Its path as a person would write it: `photos/cats/1.png`, `photos.zip: cats/1.png`. */
  readonly name: string;
  /** How many bytes the file has. */
  readonly size: number;
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
/**
 * Folders that part the same pictures for training and testing, alone or with what they have in
 * common: `train` and `test`, `seg_train` and `seg_test`, `train2017` and `val2017`.
 */
const SPLIT = /^(.*[ _-])?(train|training|test|testing|val|valid|validation|dev|pred)([ _-].*|\d+)?$/i;

/** Whether these folders are splits and no classes. */
function areSplits(folders: ReadonlySet<string>): boolean {
  const commons = [...folders].map((folder) => {
    const [, before = '', split, after = ''] = SPLIT.exec(folder) ?? [];
    return split === undefined ? null : `${before}/${after}`;
  });
  return !commons.includes(null) && new Set(commons).size === 1;
}

/** How many of the pictures at `paths` lie in folders that are splits and not for training. */
export function countTests(paths: readonly string[]): number {
  const split = paths.map((path) => path.split('/').slice(0, -1));
  const longest = split.reduce((most, { length }) => Math.max(most, length), 0);
  for (let depth = 0; depth < longest; depth++) {
    const at = new Set(split.map((folders) => folders[depth] ?? ''));
    if (at.size === 1) continue;
    if (!areSplits(at)) break;
    return split.filter((folders) => !/train/i.test(SPLIT.exec(folders[depth]!)![2]!)).length;
  }
  return split.filter((folders) => folders.some((name) => /^(test|testing|val|valid|validation)$/i.test(name))).length;
}
/** A file larger than this is taken for a mistake, or an attack. */
export const LARGEST_FILE = 256 * 2 ** 20;

/** Endings of files that are certainly no pictures, or pictures that are not read. */
const OTHER =
  /\.(txt|md|rst|html?|xml|ya?ml|jsonl?|csv|tsv|py|pyc|ipynb|m|mat|log|pdf|docx?|np[yz]|parquet|bin|gz|bz2|xz|zst|7z|rar|zip|tar|tgz|pack|pkl|pickle|safetensors|onnx|pth?|h5|hei[cf]|hif|svg|psd|mp[34]|mov|avi|wav|ini|db|sh|exe|js|ts|css|sig|sha256|md5)$/i;
/** A file of an unknown ending that is larger than this is not looked into. */
export const LARGEST_UNNAMED = 64 * 2 ** 20;

/** What a file's name says: a picture, none, or that its first bytes must be asked. */
export type ByName = 'picture' | 'other' | 'unknown';

/**
 * @param svg whether SVG files are wanted; what a picture really is, its first bytes say
 * (decode.ts)
 */
export function byName(path: string, svg = false): ByName {
  const parts = path.split('/');
  if (parts.some((part) => /^\.[^./]|^__MACOSX$/.test(part))) return 'other';
  const last = parts.at(-1)!;
  if (/\.(png|jpe?g|jpe|jfif|webp|gif|tiff?|avif|bmp|dib)$/i.test(last) || (svg && /\.svg$/i.test(last)))
    return 'picture';
  return last === '' || OTHER.test(last) ? 'other' : 'unknown';
}

export function emptySupply(where: string, unread: Unread): DcganError {
  return new DcganError({
    what: `${where} holds no images`,
    expected: 'PNG, JPEG, WebP, GIF, TIFF, AVIF or BMP files, also in subfolders',
    got: unread.count === 0 ? 'nothing' : `only other files: ${unreadList(unread)}`,
    todo:
      unread.kinds[0]?.kind === OUTSIDE
        ? 'Give the folder that the links lead to, or follow them: --follow-links'
        : [...adviceOn(unread), 'Check the path, or convert the images to PNG'].join('. '),
  });
}

/** The classes of pictures, or why there are none. */
export type ClassesOrWhy =
  | { readonly classes: Classes; readonly whyNoClasses: null }
  | { readonly classes: null; readonly whyNoClasses: string };

/**
 * Subfolders are classes: the first folder in which paths (parts joined by /) differ. There are
 * none when a picture lies in none, when there is one class only, and when there are more than a
 * byte can tell apart.
 */
export function classesOf(paths: readonly string[]): ClassesOrWhy {
  const none = (whyNoClasses: string): ClassesOrWhy => ({ classes: null, whyNoClasses });
  const split = paths.map((path) => path.split('/').slice(0, -1));
  const [first] = split;
  if (!first) return none('there are no pictures');
  let depth = 0;
  while (first[depth] !== undefined && split.every((folders) => folders[depth] === first[depth])) depth++;
  // A split is no class: train/cats, train/dogs, test/cats, test/dogs have the classes cats and
  // dogs.
  while (areSplits(new Set(split.map((folders) => folders[depth] ?? '')))) depth++;
  const found = split.map((folders) => folders[depth]);
  if (found.every((name) => name === undefined))
    return none(depth === 0 ? 'no picture lies in a subfolder' : `all pictures lie in one folder, ${first.join('/')}`);
  const stray = found.filter((name) => name === undefined).length;
  if (stray > 0) {
    const lies = stray === 1 ? 'lies in no folder of a class: move it into one, or remove it' : lyingOutside(stray);
    return none(`${paths[found.indexOf(undefined)]} ${lies}`);
  }
  return labelled(found as string[], 'folders');
}

function lyingOutside(count: number): string {
  return `and ${count - 1} more lie in no folder of a class: move them into one, or remove them`;
}

/**
 * Labels from the class name of each picture, in the names' order; names that are whole numbers are
 * in the order of these.
 * @param what the names are of, for the reason why there are too many
 */
export function labelled(found: readonly string[], what: string): ClassesOrWhy {
  const names = [...new Set(found)].sort(byPath);
  // Folders 0 to 11 in this order, and not 0, 1, 10, 11, 2.
  if (names.every((name) => /^\d{1,15}$/.test(name))) names.sort((a, b) => Number(a) - Number(b) || byPath(a, b));
  if (names.length < 2) return { classes: null, whyNoClasses: `all pictures are of one class, ${names[0]}` };
  if (names.length > MOST_CLASSES)
    return {
      classes: null,
      whyNoClasses: `${names.length} ${what} are more classes than the ${MOST_CLASSES} that can be told apart`,
    };
  const byName = new Map(names.map((name, label) => [name, label]));
  return { classes: { names, labels: Uint8Array.from(found, (name) => byName.get(name)!) }, whyNoClasses: null };
}

/** A path's order among others: by its bytes' code points, the same in every locale. */
export function byPath(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
