// A model's state as a file: tensors by name, and what is needed to go on with them. The same bytes
// for the same state, in Node and in a page; a plain safetensors file to everyone else.

import { checkpointParts, DamagedCheckpoint, hasChecksum, verify } from '../checkpoint/checksum.ts';
import { indexTensors, joined, type StoredTensor, type TensorIndex } from '../checkpoint/safetensors.ts';
import { sameShape, showShape } from '../engine/graph.ts';
import type { StateLayout } from '../engine/layout.ts';
import type { ByteSource } from '../platform/bytes.ts';
import { DcganError } from '../platform/errors.ts';
import { parseJson, showJson } from '../platform/json.ts';
import { clean } from '../platform/text.ts';
import { parseConfig } from './config.ts';
import { makeModel } from './model.ts';
import type { Config } from './schema.ts';

/** Characters of a class's name that are kept. */
const LONGEST_NAME = 1000;
/** Raised whenever older programs could misread a file. */
const FORMAT = 'dcgan-1';

/** All that a file says beside its tensors. */
const METADATA: readonly string[] = ['checksum', 'classes', 'config', 'epoch', 'format', 'seed', 'step'];

/**
 * What each class of a conditional model is called, in their order; null for one that the data had no
 * image of.
 */
export type ClassNames = readonly (string | null)[];

/** Everything a model is, at one moment. */
export interface Snapshot {
  /** All values that decide the model. */
  readonly config: Config;
  /** Decides, with the configuration and the data, every bit of the state. */
  readonly seed: number;
  /** Steps taken. */
  readonly step: number;
  /** Epochs finished. */
  readonly epoch: number;
  /** What its classes are called; see `ClassNames`. */
  readonly classNames?: ClassNames | undefined;
  /** Every tensor of the state. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** A snapshot's file. */
export function encodeSnapshot(snapshot: Snapshot): Uint8Array {
  return joined(snapshotParts(snapshot));
}

/** The same as parts, to be written one after another: a state may be larger than an array. */
export function snapshotParts({ config, seed, step, epoch, classNames, tensors }: Snapshot): Uint8Array[] {
  return checkpointParts(tensors, {
    ...(classNames && { classes: JSON.stringify(classNames) }),
    format: FORMAT,
    config: JSON.stringify(config),
    seed: String(seed),
    step: String(step),
    epoch: String(epoch),
  });
}

/**
 * A snapshot from a file's bytes, checked to the last: checksum, format, configuration, every
 * tensor's name and shape. `file` names it in errors.
 */
export function decodeSnapshot(bytes: ByteSource, file: string): Snapshot {
  const index = indexOrDamaged(bytes, file);
  const { metadata } = index;
  if ('checksum' in metadata) verify(bytes, file);
  if (metadata.format !== FORMAT)
    throw new DcganError({
      what: `${file} is not a checkpoint of dcgan`,
      expected: `format ${FORMAT}`,
      got: metadata.format ?? 'none',
      todo: /^dcgan-(generator|discriminator)-/.test(metadata.format ?? '')
        ? 'It holds one network alone: give the checkpoint that it was exported from'
        : 'Give a file that dcgan wrote',
    });
  verify(bytes, file);
  const stray = Object.keys(metadata).find((key) => !METADATA.includes(key));
  if (stray !== undefined)
    throw new DcganError({
      what: `${file}: unknown metadata ${stray}`,
      expected: METADATA.join(', '),
      todo: 'Read it with the version of dcgan that wrote it',
    });
  const config = parseConfig(configOf(metadata.config, file), `${file}: config`);
  checkShapes(index.shapes, makeModel(config).layout, file);
  const number = (key: string): number => {
    const value = /^\d{1,16}$/.test(metadata[key] ?? '') ? Number(metadata[key]) : Number.NaN;
    if (Number.isSafeInteger(value)) return value;
    throw new DcganError({
      what: `${file}: ${key} has an invalid value`,
      expected: 'a whole number',
      got: String(metadata[key]),
    });
  };
  const classNames = namesOf(metadata.classes, config, file);
  return {
    ...{ config, seed: number('seed'), step: number('step'), epoch: number('epoch') },
    ...(classNames && { classNames }),
    tensors: index.tensors(),
  };
}

function isNames(value: unknown): value is ClassNames {
  return Array.isArray(value) && value.every((name) => name === null || typeof name === 'string');
}

/** The names of a stranger's file reach terminals and pages. */
function namesOf(text: string | undefined, { classes }: Config, file: string): ClassNames | undefined {
  if (text === undefined) return undefined;
  let names: unknown = null;
  try {
    names = parseJson(text);
  } catch {
    // The error below covers this too.
  }
  if (isNames(names) && names.length === classes)
    return names.map((name) => (name === null ? null : clean(name.slice(0, LONGEST_NAME))));
  throw new DcganError({
    what: `${file}: the names of its classes are not a list of the right length`,
    expected: `a list of ${classes} names`,
    got: showJson(text),
  });
}

function configOf(text: string | undefined, file: string): unknown {
  try {
    return parseJson(text ?? 'null');
  } catch (cause) {
    throw new DcganError({ what: `${file}: config is not JSON`, got: showJson(text), cause });
  }
}

/**
 * A file that cannot even be decoded, but carries a checksum, is a damaged checkpoint; without one
 * it may be anything.
 */
function indexOrDamaged(bytes: ByteSource, file: string): TensorIndex {
  try {
    return indexTensors(bytes, file);
  } catch (cause) {
    if (hasChecksum(bytes)) verify(bytes, file);
    throw new DamagedCheckpoint({
      what: `${file} is not a checkpoint, or damaged from its first bytes on`,
      expected: 'a safetensors file that dcgan wrote',
      got: bytes.length === 0 ? 'an empty file' : 'another',
      todo: 'Give a run or another of its checkpoints',
      cause,
    });
  }
}

function checkShapes(shapes: TensorIndex['shapes'], { slots }: StateLayout, file: string): void {
  for (const name of shapes.keys())
    if (!slots.has(name)) throw new DcganError({ what: `${file}: unexpected tensor ${name}` });
  for (const [name, { shape }] of slots) {
    const got = shapes.get(name);
    if (!got || !sameShape(got, shape))
      throw new DcganError({
        what: `${file}: tensor ${name}`,
        expected: `shape ${showShape(shape)}`,
        got: got ? showShape(got) : 'none',
      });
  }
}
