// Lists a folder of pictures: files in it and below it, in the order of their paths. Symbolic links
// to what lies in the folder are followed, others only when a person asks for that, since the
// folder may come from somebody else. Each folder is entered once, so that a circle of links ends.
// What is no regular file counts as broken, because a pipe would wait for ever. Names are bytes to
// the file system and need not be UTF-8. Files are opened by these bytes and shown as text.

import type { Stats } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { fileError } from '../platform/durable.ts';
import { sha256 } from '../platform/sha256.ts';
import { broken } from './broken.ts';
import { lastPart } from './form-file.ts';
import type { FormOptions } from './forms/form.ts';
import { fileOnDisk, headOf, isCandidate } from './loose.ts';
import { formatOf } from './picture-format.ts';
import { byName, byPath, type Container, classesOf, LARGEST_FILE, LARGEST_UNNAMED } from './supply.ts';
import { namesText, OUTSIDE, UnreadTally } from './unread.ts';

interface Found {
  /** Below the folder, parts joined by /. */
  readonly path: string;
  /** The whole path as the file system has it. */
  readonly file: Buffer;
  readonly size: number;
  readonly time: number;
  readonly regular: boolean;
  /** What keeps it from being read. */
  readonly fault: string | null;
}

/** What a folder below holds that is a run, whose pictures were made from the data. */
const RUN_PARTS = ['config.json', 'metrics.jsonl', 'checkpoints'];
/** Files asked for size and time at once. */
const STATS = 32;

/** @throws DcganError when it can't be listed */
export async function folderSupply(
  folder: string,
  name: string,
  { svg = false, followLinks = false, onNote }: Pick<FormOptions, 'svg' | 'followLinks' | 'onNote'>,
): Promise<Container> {
  const root = folder.replace(/(?<=.)\/+$/, '');
  const found: Found[] = [];
  const unread = new UnreadTally();
  const others: Found[] = [];
  const visited = new Set<string>();
  const followed: string[] = [];
  const runs: string[] = [];
  const folders: string[] = [];

  async function walk(at: Buffer, below: string): Promise<void> {
    const { dev, ino } = await stat(at);
    if (ino !== 0 && visited.has(`${dev}:${ino}`)) return;
    visited.add(`${dev}:${ino}`);
    const entries = await readdir(at, { encoding: 'buffer', withFileTypes: true });
    if (below !== '' && RUN_PARTS.every((part) => entries.some((entry) => entry.name.toString() === part))) {
      runs.push(below.slice(0, -1));
      return;
    }
    for (let i = 0; i < entries.length; i += STATS) {
      const looked = await Promise.all(
        entries.slice(i, i + STATS).map(async (entry) => {
          const path = `${below}${textOf(entry.name)}`;
          const file = Buffer.concat([at, SLASH, entry.name]);
          const outside = entry.isSymbolicLink() && (await leadsOut(file));
          return { path, file, outside, status: await stat(file).catch((error: unknown) => error as Error) };
        }),
      );
      for (const { path, file, outside, status } of looked) {
        if (outside && followLinks) followed.push(path);
        if (outside && !followLinks) unread.add(path, OUTSIDE);
        else if (!(status instanceof Error) && status.isDirectory()) {
          if (path.split('/').at(-1)!.startsWith('.')) unread.add(path);
          else {
            folders.push(path);
            await walk(file, `${path}/`).catch((error: NodeJS.ErrnoException) => {
              if (error.code !== 'EACCES' && error.code !== 'EPERM') throw error;
              // It counts as a broken picture, so that it is named and can be left out.
              found.push({ path: `${path}/`, file, size: 0, time: 0, regular: false, fault: faultOf(error) });
            });
          }
        } else if (isPicture(path, file, status, svg)) found.push({ path, file, ...described(status) });
        else {
          unread.add(path);
          others.push({ path, file, ...described(status) });
        }
      }
    }
  }

  let inside = '';
  async function leadsOut(link: Buffer): Promise<boolean> {
    // A link to nowhere is reported as what cannot be read.
    const target = await realpath(link, 'latin1').catch(() => null);
    return (
      target !== null && target !== inside && !target.startsWith(inside.endsWith(sep) ? inside : `${inside}${sep}`)
    );
  }

  try {
    inside = await realpath(root, 'latin1');
    await walk(Buffer.from(root), '');
  } catch (error) {
    const { path = folder } = error as { path?: string | Buffer };
    throw fileError('listed', typeof path === 'string' ? path : textOf(path), error);
  }
  if (followed.length > 0) onNote(`${followed.length} ${OUTSIDE}, followed: ${namesText(followed)}`);
  if (runs.length > 0) onNote(`pictures of runs are left out: ${namesText(runs.sort(byPath))}`);
  found.sort((a, b) => byPath(a.path, b.path));
  const classes = classesOf(found.map(({ path }) => path));
  if (classes.classes) noteEmpty(folders, found, classes.classes.names, onNote);
  const list = found.map(({ path, size, time }) => `${path}\0${size}\0${time}\n`).join('');
  return {
    name,
    form: 'folder',
    names: found.map(({ path }) => `${root}/${path}`),
    paths: found.map(({ path }) => path),
    ...classes,
    fingerprint: sha256(new TextEncoder().encode(list)),
    unread: unread.result(),
    async *pictures() {
      for (const [index, { path, file, size, fault }] of found.entries()) {
        const shown = `${root}/${path}`;
        const read = (): Promise<Uint8Array> => readPicture(file, shown, fault);
        yield { kind: 'encoded' as const, index, name: shown, size: fault === null ? size : 0, read };
      }
    },
    others: async (wanted = isCandidate) =>
      others
        .sort((a, b) => byPath(a.path, b.path))
        .filter(({ path, regular }) => regular && wanted(path))
        .map(({ path, file, size }) => fileOnDisk(`${root}/${path}`, path, file, size)),
  };
}

