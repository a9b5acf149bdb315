// The safetensors format: float32 tensors by name and a map of strings in one file, which PyTorch,
// TensorFlow and JAX also read.
//
//   8 bytes   length of the header, little-endian uint64
//   header    JSON {"__metadata__": {string: string},
//             "NAME": {"dtype", "shape", "data_offsets": [begin, end]}, ...},
//             padded with spaces so that the values begin at a multiple of 8
//   values    little-endian; offsets count from here; no holes, no overlaps, nothing left over
//
// The writer sorts keys by code unit and writes nothing that depends on the clock, so equal states
// give equal bytes. The reader does not trust a file. It checks each rule above, and an error names
// the tensor that breaks it. Source: huggingface/safetensors, README.md, section "Format".

import { asBytes, type ByteSource, type Bytes, part } from '../platform/bytes.ts';
import { type Complaint, DcganError } from '../platform/errors.ts';
import { parseJson, showJson } from '../platform/json.ts';
import { fromHalf, HALF_LIMIT, toHalf } from './half.ts';

/** A tensor of float32; its last dimension varies fastest. */
export interface StoredTensor {
  /** The sizes of the dimensions; empty for a scalar. */
  readonly shape: readonly number[];
  /** The values; their number is the product of the shape. */
  readonly data: Float32Array;
}

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The checked header of a file, before any value is read. */
export interface TensorIndex {
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Reads all values and returns copies. */
  tensors(): ReadonlyMap<string, StoredTensor>;
}

/**
 * The largest model's header has some tens of kilobytes. A header longer than this limit is an
 * attack or damaged.
 */
export const MAX_HEADER = 2 ** 22;

/**
 * Returns the bytes of a file of these tensors. Equal tensors and metadata give equal bytes in any
 * order.
 * @throws DcganError naming a tensor whose values and shape differ
 */
export function encodeTensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  return joined(encodeParts(tensors, metadata));
}

/** Joins parts into one array. @throws DcganError when no array can be so long */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, { length }) => sum + length, 0);
  let file: Uint8Array<ArrayBuffer>;
  try {
    file = new Uint8Array(length);
  } catch (cause) {
    throw new DcganError({
      what: `a checkpoint of ${(length / 2 ** 30).toFixed(2)} GiB does not fit into one array`,
      todo: 'Write it to a file: save(path)',
      cause,
    });
  }
  let at = 0;
  for (const one of parts) {
    file.set(one, at);
    at += one.length;
  }
  return file;
}

/**
 * What values are written as. Files of float16 are for other programs and for drawing; states are
 * float32.
 */
export type StoredType = 'F32' | 'F16';

function bytesOf(type: StoredType): number {
  return type === 'F32' ? 4 : 2;
}

/**
 * The same as parts, to be written one after another: the header, then each tensor's values. Those
 * of float32 are not copied.
 * @throws DcganError naming a tensor with a value that float16 cannot hold
 */
export function encodeParts(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>>,
  type: StoredType = 'F32',
): [header: Uint8Array, ...values: Uint8Array[]] {
  const names = [...tensors.keys()].sort(byCodeUnit);
  // The text is composed by hand, because JSON.stringify would put names that look like numbers
  // first.
  const pairs = Object.keys(metadata)
    .sort(byCodeUnit)
    .map((key) => `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`);
  const entries = [`"__metadata__":{${pairs.join(',')}}`];
  let end = 0;
  for (const name of names) {
    const { shape, data } = tensors.get(name)!;
    if (name === '__metadata__') throw new DcganError({ what: 'no tensor can be called __metadata__' });
    if (data.length !== product(shape)) {
      throw new DcganError({
        what: `tensor ${name}: values and shape differ`,
        expected: `${product(shape)} values for [${shape.join(', ')}]`,
        got: `${data.length}`,
      });
    }
    const bytes = data.length * bytesOf(type);
    const entry = { dtype: type, shape, data_offsets: [end, end + bytes] };
    entries.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    end += bytes;
  }
  const json = new TextEncoder().encode(`{${entries.join(',')}}`);
  const start = Math.ceil((8 + json.length) / 8) * 8;
  const header = new Uint8Array(start).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(start - 8), true);
  header.set(json, 8);
  const values = names.map((name) => {
    const { data } = tensors.get(name)!;
    const stored = type === 'F32' ? data : halves(name, data);
    return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
  });
  return [header, ...values];
}

function halves(name: string, data: Float32Array): Uint16Array {
  const wrong = data.find((value) => Math.abs(value) >= HALF_LIMIT);
  if (wrong === undefined) return toHalf(data);
  throw new DcganError({
    what: `tensor ${name} does not fit into float16`,
    expected: `values between -${HALF_LIMIT} and ${HALF_LIMIT}`,
    got: String(wrong),
    todo: 'Write float32',
  });
}

/**
 * Reads a safetensors file of float32 tensors and returns copies of them.
 * @param file its path as the person gave it, for the errors
 * @throws DcganError naming the file, and the tensor if a single one is at fault
 */
