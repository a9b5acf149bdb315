// Labels that lie in a file beside pictures: dataset.json as StyleGAN's tools write it, whose
// folders are shards and no classes, and a table with a column of file names and a column of
// labels. Source: NVIDIA, stylegan3, dataset_tool.py ("labels": [["00000/img00000000.png", 6],
// ...]).

import { parseJson } from '../platform/json.ts';
import type { FormFile } from './form-file.ts';
import { type ClassesOrWhy, type Container, labelled, type Supply } from './supply.ts';
import { withoutFiles } from './unread.ts';

const JSON_NAME = /(^|\/)dataset\.json$/;
const TABLE = /\.(csv|tsv)$/i;
const FILE_COLUMN = /^(file|files|filename|file[_ ]name|image|image[_ ]id|image[_ ]name|img|path|id)$/i;
const LABEL_COLUMN = /^(label|labels|label[_ ]name|class|class[_ ]name|classname|category|target|breed|species)$/i;
/** Such a file is not read when it is larger. */
const LARGEST = 256 * 2 ** 20;

/**
 * Every end of every path is looked up, so a path of very many parts would take memory by the
 * square of its length. No system takes paths longer than this.
 */
const MOST_PARTS = 64;
const LONGEST_PATH = 4096;
/** Ends of all paths together: some millions of pictures, and less than a gigabyte. */
const MOST_ENDS = 2 ** 23;

/** The same pictures under the labels of such a file, where there is one. */
export async function withLabelsBeside(container: Container, onNote: (note: string) => void): Promise<Supply> {
  if (!container.unread.kinds.some(({ kind }) => /^(JSON|CSV|TSV)$/.test(kind))) return container;
  const files = await container.others((path) => JSON_NAME.test(path) || TABLE.test(path));
  for (const file of files) {
    if (file.size > LARGEST) continue;
    const text = Buffer.from(await file.read()).toString('utf8');
    const labels = JSON_NAME.test(file.below) ? labelsInJson(text, file) : labelsInTable(text, file);
    if (labels === null) continue;
    const found =
      'why' in labels ? { classes: null, whyNoClasses: labels.why } : classesBy(labels, container.paths, file);
    if (found === null) continue;
    onNote(found.classes ? `classes are those of ${file.name}` : `there are no classes: ${found.whyNoClasses}`);
    return { ...container, ...found, unread: withoutFiles(container.unread, [file.below]) };
  }
  return container;
}

/** Stands for labels of one path that differ. */
const SEVERAL = Symbol('several labels');
type Label = string | typeof SEVERAL;
/** The label of each path, or why it has no classes; null for a file of something else. */
type LabelsBy = ReadonlyMap<string, Label> | { readonly why: string } | null;

/** Paths are seen from the file's own folder. */
function folderOf({ below }: FormFile): string {
  return below.includes('/') ? below.slice(0, below.lastIndexOf('/') + 1) : '';
}

function labelsInJson(text: string, file: FormFile): LabelsBy {
  let parsed: unknown;
  try {
    parsed = parseJson(text);
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null || !('labels' in parsed)) return null;
  const { labels } = parsed;
  if (!Array.isArray(labels)) return labels === null ? new Map() : null;
  const pairs = labels.filter((pair): pair is [string, string | number] => {
    if (!Array.isArray(pair) || typeof pair[0] !== 'string') return false;
    return typeof pair[1] === 'number' || typeof pair[1] === 'string';
  });
  if (labels.length > 0 && !labels.some((pair) => Array.isArray(pair) && typeof pair[0] === 'string')) return null;
  if (pairs.length < labels.length) return { why: `${file.name} has labels that are no single class` };
  return new Map(pairs.map(([path, label]) => [`${folderOf(file)}${path}`, String(label)]));
}

function labelsInTable(text: string, file: FormFile): LabelsBy {
  const lines = text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '');
  const [first = '', ...rest] = lines;
  const between = first.includes('\t') ? '\t' : first.includes(';') ? ';' : ',';
  const head = cellsOf(first, between);
  let [name, label] = [
    head.findIndex((cell) => FILE_COLUMN.test(cell)),
    head.findIndex((cell) => LABEL_COLUMN.test(cell)),
  ];
  const named = name >= 0 && label >= 0;
  if (!named) {
    if (head.length !== 2 || !/\.[a-z]{3,5}$/i.test(head[0]!)) return null;
    [name, label] = [0, 1];
  }
  const pairs = (named ? rest : lines).map((line) => cellsOf(line, between));
  // A table written on Windows has backslashes between folders.
  const pathOf = (cells: readonly string[]): string =>
    `${folderOf(file)}${(cells[name] ?? '').replaceAll('\\', '/').replace(/^\.\//, '')}`;
  const labels = new Map<string, Label>();
  for (const cells of pairs) addLabel(labels, pathOf(cells), cells[label] ?? '');
  return labels;
}

