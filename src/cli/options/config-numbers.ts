// Reads numbers of a configuration from the command line, within the limits that its schema sets.
import * as z from 'zod';
import { type Config, configSchema } from '../../gan/schema.ts';
import { usage } from '../../platform/errors.ts';
import { wholeNumber } from './values.ts';

/** The keys of a configuration that hold a number. */
export type NumberKey = { [K in keyof Config]: Config[K] extends number ? K : never }[keyof Config];

/** A number's limits as JSON Schema names them (draft 2020-12, validation, section 6.2). */
interface Limits {
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
}

function limitsOf(key: NumberKey): Limits {
  return z.toJSONSchema(configSchema.shape[key]) as Limits;
}

/** Returns a reader of whole numbers in plain digits. */
export function wholeNumberOf(option: string, key: NumberKey): (text: string) => number {
  // The limits of options that nobody gives are not looked up.
  return (text) => {
    const { minimum = 0, exclusiveMinimum = minimum - 1, maximum } = limitsOf(key);
    return wholeNumber(option, Math.max(minimum, exclusiveMinimum + 1), maximum)(text);
  };
}

/** Returns a reader of decimal numbers. */
export function numberOf(option: string, key: NumberKey): (text: string) => number {
  return (text) => {
    const limits = limitsOf(key);
    const [lowest, highest] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    const {
      minimum = lowest,
      exclusiveMinimum = lowest,
      maximum = Number.MAX_VALUE,
      exclusiveMaximum = highest,
    } = limits;
    const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value > exclusiveMinimum && value <= maximum && value < exclusiveMaximum) return value;
    const words = inWords(limits);
    throw usage({ what: `${option} has an invalid value`, expected: `a number ${words}`, got: JSON.stringify(text) });
  };
}

function inWords({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: Limits): string {
  return [
    ...(minimum === undefined ? [] : [`from ${minimum}`]),
    ...(exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`]),
    ...(maximum === undefined ? [] : [`up to ${maximum}`]),
    ...(exclusiveMaximum === undefined ? [] : [`and below ${exclusiveMaximum}`]),
  ].join(' ');
}
