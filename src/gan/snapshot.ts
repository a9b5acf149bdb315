// A model's state as a file: its tensors by name, and all that is needed to continue. Equal states
// give equal bytes, in Node and in a page. Other programs read it as a plain safetensors file.

import { checkpointParts, DamagedCheckpoint, hasChecksum, verify } from '../checkpoint/checksum.ts';
import { brokenTensor } from '../checkpoint/finite.ts';
import { indexTensors, joined, type StoredTensor, type TensorIndex } from '../checkpoint/safetensors.ts';
import { sameShape, showShape } from '../engine/graph.ts';
import type { StateLayout } from '../engine/layout.ts';
import type { ByteSource } from '../platform/bytes.ts';
import { DcganError, usage } from '../platform/errors.ts';
import { parseJson, showJson } from '../platform/json.ts';
import { clean } from '../platform/text.ts';
import { parseConfig } from './config.ts';
import { makeModel } from './model.ts';
import type { Config } from './schema.ts';

/** At most this many characters of a class's name are kept. */
const LONGEST_NAME = 1000;
/** The number rises whenever older programs could misread a file. */
const FORMAT = 'dcgan-1';

/** The keys that a file may hold beside its tensors. */
const METADATA: readonly string[] = ['checksum', 'classes', 'config', 'epoch', 'format', 'seed', 'step'];

/**
 * The names of a conditional model's classes in their order. A class that the data had no image of
 * has null.
 */
export type ClassNames = readonly (string | null)[];

/** The complete state of a model at one moment. */
export interface Snapshot {
  /** All values that decide the model. */
  readonly config: Config;
  /** Decides every bit of the state, together with the configuration and the data. */
  readonly seed: number;
  /** The number of steps taken. */
  readonly step: number;
  /** The number of finished epochs. */
  readonly epoch: number;
  /** The names of the classes; see `ClassNames`. */
  readonly classNames?: ClassNames | undefined;
  /** Every tensor of the state. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** Returns the bytes of a snapshot's file. */
export function encodeSnapshot(snapshot: Snapshot): Uint8Array<ArrayBuffer> {
  return joined(snapshotParts(snapshot));
}

/**
 * Returns the same bytes in parts that are written one after another, because a state may be larger
 * than an array.
 */
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
 * Decodes a snapshot and checks it completely: the checksum, the format, the configuration, and the
 * name and shape of every tensor. `file` names it in errors.
 */
export function decodeSnapshot(bytes: ByteSource, file: string): Snapshot {
  const index = indexOrDamaged(bytes, file);
  const { metadata } = index;
  const claims = 'checksum' in metadata;
  if (claims) verify(bytes, file);
  if (metadata.format !== FORMAT)
    throw new DcganError({
      what: `${file} is not a checkpoint of dcgan`,
      expected: `format ${FORMAT}`,
      got: metadata.format ?? 'none',
      todo: /^dcgan-(generator|discriminator)-/.test(metadata.format ?? '')
        ? 'It holds one network alone: give the checkpoint that it was exported from'
        : 'Give a file that dcgan wrote',
    });
  if (!claims) verify(bytes, file);
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
  const tensors = index.tensors();
  const broken = brokenTensor(tensors);
  if (broken !== null)
    throw new DcganError({
      what: `${file}: ${broken}`,
      expected: 'finite numbers',
      todo: 'Give an earlier checkpoint: nothing can be drawn or trained from this one',
    });
  return {
    ...{ config, seed: number('seed'), step: number('step'), epoch: number('epoch') },
    ...(classNames && { classNames }),
    tensors,
  };
}

/**
 * Returns the names of a model's classes, which a file will hold.
 * @throws a usage error for other names than one for each class
 */
export function checkNames(names: ClassNames, { classes }: Config): ClassNames {
  if (isNames(names) && names.length === classes) return Object.freeze([...names]);
  throw usage({
    what: 'classNames do not fit the classes of the model',
    expected: classes === 0 ? 'none, because the model has no classes' : `a list of ${classes} names, or null for one`,
    got: isNames(names) ? `${names.length} names` : showJson(names),
    options: ['classNames', 'classes'],
  });
}

function isNames(value: unknown): value is ClassNames {
  return Array.isArray(value) && value.every((name) => name === null || typeof name === 'string');
}

/**
 * Checks and cleans the names, because the names in a stranger's file reach terminals and pages.
 */
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
 * Decodes the index of a file. A file that cannot be decoded but carries a checksum is a damaged
 * checkpoint; without a checksum it may be anything.
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
