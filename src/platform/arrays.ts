// The one check of arrays that a caller gives. The engine reads their memory as the type that it
// expects, so an array of another type would be read as other numbers. It is refused by name before
// anything is asked of a device. Arrays of another window or worker have other classes, so their
// own tag decides.
import { usage } from './errors.ts';

const tagOf = (values: unknown): string => Object.prototype.toString.call(values).slice(8, -1);

/** Returns the values. @throws a usage error that begins with `what`, for any other array */
export function floats(what: string, values: unknown): Float32Array {
  return fits(values, 'Float32Array') ? (values as Float32Array) : refuse(what, values, 'Float32Array');
}

/** Returns the bytes. @throws a usage error that begins with `what`, for any other array */
export function bytes(what: string, values: unknown): Uint8Array {
  return fits(values, 'Uint8Array') ? (values as Uint8Array) : refuse(what, values, 'Uint8Array');
}

/** Whether values are bytes, also where they come from another window. */
export function isBytes(values: unknown): values is Uint8Array {
  return fits(values, 'Uint8Array');
}

function fits(values: unknown, type: string): boolean {
  return ArrayBuffer.isView(values) && tagOf(values) === type;
}

function refuse(what: string, values: unknown, type: string): never {
  const isArray = Array.isArray(values) || ArrayBuffer.isView(values);
  throw usage({
    what,
    expected: `a ${type}`,
    got: values === undefined || values === null ? String(values) : isArray ? tagOf(values) : typeof values,
    todo: isArray ? `Convert it: ${type}.from(values)` : `Give a ${type}`,
  });
}
