// Reads metrics.jsonl from a place on. A place names a file by its inode, and an offset just behind
// a line's end. Whoever was away asks for what came since, and gets every line once.
import type { FileHandle } from 'node:fs/promises';
import { METRICS_NAME } from '../../train/metrics.ts';
import type { MetricsPart } from '../api.ts';
import { ColumnsOf } from './columns.ts';
import { openInside } from './files.ts';

/** Bytes that are read at a time, and of which a part is made: 400 steps. */
const CHUNK = 1 << 16;
/** A longer line is none of ours. */
const LONGEST_LINE = 1 << 16;
const NEWLINE = 10;

export const START = '0:0';

interface Place {
  readonly file: string;
  readonly offset: number;
}

function parsePlace(place: string): Place {
  const [, file, offset] = /^(\d{1,20}):(\d{1,16})$/.exec(place) ?? [];
  return file === undefined ? { file: '0', offset: 0 } : { file, offset: Number(offset) };
}

/**
 * Reads the lines of a run's metrics from `place` on; returns null when there is nothing new. A
 * torn last line waits.
 */
export async function metricsFrom(root: string, parts: readonly string[], place: string): Promise<MetricsPart | null> {
  return (await readFrom(root, parts, place, Number.POSITIVE_INFINITY))?.part ?? null;
}

/**
 * Reads the same in parts of some hundred lines, so that a long run never lies in memory whole.
 * Ends where the file ended when the last part was read.
 */
export async function* metricsParts(
  root: string,
  parts: readonly string[],
  place: string,
): AsyncGenerator<MetricsPart> {
  for (let [from, more] = [place, true]; more; ) {
    const read = await readFrom(root, parts, from, CHUNK);
    if (!read) return;
    yield read.part;
    [from, more] = [read.part.place, read.more];
  }
}

interface Read {
  readonly part: MetricsPart;
  /** The part ends before the file does. */
  readonly more: boolean;
}

async function readFrom(root: string, parts: readonly string[], place: string, most: number): Promise<Read | null> {
  const file = await openInside(root, ...parts, METRICS_NAME);
  if (!file) return null;
  try {
    const status = await file.stat({ bigint: true });
    const asked = parsePlace(place);
    const same = asked.file === String(status.ino) && BigInt(asked.offset) <= status.size;
    if (same && BigInt(asked.offset) === status.size) return null;
    const lines = { from: same ? asked.offset : 0, size: Number(status.size), most };
    return await readLines(file, String(status.ino), lines, !same);
  } finally {
    await file.close();
  }
}

/** Reads lines up to `size`, or up to the first line's end behind `most` bytes. */
async function readLines(
  file: FileHandle,
  name: string,
  { from, size, most }: { readonly from: number; readonly size: number; readonly most: number },
  whole: boolean,
): Promise<Read | null> {
  const columns = new ColumnsOf();
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK, size - from));
  let [done, at, rest] = [from, from, ''];
  while (at < size && (at - from < most || columns.lines === 0)) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, size - at), at);
    if (bytesRead === 0) break;
    let begin = 0;
    for (let end = buffer.indexOf(NEWLINE); end >= 0 && end < bytesRead; end = buffer.indexOf(NEWLINE, begin)) {
      columns.add(rest + buffer.toString('utf8', begin, end));
      [rest, begin] = ['', end + 1];
    }
    if (begin > 0) done = at + begin;
    // A line that is longer than any of ours is kept only as far as it takes to be refused.
    rest = (rest + buffer.toString('utf8', begin, bytesRead)).slice(0, LONGEST_LINE);
    at += bytesRead;
  }
  if (columns.lines === 0 && !whole) return null;
  return { part: columns.part(`${name}:${done}`, whole), more: at < size };
}
