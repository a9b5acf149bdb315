// The option that chooses a class of a conditional model, by its name or by its number.
import { Option } from 'commander';
import type { DCGAN } from '../../gan/dcgan.ts';
import { usage } from '../../platform/errors.ts';
import { didYouMean } from '../../platform/suggest.ts';
import { firstOf } from '../../platform/text.ts';

/** So many classes are listed at most. */
const LISTED = 20;

export function classOption(): Option {
  return new Option('--class <name|n>', 'the class to make, of a run trained with --cond');
}

/** The same for a command that takes several classes. */
export function classesOption(of: string): Option {
  return new Option('--class <name|n,...>', `the class to make, of a run trained with --cond; several: ${of}`);
}

/** Returns `0 cats, 1 dogs` for classes with names. */
export function classList(names: NonNullable<DCGAN['classNames']>): string {
  const shown = names.map((name, label) => `${label} ${name ?? '(without images)'}`);
  return firstOf(shown, LISTED).join(', ');
}

/** Returns a line that names the classes that nothing is drawn of; empty when all have images. */
export function leftOutText(names: DCGAN['classNames']): string {
  const empty = (names ?? []).flatMap((name, label) => (name === null ? [String(label)] : []));
  if (empty.length === 0) return '';
  const of = `${empty.length === 1 ? 'class' : 'classes'} ${firstOf(empty, LISTED).join(', ')}`;
  return `nothing is drawn of ${of}, of which the data had no image\n`;
}

/**
 * Returns the class that was asked for, by its name where one is called so, else by its number.
 * @throws a usage error that lists the classes, when the model does not have it
 */
export function classAsked(
  asked: string | undefined,
  { config: { classes }, classNames }: Pick<DCGAN, 'config' | 'classNames'>,
): number | undefined {
  if (asked === undefined) return undefined;
  if (classes === 0)
    throw usage({
      what: '--class needs a model that was trained with --cond, which this one was not',
      todo: 'Leave it out',
    });
  const names = classNames ?? [];
  const named = names.indexOf(asked);
  const label = named >= 0 ? named : /^\d{1,3}$/.test(asked) ? Number(asked) : classes;
  if (label >= classes)
    throw usage({
      what: '--class names no class of this model',
      expected: classNames ? `one of ${classList(classNames)}` : `a whole number from 0 to ${classes - 1}`,
      got: asked,
      ...todoFor(asked, names),
    });
  if (classNames?.[label] === null)
    throw usage({ what: `the data had no image of class ${label}`, expected: `one of ${classList(classNames)}` });
  return label;
}

/**
 * Returns the classes that were asked for: one by its name or number, or several with commas
 * between them.
 * @throws a usage error that lists the classes, when the model does not have one of them
 */
export function classesAsked(
  asked: string | undefined,
  gan: Pick<DCGAN, 'config' | 'classNames'>,
): readonly number[] | undefined {
  if (asked === undefined) return undefined;
  const parts = gan.classNames?.includes(asked) ? [asked] : asked.split(',');
  return parts.map((part) => classAsked(part, gan)!);
}

function todoFor(asked: string, names: NonNullable<DCGAN['classNames']>): { readonly todo?: string } {
  const near = didYouMean(
    asked,
    names.filter((name) => name !== null),
  );
  return near === null ? {} : { todo: near };
}
