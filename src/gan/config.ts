// Makes configurations and checks them. A configuration is a preset with some values replaced, or a
// record from a file.
import { usage } from '../platform/errors.ts';
import { parseData } from '../platform/schema.ts';
import { didYouMean } from '../platform/suggest.ts';
import { refuseNonsense } from './combinations.ts';
import { DEFAULT_PRESET, presets } from './presets.ts';
import { type Config, type ConfigOverrides, configSchema, frozen, savedConfigSchema } from './schema.ts';

/**
 * Returns a preset with single values replaced.
 * @throws a usage error for a wrong name or value; it suggests the nearest right one
 */
export function resolveConfig(preset: string = DEFAULT_PRESET, overrides: ConfigOverrides = {}): Config {
  return parseConfig(replaced(preset, overrides), 'the configuration');
}

/**
 * Returns the same before its values are checked, for those who replace more of them.
 * @throws a usage error for a wrong name
 */
export function replaced(preset: string, overrides: ConfigOverrides): Config {
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
  return { ...base, ...given };
}

/**
 * Checks that unknown data are a whole configuration; `where` names them in errors.
 * @throws a usage error for the first wrong key or value, or for a combination that makes no sense
 */
export function parseConfig(data: unknown, where: string): Config {
  const config = parseData(savedConfigSchema, data, where, Object.keys(configSchema.shape));
  refuseNonsense(config);
  return frozen(config);
}
