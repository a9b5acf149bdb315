// The form for a new run follows from what the program knows already. Names and help come from the
// options of `train`, kinds and limits from the schema, and values from the presets.
import { z } from 'zod';
import { DEFAULT_PRESET, presets } from '../../gan/presets.ts';
import { optionsThatRepeat } from '../../train/repeat.ts';
import type { RunConfig } from '../../train/run-schema.ts';
import type { FormDescription, FormField, RunDetail } from '../api.ts';

/** An option of `dcgan train`, as the command line describes it. */
export interface TrainFlag {
  /** `--batch-size`. */
  readonly flag: string;
  /** The library's name: `batchSize`. */
  readonly name: string;
  readonly help: string;
  readonly group: string;
  readonly takesValue: boolean;
  readonly choices?: readonly string[];
}

interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
  readonly anyOf?: readonly JsonSchema[];
}

/** The form leaves out what the studio itself decides, and what makes no sense in a form. */
const LEFT_OUT = new Set(['out', 'config', 'resume', 'from', 'dryRun', 'json', 'quiet', 'debug', 'preview', 'help']);

/** Describes the form. `schema` describes the options by the library's names. */
export function describeForm(flags: readonly TrainFlag[], schema: z.ZodType): FormDescription {
  const { properties } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as {
    readonly properties: Readonly<Record<string, JsonSchema>>;
  };
  return {
    fields: flags.filter(({ name }) => !LEFT_OUT.has(name)).map((flag) => fieldOf(flag, properties[flag.name])),
    presets,
    defaultPreset: DEFAULT_PRESET,
  };
}

/**
 * Returns the options that make a run again, as far as the form has them and they differ from the
 * preset's.
 */
export function optionsOf(run: RunConfig, { fields, presets: known }: FormDescription): RunDetail['options'] {
  const preset = known[run.config.preset] ?? {};
  const options: Readonly<Record<string, unknown>> = { ...optionsThatRepeat(run) };
  const differing = fields
    .map(({ name }) => [name, options[name]] as const)
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .filter(([name, value]) => name === 'preset' || JSON.stringify(preset[name]) !== JSON.stringify(value));
  return Object.fromEntries(
    differing.map(([name, value]) => [
      name,
      typeof value === 'number' || typeof value === 'boolean' ? value : textOf(name, value),
    ]),
  );
}

/** A field's text: a size as `64x96`, lists with commas. */
function textOf(name: string, value: unknown): string {
  return name === 'imageSize' && Array.isArray(value) ? value.join('x') : String(value);
}

function fieldOf(
  { flag, name, help, group, takesValue, choices }: TrainFlag,
  schema: JsonSchema | undefined,
): FormField {
  const common = { name, flag, help, group };
  if (name === 'preset') return { ...common, kind: 'choice', choices: Object.keys(presets) };
  if (choices) return { ...common, kind: 'choice', choices };
  if (!takesValue) return { ...common, kind: 'switch' };
  const own = schema?.anyOf?.find(({ type }) => type !== 'null') ?? schema;
  // A size is one number, or two: people write 64 or 64x96.
  if (own !== schema && schema?.anyOf?.some(({ type }) => type === 'array')) return { ...common, kind: 'text' };
  const values = own?.enum?.filter((value) => typeof value === 'string');
  if (values && values.length > 0) return { ...common, kind: 'choice', choices: values };
  if (own?.type === 'array') return { ...common, kind: 'numbers' };
  if (own?.type !== 'number' && own?.type !== 'integer') return { ...common, kind: 'text' };
  const most = own.maximum ?? own.exclusiveMaximum;
  return {
    ...common,
    kind: own.type,
    ...(own.minimum !== undefined && { least: own.minimum }),
    ...(most !== undefined && most < Number.MAX_SAFE_INTEGER && { most }),
  };
}