/** Notes a label; one that differs from an earlier one of the same path leaves none. */
function addLabel(labels: Map<string, Label>, path: string, label: Label): void {
  const before = labels.get(path);
  labels.set(path, before === undefined || before === label ? label : SEVERAL);
}

/**
 * Returns the cells of a line. A quoted cell may hold the separator, and "" stands for a quote in
 * it (RFC 4180).
 */
function cellsOf(line: string, between: string): string[] {
  const cells: string[] = [];
  let [cell, quoted] = ['', false];
  for (let i = 0; i < line.length; i++) {
    const letter = line[i]!;
    if (letter === '"' && quoted && line[i + 1] === '"') cell += line[++i];
    else if (letter === '"') quoted = !quoted;
    else if (letter === between && !quoted) {
      cells.push(cell.trim());
      cell = '';
    } else cell += letter;
  }
  return [...cells, cell.trim()];
}

/** Null where no picture is named. */
function classesBy(labels: ReadonlyMap<string, Label>, paths: readonly string[], file: FormFile): ClassesOrWhy | null {
  if (labels.size === 0) return { classes: null, whyNoClasses: `${file.name} says that there are none` };
  const whyNoClasses = tooMuchOf(labels, file);
  if (whyNoClasses !== null) return { classes: null, whyNoClasses };
  const byEnd = labelsByEnd(labels);
  const found = paths.map((path) => labels.get(path) ?? labelOf(path, byEnd));
  if (found.every((label) => label === undefined)) return null;
  const without = paths.filter((_, i) => typeof found[i] !== 'string' || found[i] === '');
  if (without.length > 0) {
    const which = found[paths.indexOf(without[0]!)] === SEVERAL ? 'several labels' : 'no label';
    const more = without.length > 1 ? `, and no single one for ${without.length - 1} others` : '';
    return { classes: null, whyNoClasses: `${file.name} has ${which} for ${without[0]}${more}` };
  }
  return labelled(found as string[], `labels of ${file.name}`);
}

/** Says why a file of labels is too large to look through, or returns null. */
function tooMuchOf(labels: ReadonlyMap<string, Label>, { name }: FormFile): string | null {
  let ends = 0;
  for (const path of labels.keys()) {
    if (path.length > LONGEST_PATH) return `${name} has a path of more than ${LONGEST_PATH} characters`;
    const parts = partsOf(path);
    if (parts > MOST_PARTS) return `${name} has a path of more than ${MOST_PARTS} parts`;
    ends += parts;
  }
  return ends > MOST_ENDS ? `${name} has paths of more than ${MOST_ENDS} parts in all` : null;
}

function partsOf(path: string): number {
  let parts = 1;
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) parts++;
  return parts;
}

/**
 * Labels by the ends of their paths, since tables name files with other folders than they have
 * here. An end that two files share has a label only if both have the same one.
 */
function labelsByEnd(labels: ReadonlyMap<string, Label>): ReadonlyMap<string, Label> {
  const byEnd = new Map<string, Label>();
  for (const [path, label] of labels) for (const end of endsOf(path)) addLabel(byEnd, end, label);
  return byEnd;
}

/** The label of the longest end of a path that is named, with its ending or without. */
function labelOf(path: string, byEnd: ReadonlyMap<string, Label>): Label | undefined {
  const ends = endsOf(path).flatMap((end) => [end, end.replace(/\.[^./]+$/, '')]);
  return ends.map((end) => byEnd.get(end)).find((label) => label !== undefined);
}

/** `a/b/c.png`, `b/c.png`, `c.png`; of a path with more parts those that a file may have. */
function endsOf(path: string): string[] {
  const ends: string[] = [];
  for (let at = path.length; at > 0 && ends.length < MOST_PARTS; ) {
    at = path.lastIndexOf('/', at - 1);
    ends.unshift(path.slice(at + 1));
  }
  return ends;
}
