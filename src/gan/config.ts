// Configurations made and checked: a preset with some values replaced, or a record from a file.
import { usage } from '../platform/errors.ts';
import { parseData } from '../platform/schema.ts';
import { didYouMean } from '../platform/suggest.ts';
import { refuseNonsense } from './combinations.ts';
import { DEFAULT_PRESET, presets } from './presets.ts';
import { type Config, type ConfigOverrides, configSchema, savedConfigSchema } from './schema.ts';

/**
 * A preset with single values replaced. Wrong names or values: a usage error that names the nearest
 * right one.
 */
export function resolveConfig(preset: string = DEFAULT_PRESET, overrides: ConfigOverrides = {}): Config {
  const base = Object.entries(presets).find(([name]) => name === preset)?.[1];
  if (!base) {
    const todo = didYouMean(preset, Object.keys(presets));
    throw usage({
      what: `unknown preset ${JSON.stringify(preset)}`,
      expected: Object.keys(presets).join(', '),
      ...(todo && { todo }),
    });
  }
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  return parseConfig({ ...base, ...given }, 'the configuration');
}

/** A whole configuration from unknown data; `where` names it in errors. */
export function parseConfig(data: unknown, where: string): Config {
  const config = parseData(savedConfigSchema, data, where, Object.keys(configSchema.shape));
  refuseNonsense(config);
  return config;
}
