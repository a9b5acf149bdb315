// Chooses between several files of one form: the only one, else the only one with "train" in its
// name. Beyond that nothing is guessed.

import { DcganError } from '../../platform/errors.ts';
import { type FormFile, lastPart } from '../form-file.ts';

/** @param what the files are, in the plural: `IDX files of images` */
export function onlyOne(what: string): (files: readonly FormFile[], where: string) => readonly FormFile[] {
  return (files, where) => {
    if (files.length <= 1) return files;
    const training = files.filter(({ below }) => /train/i.test(lastPart(below)));
    if (training.length === 1) return training;
    const names = files.map(({ below }) => below);
    throw new DcganError({
      what: `${where} holds several ${what}`,
      expected: 'one, or one with "train" in its name',
      got: names.length > 8 ? `${names.slice(0, 8).join(', ')}, ...` : names.join(', '),
      todo: 'Give the path of the one you mean',
    });
  };
}
