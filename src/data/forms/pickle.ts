// Reads Python's pickles without running any of them. A pickle is a program, and it may name any
// function and call it. Here only the instructions are read that build plain values, and the few
// names of NumPy's that stand for an array. Whatever else is named is refused. Everything that is
// read lies in the file, so that a pickle cannot ask for more memory than a few times its own size.
//
// Source: Python's standard library, pickletools.py (opcodes); NumPy, ndarray.__reduce__ and
// ndarray.__setstate__.

import { viewOf } from '../../platform/bytes.ts';
import { DcganError } from '../../platform/errors.ts';

/** An array of NumPy's: bytes in C order. */
export interface PickledArray {
  readonly kind: 'array';
  /** `|u1`, as in a .npy file. */
  descr: string;
  shape: number[];
  fortran: boolean;
  bytes: Uint8Array;
}

/** A value of Python's; text of Python 2 is read as latin1. */
export type Pickled =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | Pickled[]
  | Map<Pickled, Pickled>
  | PickledArray
  | PickledType
  | Global;

interface PickledType {
  readonly kind: 'dtype';
  code: string;
}

interface Global {
  readonly kind: 'global';
  readonly name: string;
}

const RECONSTRUCT = new Set(['numpy.core.multiarray._reconstruct', 'numpy._core.multiarray._reconstruct']);
const NAMED = new Set([...RECONSTRUCT, 'numpy.ndarray', 'numpy.dtype', '_codecs.encode']);

/**
 * Reads a pickle of plain values.
 * @throws DcganError that names the file and the instruction or name that is not read
 */
export function readPickle(bytes: Uint8Array, file: string): Pickled {
  return new Reader(bytes, file).value();
}

/** Whether a file with these first bytes is a pickle of protocol 2 to 5. */
export function isPickle(head: Uint8Array): boolean {
  return head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5;
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #file: string;
  readonly #memo = new Map<number, Pickled>();
  #stack: Pickled[] = [];
  readonly #marks: Pickled[][] = [];
  #at = 0;

  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#file = file;
  }

  value(): Pickled {
    for (;;) {
      const place = this.#at;
      const code = String.fromCharCode(this.#take(1)[0]!);
      if (code === '.') return this.#pop();
      const act = Object.hasOwn(INSTRUCTIONS, code) ? INSTRUCTIONS[code] : undefined;
      if (!act) throw this.refuse(`its instruction ${JSON.stringify(code)} at byte ${place} builds no plain value`);
      act(this);
    }
  }

  refuse(why: string): DcganError {
    return new DcganError({
      what: `${this.#file} is a Python pickle, which can run code and is not read`,
      expected: "a pickle of plain values and NumPy's arrays, as CIFAR's Python version is",
      got: why,
      todo: 'Save its images as an array: numpy.save("images.npy", images), uint8 [N, height, width, 3]',
    });
  }

  #take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw this.refuse(`it ends at byte ${this.#bytes.length}`);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  unsigned(size: 1 | 2 | 4 | 8): number {
    const at = this.#at;
    this.#take(size);
    if (size === 1) return this.#view.getUint8(at);
    if (size === 2) return this.#view.getUint16(at, true);
    return size === 4 ? this.#view.getUint32(at, true) : Number(this.#view.getBigUint64(at, true));
  }

  signed(): number {
    return this.unsigned(4) | 0;
  }

  float(): number {
    const at = this.#at;
    this.#take(8);
    return this.#view.getFloat64(at);
  }

  bytes(size: 1 | 4 | 8): Uint8Array {
    return this.#take(this.unsigned(size));
  }

  text(size: 1 | 4 | 8, encoding: 'latin1' | 'utf8'): string {
    return Buffer.from(this.bytes(size)).toString(encoding);
  }

  /** A little-endian integer of any length. */
  long(): number {
    let value = 0n;
    const bytes = this.bytes(1);
    for (const [i, byte] of bytes.entries()) value += BigInt(byte) << BigInt(8 * i);
    return Number(BigInt.asIntN(8 * Math.max(1, bytes.length), value));
  }

  line(): string {
    const end = this.#bytes.indexOf(10, this.#at);
    if (end < 0) throw this.refuse('a name in it does not end');
    const text = Buffer.from(this.#take(end - this.#at)).toString('latin1');
    this.#at++;
    return text;
  }

  push(value: Pickled): void {
    this.#stack.push(value);
  }

  #pop(): Pickled {
    const value = this.#stack.pop();
    if (value === undefined) throw this.refuse('it takes a value that is not there');
    return value;
  }

  pop(): Pickled {
    return this.#pop();
  }

  top(): Pickled {
    const value = this.#stack.at(-1);
    if (value === undefined) throw this.refuse('it takes a value that is not there');
    return value;
  }

  mark(): void {
    this.#marks.push(this.#stack);
    this.#stack = [];
  }

  sinceMark(): Pickled[] {
    const values = this.#stack;
    const below = this.#marks.pop();
    if (!below) throw this.refuse('it takes a mark that is not there');
    this.#stack = below;
    return values;
  }

  keep(place: number): void {
    this.#memo.set(place, this.top());
  }

  keepNext(): void {
    this.keep(this.#memo.size);
  }

  kept(place: number): void {
    const value = this.#memo.get(place);
    if (value === undefined) throw this.refuse(`it takes value ${place}, which it has not kept`);
    this.push(value);
  }

  global(name: string): void {
    if (!NAMED.has(name)) throw this.refuse(`it names ${name}`);
    this.push({ kind: 'global', name });
  }

  list(): Pickled[] {
    const value = this.top();
    if (!Array.isArray(value)) throw this.refuse('it adds to what is no list');
    return value;
  }

  map(): Map<Pickled, Pickled> {
    const value = this.top();
    if (!(value instanceof Map)) throw this.refuse('it adds to what is no dict');
    return value;
  }

  /**
   * Calls nothing: the three names that are known stand for an empty array, a type, and text as
   * bytes.
   */
  reduce(): void {
    const values = this.#pop();
    const callee = this.#pop();
    if (!isKind(callee, 'global') || !Array.isArray(values)) throw this.refuse('it calls what is no function');
    if (RECONSTRUCT.has(callee.name))
      this.push({ kind: 'array', descr: '', shape: [], fortran: false, bytes: new Uint8Array() });
    else if (callee.name === 'numpy.dtype') this.push({ kind: 'dtype', code: textOf(values[0]) ?? '' });
    else if (callee.name === '_codecs.encode') this.push(Buffer.from(textOf(values[0]) ?? '', 'latin1'));
    else throw this.refuse(`it calls ${callee.name}`);
  }

  /** Fills an array or a type with its state. */
  build(): void {
    const state = this.#pop();
    const object = this.top();
    if (!Array.isArray(state)) throw this.refuse('it changes an object');
    if (isKind(object, 'dtype')) {
      const order = textOf(state[1]) ?? '|';
      object.code = `${order === '=' ? '<' : order}${object.code}`;
    } else if (isKind(object, 'array')) {
      const [, shape, type, fortran, data] = state;
      const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
      if (!Array.isArray(shape) || !isKind(type, 'dtype') || !(bytes instanceof Uint8Array))
        throw this.refuse("it holds an array of another form than NumPy's own");
      Object.assign(object, { descr: type.code, shape: shape.map(Number), fortran: fortran === true, bytes });
    } else throw this.refuse('it changes an object');
  }
}

