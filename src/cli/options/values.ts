// Reads option values strictly. `1.5`, `abc` or `0` where a count is wanted are wrong usage, and
// the error names the option.

import { Option } from 'commander';
import { type ImageSize, sidesOf, sizeFromText } from '../../data/image-size.ts';
import { CHOICES } from '../../engine/backends/index.ts';
import { PRECISIONS } from '../../engine/plan.ts';
import { DEFAULT_PRESET, presets } from '../../gan/presets.ts';
import type { Config } from '../../gan/schema.ts';
import { usage } from '../../platform/errors.ts';
import { didYouMean, oneOf } from '../../platform/suggest.ts';

type Read<T> = (text: string) => T;

/** Reads a whole number from `least` to `most`, in plain digits. */
export function wholeNumber(option: string, least: number, most = Number.MAX_SAFE_INTEGER): Read<number> {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    const top = most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`;
    throw usage({
      what: `${option} has an invalid value`,
      expected: `a whole number from ${least}${top}`,
      got: quoted(text),
    });
  };
}

/** Reads the side of squares, or height and width with an x between them. */
export function imageSize(option: string, most: number): Read<ImageSize> {
  return (text) => {
    const size = sizeFromText(text);
    if (size !== null && sidesOf(size).every((side) => side >= 1 && side <= most)) return size;
    throw usage({
      what: `${option} has an invalid value`,
      expected: `a whole number from 1 to ${most}, or height x width such as 64x96`,
      got: quoted(text),
    });
  };
}

/** Reads whole numbers with commas between them. */
export function wholeNumbers(option: string, least: number): Read<number[]> {
  const one = wholeNumber(option, least);
  return (text) => text.split(',').map((part) => one(part.trim()));
}

/** Reads one of some names. */
export function choice<T extends string>(option: string, names: readonly T[]): Read<T> {
  return (text) => {
    const found = names.find((name) => name === text);
    if (found !== undefined) return found;
    const todo = didYouMean(text, names);
    throw usage({
      what: `${option} has an invalid value`,
      expected: oneOf(names),
      got: quoted(text),
      ...(todo && { todo }),
    });
  };
}

const quoted = (text: string): string => JSON.stringify(text);

export const PRESET_NAMES = Object.keys(presets) as (keyof typeof presets)[];

/**
 * Returns `(default: 150; tf2 50, tiny 10)`: the default preset's value, and those of presets that
 * differ.
 */
export function defaultOf(key: keyof Config): string {
  const shown = (value: unknown): string => (value === false || value === null ? 'none' : String(value));
  const standard = shown(presets[DEFAULT_PRESET][key]);
  const others = PRESET_NAMES.filter((name) => shown(presets[name][key]) !== standard);
  const differing = others.map((name) => `${name} ${shown(presets[name][key])}`).join(', ');
  return `(default: ${standard}${differing && `; ${differing}`})`;
}

export function deviceOption(standard = 'auto'): Option {
  return new Option('--device <name>', `device that computes: ${CHOICES.join(', ')} (default: ${standard})`).argParser(
    choice('--device', CHOICES),
  );
}

export function threadsOption(): Option {
  return new Option('--threads <n>', 'threads (default: the cores this process may use)').argParser(
    wholeNumber('--threads', 1, 256),
  );
}

export function precisionOption(): Option {
  const parts =
    'precision of products in training steps: float32, or bf16 (native, with AMX or AVX512-BF16; default: float32)';
  return new Option('--precision <name>', parts).argParser(choice('--precision', PRECISIONS));
}

export function presetOption(what = 'configuration to start from'): Option {
  return new Option('--preset <name>', `${what}: ${PRESET_NAMES.join(', ')}`).argParser(
    choice('--preset', PRESET_NAMES),
  );
}

export function seedOption(what: string): Option {
  return new Option('--seed <n>', what).argParser(wholeNumber('--seed', 0));
}

/** Commands that draw in a terminal have `--no-pictures`. */
export function noPicturesOption(): Option {
  return new Option('--no-pictures', 'draw nothing in the terminal; files are written all the same');
}

/** Every command has `--debug`; main looks for it itself. */
export function debugOption(): Option {
  return new Option('--debug', 'print a stack trace with errors');
}
