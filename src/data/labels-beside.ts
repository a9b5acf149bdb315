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
const FILE_COLUMN = /^(file|files|filename|file_name|image|image_id|image_name|img|path|id)$/i;
const LABEL_COLUMN = /^(label|labels|class|class_name|classname|category|target|breed|species)$/i;
/** Such a file is not read when it is larger. */
const LARGEST = 256 * 2 ** 20;

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

/** The label of each path, or why it has no classes; null for a file of something else. */
type LabelsBy = ReadonlyMap<string, string> | { readonly why: string } | null;

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
  return new Map(pairs.map((cells) => [`${folderOf(file)}${cells[name] ?? ''}`, cells[label] ?? '']));
}

/** Cells of a line; quoted ones may hold what parts cells, and "" for a quote (RFC 4180). */
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
function classesBy(labels: ReadonlyMap<string, string>, paths: readonly string[], file: FormFile): ClassesOrWhy | null {
  if (labels.size === 0) return { classes: null, whyNoClasses: `${file.name} says that there are none` };
  // Tables name files with folders or without, and with endings or without.
  const shorter = new Map([...labels].map(([path, label]) => [path.slice(path.lastIndexOf('/') + 1), label]));
  const found = paths.map((path) => {
    const last = path.slice(path.lastIndexOf('/') + 1);
    return labels.get(path) ?? shorter.get(last) ?? shorter.get(last.replace(/\.[^.]+$/, ''));
  });
  const without = found.findIndex((label) => label === undefined || label === '');
  if (found.every((label) => label === undefined)) return null;
  if (without >= 0)
    return {
      classes: null,
      whyNoClasses: `${file.name} has no label for ${paths[without]}, nor for ${found.filter((label) => label === undefined || label === '').length - 1} others`,
    };
  return labelled(found as string[], `labels of ${file.name}`);
}
