// Counts what lies among pictures and is not read as one. Such files are counted by kind, and the
// first of them are named, in a note of training and in the report of `data inspect`. So nothing is
// left out in silence.

/** Files that are not read, by kind, the most frequent first. */
export interface Unread {
  readonly count: number;
  readonly kinds: readonly { readonly kind: string; readonly count: number }[];
  /** The first names, in the order in which they were found. */
  readonly first: readonly string[];
}

export const NOTHING_UNREAD: Unread = { count: 0, kinds: [], first: [] };

/** More names are kept than are shown, since some of the files may be read after all. */
const KEPT = 16;
const NAMED = 3;
const KINDS_NAMED = 6;

/** Returns the first of `count` names as text: `a.bmp, b.bmp, c.bmp, ...`. */
export function namesText(first: readonly string[], count = first.length): string {
  const names = first.slice(0, NAMED);
  return [...names, ...(count > names.length ? ['...'] : [])].join(', ');
}
/** Endings of pictures that are known and not read, or that have a usual name. */
const KINDS: Readonly<Record<string, string>> = { heif: 'HEIC', heic: 'HEIC', hif: 'HEIC' };
/** The kind of symbolic links that lead out of the folder of data. */
export const OUTSIDE = 'links out of the folder';
/** How to make pictures of such a kind readable. */
const ADVICE: Readonly<Record<string, string>> = {
  HEIC: 'HEIC pictures become JPEG by heif-convert IN.heic OUT.jpg',
  [OUTSIDE]: 'such links are followed with --follow-links',
  SVG: 'SVG pictures are read with --svg',
};

/** Returns how to make files of these kinds readable, as far as there is a way. */
export function adviceOn({ kinds }: Pick<Unread, 'kinds'>): string[] {
  return kinds.flatMap(({ kind }) => ADVICE[kind] ?? []);
}

/** The same for a single file, by its name. */
export function adviceOnFile(path: string): string[] {
  return kindOf(path) === 'SVG' ? [] : adviceOn({ kinds: [{ kind: kindOf(path), count: 1 }] });
}

/** Counts files that are not read, as they are found. */
export class UnreadTally {
  readonly #kinds = new Map<string, number>();
  readonly #first: string[] = [];
  #count = 0;

  /**
   * @param path of the file, parts joined by `/`
   * @param kind what it is; default: what its name says
   */
  add(path: string, kind = kindOf(path)): void {
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1);
    if (this.#first.length < KEPT) this.#first.push(path);
    this.#count++;
  }

  result(): Unread {
    const kinds = byCount([...this.#kinds].map(([kind, count]) => ({ kind, count })));
    return { count: this.#count, kinds, first: this.#first };
  }
}

/** The same without `paths`, which are read after all, and with `added`. */
export function withoutFiles(unread: Unread, paths: readonly string[], added: readonly string[] = []): Unread {
  const counts = new Map(unread.kinds.map(({ kind, count }) => [kind, count]));
  const change = (path: string, by: number): void => {
    counts.set(kindOf(path), (counts.get(kindOf(path)) ?? 0) + by);
  };
  for (const path of paths) change(path, -1);
  for (const path of added) change(path, 1);
  const kinds = [...counts].flatMap(([kind, count]) => (count > 0 ? [{ kind, count }] : []));
  const first = [...unread.first.filter((path) => !paths.includes(path)), ...added].slice(0, KEPT);
  return { count: unread.count - paths.length + added.length, kinds: byCount(kinds), first };
}

/** What is not read in two places together. */
export function withUnread(unread: Unread, more: Unread): Unread {
  const counts = new Map(unread.kinds.map(({ kind, count }) => [kind, count]));
  for (const { kind, count } of more.kinds) counts.set(kind, (counts.get(kind) ?? 0) + count);
  const kinds = byCount([...counts].map(([kind, count]) => ({ kind, count })));
  return { count: unread.count + more.count, kinds, first: [...unread.first, ...more.first].slice(0, KEPT) };
}

function byCount(kinds: { kind: string; count: number }[]): { kind: string; count: number }[] {
  return kinds.sort((a, b) => b.count - a.count || (a.kind < b.kind ? -1 : 1));
}

/**
 * `3 files are not read: 2 BMP, 1 TXT (a.bmp, b.bmp, notes.txt)`, and how to convert such pictures.
 */
export function unreadText(unread: Unread): string {
  const { count } = unread;
  const files = count === 1 ? 'file is' : 'files are';
  return [`${count} ${files} not read: ${unreadList(unread)}`, ...adviceOn(unread)].join('; ');
}

/** `2 BMP, 1 TXT (a.bmp, b.bmp, notes.txt)`. */
export function unreadList({ count, kinds, first }: Unread): string {
  const more = kinds.slice(KINDS_NAMED).reduce((sum, kind) => sum + kind.count, 0);
  const list = kinds.slice(0, KINDS_NAMED).map((kind) => `${kind.count} ${kind.kind}`);
  if (more > 0) list.push(`${more} of other kinds`);
  const names = namesText(first, count);
  return names === '' ? list.join(', ') : `${list.join(', ')} (${names})`;
}

/** A file's kind by its name: its ending in capitals. */
function kindOf(path: string): string {
  const parts = path.split('/');
  if (parts.some((part) => /^\.[^./]|^__MACOSX$/.test(part))) return 'hidden';
  const [, ending] = /\.([a-z0-9]{1,8})$/i.exec(parts.at(-1)!) ?? [];
  if (ending === undefined) return 'without an ending';
  return KINDS[ending.toLowerCase()] ?? ending.toUpperCase();
}
