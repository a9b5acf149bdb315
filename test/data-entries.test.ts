// Nothing is left out in silence: whatever lies in a folder or an archive is an image, or broken and named, or counted as not read.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { Header } from 'tar';
import { expect, test } from 'vitest';
import { inspectData } from '../src/data/inspect.ts';
import { DcganError } from '../src/platform/errors.ts';
import { npy, npz } from './support/arrays.ts';
import { workInFolders } from './support/folders.ts';
import { noisy, png, zip } from './support/pictures.ts';

const work = workInFolders('work');

const PICTURE = await png(noisy(16, 1));
const JPEG = await noisy(16, 2).jpeg().toBuffer();
/** What may lie in a file. */
const CONTENTS = [
  PICTURE,
  JPEG,
  Buffer.from('hello'),
  Buffer.alloc(0),
  PICTURE.subarray(0, 60),
  Buffer.from('<!doctype html>'),
  Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16"><rect width="9" height="9"/></svg>'),
  npy('|u1', [1, 8, 8], new Uint8Array(64)),
  npz({ images: npy('|u1', [1, 8, 8], new Uint8Array(64)) }),
  Buffer.from('MATLAB 5.0 MAT-file'),
];
const NAMES = [
  'a.png',
  'b.JPG',
  'c',
  'd.jfif',
  'e.heic',
  'f.txt',
  '.hidden',
  'g.png.part',
  'h.svg',
  'i.bmp',
  'ü.png',
  'j.csv',
  'k.npy',
  'l.npz',
  'm.mat',
  'n.parquet',
];
const FOLDERS = ['', 'cats/', 'dogs/', 'cats/old/', '.git/', '__MACOSX/'];

interface Entry {
  readonly path: string;
  readonly data: Buffer;
}

/** Files by different paths. At least one is a picture, anywhere among them. */
const entries: fc.Arbitrary<Entry[]> = fc
  .tuple(
    fc.uniqueArray(
      fc.record({
        path: fc.tuple(fc.constantFrom(...FOLDERS), fc.constantFrom(...NAMES)).map((parts) => parts.join('')),
        data: fc.constantFrom(...CONTENTS),
      }),
      { maxLength: 12, selector: ({ path }) => path },
    ),
    fc.nat(),
  )
  .map(([found, place]) => found.toSpliced(place % (found.length + 1), 0, { path: 'cats/sure.png', data: PICTURE }));

/** Entries of a .tar that are no plain files. */
const SPECIAL = ['SymbolicLink', 'Link', 'CharacterDevice', 'FIFO'] as const;

function tarEntry({ path, data }: Entry, type: 'File' | (typeof SPECIAL)[number] = 'File'): Buffer {
  const block = Buffer.alloc(512);
  const size = type === 'File' ? data.length : 0;
  const header = new Header({
    path,
    size,
    type,
    mode: 0o644,
    mtime: new Date(0),
    ...(type.endsWith('Link') && { linkpath: 'elsewhere' }),
  });
  header.encode(block);
  return Buffer.concat([block, ...(size > 0 ? [data, Buffer.alloc((512 - (size % 512)) % 512)] : [])]);
}

/** Files that no form takes, also where there is no picture. */
const leftovers: fc.Arbitrary<Entry[]> = fc.uniqueArray(
  fc.record({
    path: fc
      .tuple(fc.constantFrom(...FOLDERS), fc.constantFrom('c', 'f.txt', '.hidden', 'g.png.part', 'h.svg', 'm.xml'))
      .map((parts) => parts.join('')),
    data: fc.constantFrom(Buffer.from('hello'), Buffer.alloc(0), Buffer.from('0 1 2\n')),
  }),
  { maxLength: 6, selector: ({ path }) => path },
);

function writeTree(folder: string, found: readonly Entry[]): void {
  mkdirSync(folder);
  for (const { path, data } of found) {
    mkdirSync(dirname(`${folder}/${path}`), { recursive: true });
    writeFileSync(`${folder}/${path}`, data);
  }
}

const zipOf = (found: readonly Entry[]): Buffer => zip(found.map(({ path, data }) => ({ name: path, data })));
const tarOf = (found: readonly Entry[]): Buffer =>
  Buffer.concat([...found.map((entry) => tarEntry(entry)), Buffer.alloc(1024)]);

/** Files that the notes say are not read, of all archives on the way, and how the reading ended. */
async function heard(where: string): Promise<{ unread: number; read: number; error: string }> {
  let unread = 0;
  const onNote = (note: string): void => {
    unread += Number(/^(\d+) files? (?:is|are) not read/.exec(note)?.[1] ?? 0);
    // A .zip that begins with an array is read as .npz, whose other entries are all named.
    unread += /; not read: (.*)$/.exec(note)?.[1]?.split(', ').length ?? 0;
  };
  const [read, error] = await inspectData(where, { onNote }).then(
    ({ count, broken }) => [count + broken.length, ''] as const,
    (failure: Error) => [0, failure.message] as const,
  );
  return { unread, read, error };
}

/** Images, broken files and files that are said not to be read. */
async function noted(where: string): Promise<number> {
  const { unread, read, error } = await heard(where);
  expect(error).toBe('');
  return read + unread;
}