/** Names the folders beside those of classes that hold no picture. */
function noteEmpty(
  folders: readonly string[],
  found: readonly Found[],
  classes: readonly string[],
  onNote: (note: string) => void,
): void {
  const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);
  const parents = new Set(folders.filter((path) => classes.includes(lastPart(path))).map(parentOf));
  const filled = new Set(
    found.flatMap(({ path }) => [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index))),
  );
  const empty = folders.filter((path) => parents.has(parentOf(path)) && !filled.has(path)).sort(byPath);
  if (empty.length === 0) return;
  const hold =
    empty.length === 1 ? '1 folder holds no picture and is' : `${empty.length} folders hold no picture and are`;
  onNote(`${hold} no class: ${namesText(empty)}`);
}

/** By its name, else by its first bytes. */
function isPicture(path: string, file: Buffer, status: Stats | Error, svg: boolean): boolean {
  const named = byName(path, svg);
  if (named !== 'unknown') return named === 'picture';
  if (status instanceof Error || !status.isFile() || status.size > LARGEST_UNNAMED) return false;
  try {
    return formatOf(headOf(file)) !== null;
  } catch {
    return false; // It can't be read, and is counted among the files that are not.
  }
}

const SLASH = Buffer.from('/');

/**
 * A name as text: UTF-8 where it is that, else with `\xNN` for each byte that is not ASCII, so that
 * no two names are alike.
 */
function textOf(name: Buffer): string {
  const text = name.toString('utf8');
  if (Buffer.from(text).equals(name)) return text;
  return name.toString('latin1').replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
}

function described(status: Stats | Error): Omit<Found, 'path' | 'file'> {
  if (status instanceof Error) return { size: 0, time: 0, regular: false, fault: faultOf(status) };
  const { size, mtimeMs: time } = status;
  const tooLarge = size > LARGEST_FILE ? `it has ${size} bytes; at most ${LARGEST_FILE} are read` : null;
  const regular = status.isFile();
  return { size, time, regular, fault: regular ? tooLarge : 'it is not a regular file' };
}

function faultOf(error: NodeJS.ErrnoException): string {
  return fileError('read', 'it', error).complaint.what.replace(/^it can't be read: /, '');
}

/** Failures that say something about the machine and nothing about the picture. */
const OF_THE_MACHINE = ['EIO', 'EMFILE', 'ENFILE', 'ENOMEM', 'ENOSPC', 'ESTALE'];

/**
 * Reads the bytes of a picture. A picture that cannot be read counts as broken and may be left out.
 * @throws DcganError that ends the reading when the machine failed, since the picture may be good
 */
async function readPicture(file: Buffer, shown: string, fault: string | null): Promise<Uint8Array> {
  if (fault !== null) throw broken(shown, fault);
  try {
    return await readFile(file);
  } catch (error) {
    if (OF_THE_MACHINE.includes((error as NodeJS.ErrnoException).code ?? '')) throw fileError('read', shown, error);
    throw broken(shown, faultOf(error as NodeJS.ErrnoException), error);
  }
}
