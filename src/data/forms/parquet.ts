// Reads Parquet as Hugging Face's hub stores datasets of images. One column holds structs {bytes,
// path} with encoded pictures, or the bytes alone. Another column holds labels, whose names stand
// in the file's metadata. hyparquet reads the files, columns of them in a process of its own
// (parquet-reader.ts).
//
// Sources: Apache Parquet, "File Format"; Hugging Face datasets, features.Image and
// features.ClassLabel.

import { open } from 'node:fs/promises';
import type { AsyncBuffer, FileMetaData, SchemaElement, SchemaTree } from 'hyparquet';
import { DcganError } from '../../platform/errors.ts';
import { parseJson } from '../../platform/json.ts';
import { sha256 } from '../../platform/sha256.ts';
import { clean } from '../../platform/text.ts';
import { MOST_ENTRIES } from '../archive-limits.ts';
import { type FormFile, lastPart } from '../form-file.ts';
import { type Classes, type ClassesOrWhy, LARGEST_FILE, labelled, type Supply } from '../supply.ts';
import { NOTHING_UNREAD } from '../unread.ts';
import { fingerprintOf } from '../zip.ts';
import { onlyOne } from './choose.ts';
import type { Form } from './form.ts';
import { ParquetReader } from './parquet-reader.ts';

/** Rows of a large row group that are read at a time. */
const ROWS = 256;
const MARK = 'PAR1';

interface Table {
  readonly file: FormFile;
  readonly reader: ParquetReader;
  readonly metadata: FileMetaData;
  readonly rows: number;
  readonly image: string;
  readonly label: string | null;
}

export const parquetForm: Form = {
  name: 'Parquet file',
  recognises: ({ head }) => Buffer.from(head.subarray(0, 4)).toString('latin1') === MARK,
  choose: (files, where) => {
    const training = files.filter(({ below }) => /^train/i.test(lastPart(below)));
    const parts = files.filter(({ below }) => /-\d{5}-of-\d{5}/.test(below));
    if (training.length > 0) return training;
    return parts.length === files.length && new Set(parts.map(({ below }) => below.replace(/\d{5}/, ''))).size === 1
      ? files
      : onlyOne('Parquet files')(files, where);
  },
  open: async (files, name) => {
    const tables = await Promise.all(files.map(tableOf));
    const names = tables.flatMap(({ file, rows }) =>
      Array.from({ length: rows }, (_, row) => `${file.name}: image ${row}`),
    );
    const stamp = await Promise.all(files.map(stampOf));
    const supply: Supply = {
      name,
      form: 'parquet',
      names,
      ...(await classesIn(tables)),
      fingerprint: sha256(new TextEncoder().encode(stamp.join())),
      unread: NOTHING_UNREAD,
      pictures: () => picturesIn(tables, names),
    };
    return { form: parquetForm.name, supply };
  },
};

/** The end of a file holds where and how large all its pages are, but not what is in them. */
async function stampOf(file: FormFile): Promise<string> {
  const buffer = await bufferOf(file);
  const tail = new Uint8Array(await buffer.slice(Math.max(0, file.size - (1 << 20))));
  return `${sha256(tail)} ${await fingerprintOf(file, file.name)}`;
}

async function tableOf(file: FormFile): Promise<Table> {
  const { parquetMetadataAsync, parquetSchema } = await import('hyparquet');
  const buffer = await bufferOf(file);
  const metadata = await parquetMetadataAsync(buffer).catch((error: unknown) => {
    throw damaged(file, error);
  });
  try {
    checkPaths(metadata, parquetSchema(metadata));
  } catch (error) {
    throw damaged(file, error);
  }
  const rows = Number(metadata.num_rows);
  const columns = columnsOf(metadata.schema);
  const image = columns.find(({ kind }) => kind === 'picture' || kind === 'bytes');
  const label = columns.find(
    ({ name, kind }) =>
      (kind === 'integer' || kind === 'text') && /^(fine_)?(label|labels|class|target|y)$/i.test(name),
  );
  if (!image || !Number.isSafeInteger(rows) || rows < 1 || rows > MOST_ENTRIES)
    throw new DcganError({
      what: `${file.name} holds no column of pictures`,
      expected: `a column of structs with bytes, as Hugging Face stores images, and 1 to ${MOST_ENTRIES} rows`,
      got: `${rows} rows of ${columns.map(({ name, kind }) => `${clean(name)} (${kind})`).join(', ')}`,
      todo: 'Write the pictures into a folder: for i, row in enumerate(dataset): row["image"].save(f"{i}.png")',
    });
  const reader = new ParquetReader(file.path ?? (await file.read()));
  return { file, reader, metadata, rows, image: image.name, label: label?.name ?? null };
}