function isKind<K extends 'array' | 'dtype' | 'global'>(
  value: Pickled | undefined,
  kind: K,
): value is Extract<Pickled, { readonly kind: K }> {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind;
}

export function isPickledArray(value: Pickled | undefined): value is PickledArray {
  return isKind(value, 'array');
}

function textOf(value: Pickled | undefined): string | null {
  if (typeof value === 'string') return value;
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : null;
}

const tuple =
  (length: number) =>
  (reader: Reader): void => {
    const values = Array.from({ length }, () => reader.pop());
    reader.push(values.reverse());
  };

function setItems(map: Map<Pickled, Pickled>, pairs: readonly Pickled[]): void {
  // Text and bytes are both names in Python 2.
  for (let i = 0; i + 1 < pairs.length; i += 2) map.set(textOf(pairs[i]) ?? pairs[i]!, pairs[i + 1]!);
}

const INSTRUCTIONS: Readonly<Record<string, (reader: Reader) => void>> = {
  '\x80': (r) => void r.unsigned(1), // PROTO
  '\x95': (r) => void r.unsigned(8), // FRAME
  '(': (r) => r.mark(),
  '0': (r) => void r.pop(),
  '2': (r) => r.push(r.top()),
  N: (r) => r.push(null),
  '\x88': (r) => r.push(true),
  '\x89': (r) => r.push(false),
  K: (r) => r.push(r.unsigned(1)),
  M: (r) => r.push(r.unsigned(2)),
  J: (r) => r.push(r.signed()),
  '\x8a': (r) => r.push(r.long()),
  G: (r) => r.push(r.float()),
  U: (r) => r.push(r.text(1, 'latin1')), // SHORT_BINSTRING
  T: (r) => r.push(r.text(4, 'latin1')), // BINSTRING
  C: (r) => r.push(r.bytes(1)),
  B: (r) => r.push(r.bytes(4)),
  '\x8e': (r) => r.push(r.bytes(8)),
  '\x96': (r) => r.push(r.bytes(8)), // BYTEARRAY8
  X: (r) => r.push(r.text(4, 'utf8')), // BINUNICODE
  '\x8c': (r) => r.push(r.text(1, 'utf8')),
  '\x8d': (r) => r.push(r.text(8, 'utf8')),
  ')': (r) => r.push([]),
  t: (r) => r.push(r.sinceMark()),
  '\x85': tuple(1),
  '\x86': tuple(2),
  '\x87': tuple(3),
  ']': (r) => r.push([]),
  l: (r) => r.push(r.sinceMark()),
  a: (r) => {
    const value = r.pop();
    r.list().push(value);
  },
  e: (r) => {
    const values = r.sinceMark();
    const list = r.list();
    for (const value of values) list.push(value);
  },
  '}': (r) => r.push(new Map()),
  d: (r) => {
    const map = new Map<Pickled, Pickled>();
    setItems(map, r.sinceMark());
    r.push(map);
  },
  s: (r) => {
    const [value, key] = [r.pop(), r.pop()];
    setItems(r.map(), [key, value]);
  },
  u: (r) => {
    const pairs = r.sinceMark();
    setItems(r.map(), pairs);
  },
  q: (r) => r.keep(r.unsigned(1)), // BINPUT
  r: (r) => r.keep(r.unsigned(4)),
  '\x94': (r) => r.keepNext(), // MEMOIZE
  h: (r) => r.kept(r.unsigned(1)), // BINGET
  j: (r) => r.kept(r.unsigned(4)),
  c: (r) => {
    const module = r.line();
    r.global(`${module}.${r.line()}`);
  },
  '\x93': (r) => {
    const [name, module] = [r.pop(), r.pop()];
    r.global(`${textOf(module)}.${textOf(name)}`);
  },
  R: (r) => r.reduce(),
  b: (r) => r.build(),
};
