// Notes on a dataset that a person should read before they wait for a training on it.
import type { Dataset } from '../data/dataset.ts';

/** This many images are examined for a colour that all share. */
const LOOKED_AT = 64;

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
  if (first.every((value, i) => value === first[i % data.channels]))
    notes.push(`the first images of ${name} are all of one colour: there is nothing in them to learn`);
  return notes;
}