/**
 * Throws unless every column of every row group is a leaf of the schema, and none stands twice.
 * hyparquet would begin to read such columns and then not wait for them, so that what is wrong with
 * them could end the process.
 */
function checkPaths({ row_groups: groups }: FileMetaData, schema: SchemaTree): void {
  const leaves = new Set<string>();
  const visit = (tree: SchemaTree): void => {
    if (tree.children.length === 0) leaves.add(JSON.stringify(tree.path));
    for (const child of tree.children) visit(child);
  };
  visit(schema);
  for (const { columns } of groups) {
    const seen = new Set<string>();
    for (const { meta_data: column } of columns) {
      const path = JSON.stringify(column?.path_in_schema);
      if (!leaves.has(path)) throw new Error(`a row group has a column ${path} that the schema has not`);
      if (seen.has(path)) throw new Error(`a row group has column ${path} twice`);
      seen.add(path);
    }
  }
}

interface Column {
  readonly name: string;
  readonly kind: 'picture' | 'bytes' | 'integer' | 'text' | 'other';
}

/** Columns right below the root; the schema is a tree, written parents first. */
function columnsOf(schema: readonly SchemaElement[]): Column[] {
  const columns: Column[] = [];
  let at = 1;
  const skip = (): SchemaElement[] => {
    const element = schema[at++];
    if (!element) return [];
    const below = Array.from({ length: Math.min(element.num_children ?? 0, schema.length) }, skip).flat();
    return [element, ...below];
  };
  while (at < schema.length) {
    const [element, ...below] = skip();
    if (!element) break;
    const struct = below.length > 0 && below.some(({ name, type }) => name === 'bytes' && type === 'BYTE_ARRAY');
    const bytes = element.type === 'BYTE_ARRAY' && element.converted_type !== 'UTF8' && !element.logical_type;
    const integer = element.type === 'INT32' || element.type === 'INT64';
    const text = element.type === 'BYTE_ARRAY' && !bytes;
    const leaf = bytes ? 'bytes' : integer ? 'integer' : text ? 'text' : 'other';
    columns.push({ name: element.name, kind: struct ? 'picture' : leaf });
  }
  return columns;
}

async function* picturesIn(tables: readonly Table[], names: readonly string[]): ReturnType<Supply['pictures']> {
  let index = 0;
  for (const table of tables) {
    for (const [from, to] of piecesOf(table)) {
      for (const value of await columnOf(table, table.image, from, to)) {
        const bytes = bytesOf(value);
        yield { kind: 'encoded' as const, index, name: names[index]!, size: bytes.length, read: async () => bytes };
        index++;
      }
    }
  }
}

/**
 * Rows that are read together: a row group, since it is unpacked as a whole, unless it is large.
 */
function* piecesOf({ metadata, rows }: Table): Generator<readonly [from: number, to: number]> {
  let at = 0;
  for (const group of metadata.row_groups) {
    const end = Math.min(rows, at + Number(group.num_rows));
    const step = Number(group.total_byte_size) <= LARGEST_FILE ? end - at : ROWS;
    for (; at < end; at = Math.min(end, at + step)) yield [at, Math.min(end, at + step)];
  }
}

/** A picture's bytes; nothing where a row has none, which decoding refuses by name. */
function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  const { bytes } = (value ?? {}) as { readonly bytes?: unknown };
  return bytes instanceof Uint8Array ? bytes : new Uint8Array();
}