/** How many files an error counts that says that there are no images. */
async function refused(where: string): Promise<number> {
  const text = await inspectData(where).then(
    () => '',
    (error: Error) => error.message,
  );
  expect(text).toContain('holds no images');
  const [, list = ''] = /only other files: ([^(.]*)/.exec(text) ?? [];
  return list.split(', ').reduce((sum, part) => sum + Number.parseInt(part || '0', 10), 0);
}

/** Images, broken files and files that are not read. */
async function counted(where: string, svg = false): Promise<number> {
  const { count, broken, unread } = await inspectData(where, { svg });
  expect(unread.kinds.reduce((sum, kind) => sum + kind.count, 0)).toBe(unread.count);
  return count + broken.length + unread.count;
}

/** Folders that begin with a dot are one entry, whatever lies in them. */
function entriesOfFolder(found: readonly Entry[]): number {
  const hidden = new Set(found.map(({ path }) => path).filter((path) => path.startsWith('.git/')));
  return found.length - hidden.size + Math.min(1, hidden.size);
}

let made = 0;

test('images and what is said not to be one are all entries: folders, .zip, .tar with links and devices', async () => {
  const property = async (found: Entry[], special: (typeof SPECIAL)[number], svg: boolean): Promise<void> => {
    const name = `${work.path}/t${made++}`;
    writeTree(name, found);
    expect(await counted(name, svg)).toBe(entriesOfFolder(found));
    writeFileSync(`${name}.zip`, zipOf(found));
    expect(await counted(`${name}.zip`, svg)).toBe(found.length);
    const odd = tarEntry({ path: 'dogs/odd.png', data: Buffer.alloc(0) }, special);
    const blocks = [...found.map((entry) => tarEntry(entry)), odd, Buffer.alloc(1024)];
    writeFileSync(`${name}.tar`, Buffer.concat(blocks));
    expect(await counted(`${name}.tar`, svg)).toBe(found.length + 1);
  };
  await fc.assert(fc.asyncProperty(entries, fc.constantFrom(...SPECIAL), fc.boolean(), property), { numRuns: 25 });
});

test('the same holds for an archive in an archive, for arrays, and where there is no picture', async () => {
  const property = async (inner: Entry[], outer: Entry[], isZip: boolean, place: number): Promise<void> => {
    const name = `${work.path}/t${made++}`;
    const pack = isZip ? zipOf : tarOf;
    const within = { path: isZip ? 'data/inner.tar' : 'data/inner.zip', data: isZip ? tarOf(inner) : zipOf(inner) };
    const among = (one: Entry): Entry[] => outer.toSpliced(place % (outer.length + 1), 0, one);
    const all = outer.length + inner.length;
    writeFileSync(`${name}.a`, pack(among(within)));
    expect(await noted(`${name}.a`)).toBe(all);
    writeTree(`${name}.f`, among(within));
    expect(await noted(`${name}.f`)).toBe(entriesOfFolder(outer) + inner.length);
    const array = among({ path: 'data/images.npy', data: npy('|u1', [1, 8, 8], new Uint8Array(64)) });
    writeFileSync(`${name}.b`, pack(array));
    expect(await noted(`${name}.b`)).toBe(outer.length + 1);
    writeFileSync(`${name}.c`, pack(outer));
    if (outer.length > 0) expect(await refused(`${name}.c`)).toBe(outer.length);
  };
  const runs = fc.asyncProperty(entries, leftovers, fc.boolean(), fc.nat(), property);
  await fc.assert(runs, { numRuns: 25 });
});

test('archives in archives are read down to the third, and a fourth is refused by its name, in folders too', async () => {
  const packs = { zip: zipOf, tar: tarOf, tgz: (found: readonly Entry[]) => gzipSync(tarOf(found)) };
  /** An archive, and files that lie beside it. */
  type Level = { readonly kind: keyof typeof packs; readonly beside: Entry[] };
  const property = async (inner: Entry[], levels: Level[], isFolder: boolean): Promise<void> => {
    const names = levels.map(({ kind }, i) => `in/${i}.${kind}`);
    // From the innermost archive outwards.
    const tree = levels.reduceRight(
      (within, { kind, beside }, i) => [...beside, { path: names[i]!, data: packs[kind](within) }],
      inner,
    );
    const where = `${work.path}/t${made++}`;
    if (isFolder) writeTree(where, tree);
    else writeFileSync(where, tree.at(-1)!.data);
    const besides = levels.slice(1, 4).reduce((sum, { beside }) => sum + beside.length, 0);
    const told = besides + (isFolder ? entriesOfFolder(levels[0]!.beside) : 0);
    const { unread, read, error } = await heard(where);
    const fourth = `${isFolder ? `${where}/${names[0]}` : where}: ${names.slice(1, 4).join(': ')}`;
    if (levels.length <= 3) expect([error, unread + read]).toEqual(['', told + inner.length]);
    else
      expect([error, unread + read]).toEqual([
        `${fourth} is an archive in 3 archives. Unpack the outer ones and give the inner one.`,
        told,
      ]);
  };
  const level = fc.record({ kind: fc.constantFrom('zip', 'tar', 'tgz'), beside: leftovers });
  const levels = fc.array(level, { minLength: 1, maxLength: 5 });
  await fc.assert(fc.asyncProperty(entries, levels, fc.boolean(), property), { numRuns: 50 });
});

test('a damaged archive is refused, or what is in it is all told', async () => {
  const whole = zip(CONTENTS.map((data, i) => ({ name: `${i}.png`, data })));
  const name = `${work.path}/damaged.zip`;
  const property = async (at: number, byte: number): Promise<void> => {
    const bytes = Buffer.from(whole);
    bytes[at % bytes.length] = byte;
    writeFileSync(name, bytes);
    try {
      expect(await counted(name)).toBe(CONTENTS.length);
    } catch (error) {
      if (!(error instanceof DcganError)) throw error;
    }
  };
  await fc.assert(fc.asyncProperty(fc.nat(), fc.nat({ max: 255 }), property), { numRuns: 100 });
});
