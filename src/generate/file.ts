// A generator's file (src/export/alone.ts), checked as what it may be: a stranger's. The checksum
// tells damage. The configuration is checked as far as a generator reads it, without the schema,
// whose library alone is larger than this entry; then every tensor must have the shape that it asks
// for.
import { verify } from '../checkpoint/checksum.ts';
import { indexTensors, type StoredTensor } from '../checkpoint/safetensors.ts';
import { sameShape, showShape } from '../engine/graph.ts';
import { layoutState, type StateLayout } from '../engine/layout.ts';
import { makeGenerator } from '../gan/generator.ts';
import type { GeneratorModel } from '../gan/model.ts';
import type { Config } from '../gan/schema.ts';
import { Variables } from '../nn/variables.ts';
import { DcganError } from '../platform/errors.ts';
import { parseJson, showJson } from '../platform/json.ts';
import { clean } from '../platform/text.ts';

const FORMAT = 'dcgan-generator-1';

/** What a generator's file holds. */
export interface GeneratorFile {
  readonly model: GeneratorModel;
  readonly layout: StateLayout;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly classNames: readonly (string | null)[] | null;
}

/** @throws DcganError for a damaged file, and for one that holds no generator; `file` names it */
export function decodeGenerator(bytes: Uint8Array, file: string): GeneratorFile {
  const { metadata, shapes, tensors } = indexTensors(bytes, file, ['F32', 'F16']);
  if (metadata.format !== FORMAT)
    throw new DcganError({
      what: `${file} holds no generator alone`,
      expected: `format ${FORMAT}`,
      got: metadata.format ?? 'none',
      todo: 'Export one: "npx dcgan export CHECKPOINT --to safetensors"',
    });
  verify(bytes, file, 'generator');
  const config = readConfig(metadata.config, file);
  const variables = new Variables('generator');
  const generate = makeGenerator(variables, config);
  const layout = layoutState(variables.all.map(({ tensor }) => tensor));
  for (const [name, { shape }] of layout.slots) {
    const got = shapes.get(name);
    if (got && sameShape(got, shape)) continue;
    throw new DcganError({
      what: `${file}: tensor ${name}`,
      expected: `shape ${showShape(shape)}`,
      got: got ? showShape(got) : 'none',
    });
  }
  const model: GeneratorModel = { config, generate, average: null };
  return { model, layout, tensors: tensors(), classNames: readNames(metadata.classes, config) };
}

const isCount =
  (least: number) =>
  (value: unknown): boolean =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= 4096;
const isNumber = (value: unknown): boolean => typeof value === 'number';

/** The values of a configuration that a generator reads. */
const READ: Partial<Record<keyof Config, (value: unknown) => boolean>> = {
  imageSize: (value) => isCount(1)(value) || (Array.isArray(value) && value.length === 2 && value.every(isCount(1))),
  channels: (value) => value === 1 || value === 3,
  latent: isCount(1),
  generatorWidths: (value) => Array.isArray(value) && value.length > 0 && value.every(isCount(1)),
  strideOneLayer: (value) => typeof value === 'boolean',
  // Files of earlier versions have none.
  upsampling: (value) => value === undefined || value === 'transposed' || value === 'nearest',
  generatorSlope: isNumber,
  batchNormEpsilon: isNumber,
  classes: isCount(0),
  groups: isCount(0),
};

function readConfig(text: string | undefined, file: string): Config {
  let config: unknown;
  try {
    config = parseJson(text ?? 'null');
  } catch (cause) {
    throw new DcganError({ what: `${file}: config is not JSON`, got: showJson(text), cause });
  }
  const values = (config ?? {}) as Partial<Record<string, unknown>>;
  for (const [key, fits] of Object.entries(READ))
    if (!fits(values[key]))
      throw new DcganError({
        what: `${file}: config: ${key} has an invalid value`,
        got: showJson(values[key]),
        todo: 'Export the generator again with this version of dcgan',
      });
  return config as Config;
}

/** The names of the classes; names that do not fit the model are left out, for they only inform. */
function readNames(text: string | undefined, { classes }: Config): GeneratorFile['classNames'] {
  try {
    const names = parseJson(text ?? 'null');
    if (!Array.isArray(names) || names.length !== classes) return null;
    return names.map((name) => (typeof name === 'string' ? clean(name) : null));
  } catch {
    return null;
  }
}
