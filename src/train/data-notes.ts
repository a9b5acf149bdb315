// Notes on a dataset that a person should read before they wait for a training on it.
import type { Dataset } from '../data/dataset.ts';
import type { ClassNames } from '../gan/snapshot.ts';

/** This many images are examined for a colour that all share. */
const LOOKED_AT = 64;

/** At most this many classes are named. */
const NAMED = 20;

/** Returns the notes. Each is one sentence without a full stop. */
export function notesOnData(data: Dataset, batchSize: number): string[] {
  const { count, name } = data;
  const notes: string[] = [];
  if (count === 1) notes.push(`${name} is a single image: all that can be learned is to repeat it`);
  else if (count < batchSize)
    notes.push(
      `${count} images of ${name} are fewer than the ${batchSize} of a mini-batch, so that an epoch is one step`,
    );
  const first = data.bytes(0, Math.min(LOOKED_AT, count));
  if (first.some((value) => value === 1) && first.every((value) => value <= 1))
    notes.push(`the first images of ${name} hold only 0 and 1 of 0 to 255, which is all black: multiply them by 255`);
  else if (first.every((value, i) => value === first[i % data.channels]))
    notes.push(`the first images of ${name} are all of one colour: there is nothing in them to learn`);
  return notes;
}

/**
 * Returns notes on the classes of a conditional training: their names, and which of them have no
 * images.
 */
export function notesOnClasses(names: ClassNames | undefined): string[] {
  if (!names) return [];
  const listed = (all: readonly string[]): string =>
    `${all.slice(0, NAMED).join(', ')}${all.length > NAMED ? ` and ${all.length - NAMED} more` : ''}`;
  const full = names.flatMap((name, label) => (name === null ? [] : [`${label} ${name}`]));
  const empty = names.flatMap((name, label) => (name === null ? [String(label)] : []));
  const notes = [`the classes are ${listed(full)}`];
  if (empty.length > 0)
    notes.push(`the data have no image of ${empty.length === 1 ? 'class' : 'classes'} ${listed(empty)}`);
  return notes;
}
