// safetensors: float32 tensors by name and a map of strings, in one file that PyTorch, TensorFlow and JAX read as well.
//
//   8 bytes   length of the header, little-endian uint64
//   header    JSON {"__metadata__": {string: string}, "NAME": {"dtype", "shape", "data_offsets": [begin, end]}, ...},
//             padded with spaces so that the values begin at a multiple of 8
//   values    little-endian; offsets count from here; no holes, no overlaps, nothing left over
//
// Written: keys sorted by code unit, nothing that depends on the clock, so equal state gives equal bytes. Read: a file is
// not trusted; each rule above is checked, and a complaint names the tensor that breaks it.
// Source: huggingface/safetensors, README.md, section "Format".

import { type Complaint, DcganError } from '../platform/errors.ts';

/** A tensor of float32, last dimension fastest; its values are as many as the product of its shape. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** As in the reference reader: a longer header is an attack or rubbish. */
const MAX_HEADER = 100_000_000;

/**
 * The file of these tensors; equal tensors and metadata, in whatever order, give equal bytes.
 * @throws DcganError naming a tensor whose values and shape differ
 */
export function encodeTensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const names = [...tensors.keys()].sort(byCodeUnit);
  // Put together by hand: JSON.stringify would put names that look like numbers first.
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
    const entry = { dtype: 'F32', shape, data_offsets: [end, end + data.byteLength] };
    entries.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    end += data.byteLength;
  }
  const json = new TextEncoder().encode(`{${entries.join(',')}}`);
  const start = Math.ceil((8 + json.length) / 8) * 8;
  const file = new Uint8Array(start + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(start - 8), true);
  file.set(json, 8);
  file.fill(0x20, 8 + json.length, start);
  let at = start;
  for (const name of names) {
    const { data } = tensors.get(name)!;
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

/**
 * Reads a safetensors file of float32 tensors; what it gives are copies.
 * @param file its path as the person gave it, for the errors
 * @throws DcganError naming the file, and the tensor where it is one tensor's fault
 */
export function decodeTensors(bytes: Uint8Array, file: string): TensorFile {
  const wrong = (what: string, rest: Omit<Complaint, 'what'> = {}): DcganError =>
    new DcganError({ what: `${file} is not a valid safetensors file: ${what}`, ...rest });
  const { header, start } = readHeader(bytes, wrong);

  let metadata: Record<string, string> = {};
  const places: Place[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') {
      metadata = readMetadata(entry, wrong);
    } else {
      places.push(readPlace(name, entry, wrong));
    }
  }

  // In the order they lie, each must begin where the last one ended. Empty ones come before what begins at the same byte.
  places.sort((a, b) => a.begin - b.begin || a.end - b.end);
  const tensors = new Map<string, Tensor>();
  let end = 0;
  for (const { name, shape, begin, end: next } of places) {
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
    // A typed array of its own: a Buffer's slice would share, and keep alive, the whole file.
    tensors.set(name, {
      shape,
      data: new Float32Array(new Uint8Array(bytes.subarray(start + begin, start + next)).buffer),
    });
    end = next;
  }
  if (start + end !== bytes.length) {
    throw wrong('bytes are left over after the last tensor', {
      expected: `${start + end} bytes`,
      got: `${bytes.length} bytes`,
    });
  }
  return { tensors, metadata };
}

interface Place {
  readonly name: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

type Wrong = (what: string, rest?: Omit<Complaint, 'what'>) => DcganError;

function readHeader(bytes: Uint8Array, wrong: Wrong): { header: Record<string, unknown>; start: number } {
  if (bytes.length < 8) {
    throw wrong('it is too short for a header length', { expected: '8 bytes or more', got: `${bytes.length} bytes` });
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  const room = Math.min(bytes.length - 8, MAX_HEADER);
  if (length > BigInt(room)) {
    throw wrong('its header length is impossible (byte 0)', { expected: `${room} bytes at most`, got: `${length}` });
  }
  const start = 8 + Number(length);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, start)));
  } catch (cause) {
    throw wrong('its header is not JSON in UTF-8 (byte 8)', { got: (cause as Error).message });
  }
  if (!isRecord(header)) throw wrong('its header is not a JSON object (byte 8)');
  return { header, start };
}

function readMetadata(entry: unknown, wrong: Wrong): Record<string, string> {
  if (!isRecord(entry)) throw wrong('__metadata__', { expected: 'a map of strings', got: JSON.stringify(entry) });
  const pairs = Object.entries(entry).map(([key, value]): [string, string] => {
    if (typeof value === 'string') return [key, value];
    throw wrong(`metadata ${key}`, { expected: 'a string', got: JSON.stringify(value) });
  });
  return Object.fromEntries(pairs); // its own keys only, whatever they are called
}

function readPlace(name: string, entry: unknown, wrong: Wrong): Place {
  const { dtype, shape, data_offsets: offsets } = isRecord(entry) ? entry : {};
  if (dtype !== 'F32') {
    throw wrong(`tensor ${name} has a type we don't read`, { expected: 'F32', got: JSON.stringify(dtype) ?? 'none' });
  }
  if (!isSizes(shape) || !Number.isSafeInteger(product(shape) * 4)) {
    throw wrong(`tensor ${name} has no shape`, { expected: 'a list of sizes', got: JSON.stringify(shape) ?? 'none' });
  }
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw wrong(`tensor ${name} has no offsets`, { expected: '[begin, end]', got: JSON.stringify(offsets) ?? 'none' });
  }
  const [begin, end] = offsets as [number, number];
  if (end - begin !== 4 * product(shape)) {
    throw wrong(`tensor ${name}: its offsets and shape differ`, {
      expected: `${4 * product(shape)} bytes for [${shape.join(', ')}]`,
      got: `${end - begin}`,
    });
  }
  return { name, shape, begin, end };
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