async function columnOf(table: Table, column: string, rowStart: number, rowEnd: number): Promise<readonly unknown[]> {
  const { file, reader } = table;
  const rows = await reader.read({ column, rowStart, rowEnd }).catch((error: unknown) => {
    throw damaged(file, error);
  });
  if (rows.length !== rowEnd - rowStart)
    throw damaged(file, new Error(`it has ${rows.length} rows from ${rowStart} on`));
  return rows;
}

async function classesIn(tables: readonly Table[]): Promise<ClassesOrWhy> {
  const without = tables.find(({ label }) => label === null);
  if (without)
    return { classes: null, whyNoClasses: `${without.file.name} has no column of numbers or text called label` };
  const values: unknown[] = [];
  for (const table of tables)
    for (const value of await columnOf(table, table.label!, 0, table.rows)) values.push(value);
  const unlabelled = values.findIndex((value) => value === null || value === undefined);
  if (unlabelled >= 0) return { classes: null, whyNoClasses: `image ${unlabelled} has no label` };
  const names = namesOf(tables[0]!);
  const labels = values.map(Number);
  if (!names || labels.some((label) => names[label] === undefined))
    return labelled(
      values.map((value) => clean(String(value)).slice(0, 1000)),
      'labels',
    );
  const classes: Classes = { names, labels: Uint8Array.from(labels) };
  return names.length > 256
    ? { classes: null, whyNoClasses: `${names.length} classes are more than the 256 that can be told apart` }
    : { classes, whyNoClasses: null };
}

/** The names that the hub's library wrote beside the table. */
function namesOf({ metadata, label }: Table): readonly string[] | null {
  const text = metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value;
  if (text === undefined || label === null) return null;
  try {
    const { info } = parseJson(text) as { info?: { features?: Record<string, { names?: unknown }> } };
    const features = info?.features ?? {};
    const names = Object.hasOwn(features, label) ? features[label]?.names : undefined;
    return Array.isArray(names) ? names.map((name) => clean(String(name)).slice(0, 1000)) : null;
  } catch {
    return null;
  }
}

/** A file as hyparquet reads it: parts of it, by their first byte and the one behind their last. */
async function bufferOf(file: FormFile): Promise<AsyncBuffer> {
  const { path, size } = file;
  const bytes = path === null ? await file.read() : null;
  const part = async (start: number, end: number): Promise<ArrayBuffer> => {
    if (!(start >= 0 && end >= start && end <= size)) throw new Error(`it names bytes ${start} to ${end} of ${size}`);
    if (bytes) return Uint8Array.from(bytes.subarray(start, end)).buffer;
    const handle = await open(path!, 'r');
    try {
      const out = new Uint8Array(end - start);
      const { bytesRead } = await handle.read(out, 0, out.length, start);
      if (bytesRead !== out.length) throw new Error('it has become shorter');
      return out.buffer;
    } finally {
      await handle.close();
    }
  };
  return {
    byteLength: bytes?.length ?? size,
    slice: (start, end = size) => {
      const read = part(start, end);
      // hyparquet asks for parts ahead. It may fail before it waits for them, and a failed promise
      // for which nobody waits would end the process.
      read.catch(() => {});
      return read;
    },
  };
}

function damaged({ name }: FormFile, cause: unknown): DcganError {
  if (cause instanceof DcganError) return cause;
  const message = clean((cause as Error).message ?? String(cause)).slice(0, 300);
  const again = `python3 -c "import pyarrow.parquet as p; p.write_table(p.read_table('${name}'), 'read.parquet')"`;
  return new DcganError({
    what: `${name} can't be read as Parquet`,
    got: message,
    // What is only packed otherwise is whole, and would come the same once more.
    todo: /compression codec|packed with/.test(message)
      ? `Write it with the usual packing: ${again}`
      : 'Download it again; or write its pictures into a folder: row["image"].save(f"{i}.png")',
    cause,
  });
}