export function decodeTensors(source: ByteSource, file: string): TensorFile {
  const index = indexTensors(source, file);
  return { metadata: index.metadata, tensors: index.tensors() };
}

/**
 * Reads the same file without the values, which are read on request.
 * @param types the types that tensors may have; values of float16 become float32 as they are
 */
export function indexTensors(source: ByteSource, file: string, types: readonly StoredType[] = ['F32']): TensorIndex {
  const bytes = asBytes(source);
  const wrong = (what: string, rest: Omit<Complaint, 'what'> = {}): DcganError =>
    new DcganError({ what: `${file} is not a valid safetensors file: ${what}`, ...rest });
  const { header, start } = readHeader(bytes, wrong);

  let metadata: Record<string, string> = {};
  const places: Place[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') {
      metadata = readMetadata(entry, wrong);
    } else {
      places.push(readPlace(name, entry, types, wrong));
    }
  }

  // In the order of their positions, each tensor must begin where the last one ended. An empty
  // tensor comes before a tensor that begins at the same byte.
  places.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const { name, begin, end: next } of places) {
    if (begin !== end) {
      const how = begin < end ? 'overlaps the one before' : 'leaves a gap before it';
      throw wrong(`tensor ${name} ${how}`, { expected: `it to begin at byte ${end} of the values`, got: `${begin}` });
    }
    if (start + next > bytes.length) {
      throw wrong(`it is truncated inside tensor ${name}`, {
        expected: `${start + next} bytes or more`,
        got: `${bytes.length} bytes`,
        todo: 'Copy the file again',
      });
    }
    end = next;
  }
  if (start + end !== bytes.length) {
    throw wrong('bytes are left over after the last tensor', {
      expected: `${start + end} bytes`,
      got: `${bytes.length} bytes`,
    });
  }
  const read = ({ type, shape, begin, end }: Place): StoredTensor => {
    const { buffer } = part(bytes, start + begin, start + end);
    return {
      shape,
      data: type === 'F32' ? new Float32Array(buffer) : Float32Array.from(new Uint16Array(buffer), fromHalf),
    };
  };
  return {
    metadata,
    shapes: new Map(places.map(({ name, shape }) => [name, shape])),
    tensors: () => new Map(places.map((place) => [place.name, read(place)])),
  };
}

interface Place {
  readonly name: string;
  readonly type: StoredType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

type Wrong = (what: string, rest?: Omit<Complaint, 'what'>) => DcganError;

function readHeader(bytes: Bytes, wrong: Wrong): { header: Record<string, unknown>; start: number } {
  if (bytes.length < 8) {
    throw wrong('it is too short for a header length', { expected: '8 bytes or more', got: `${bytes.length} bytes` });
  }
  const length = new DataView(part(bytes, 0, 8).buffer).getBigUint64(0, true);
  const room = Math.min(bytes.length - 8, MAX_HEADER);
  if (length > BigInt(room)) {
    throw wrong('its header length is impossible (byte 0)', { expected: `${room} bytes at most`, got: `${length}` });
  }
  const start = 8 + Number(length);
  let header: unknown;
  try {
    header = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(part(bytes, 8, start)));
  } catch (cause) {
    throw wrong('its header is not JSON in UTF-8 (byte 8)', { got: (cause as Error).message });
  }
  if (!isRecord(header)) throw wrong('its header is not a JSON object (byte 8)');
  return { header, start };
}

function readMetadata(entry: unknown, wrong: Wrong): Record<string, string> {
  if (!isRecord(entry)) throw wrong('__metadata__', { expected: 'a map of strings', got: showJson(entry) });
  const pairs = Object.entries(entry).map(([key, value]): [string, string] => {
    if (typeof value === 'string') return [key, value];
    throw wrong(`metadata ${key}`, { expected: 'a string', got: showJson(value) });
  });
  return Object.fromEntries(pairs); // only its own keys, whatever their names
}

function readPlace(name: string, entry: unknown, types: readonly StoredType[], wrong: Wrong): Place {
  const { dtype, shape, data_offsets: offsets } = isRecord(entry) ? entry : {};
  const type = types.find((known) => known === dtype);
  if (!type) {
    throw wrong(`tensor ${name} has a type we don't read`, { expected: types.join(' or '), got: showJson(dtype) });
  }
  if (!isSizes(shape) || !Number.isSafeInteger(product(shape) * 4)) {
    throw wrong(`tensor ${name} has no shape`, { expected: 'a list of sizes', got: showJson(shape) });
  }
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw wrong(`tensor ${name} has no offsets`, { expected: '[begin, end]', got: showJson(offsets) });
  }
  const [begin, end] = offsets as [number, number];
  const wanted = bytesOf(type) * product(shape);
  if (end - begin !== wanted) {
    throw wrong(`tensor ${name}: its offsets and shape differ`, {
      expected: `${wanted} bytes for [${shape.join(', ')}]`,
      got: `${end - begin}`,
    });
  }
  return { name, type, shape, begin, end };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function product(shape: readonly number[]): number {
  return shape.reduce((count, size) => count * size, 1);
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
