// What a form of data is to the table of forms: how a file of it is recognised, and how such files
// are read. A file lies on disk or in an archive; a form does not need to know which.

import type { Dataset } from '../dataset.ts';
import type { FormFile } from '../form-file.ts';
import type { Supply } from '../supply.ts';
import type { Unread } from '../unread.ts';

/** What a person says of the form of their data, and who hears what is done with it. */
export interface FormOptions {
  /** The array of a `.npz` that holds the images. */
  readonly key?: string | undefined;
  /** Images are stored columns first, as EMNIST's are. */
  readonly transpose?: boolean | undefined;
  /** The colour (CSS) behind transparent pixels. */
  readonly background?: string | undefined;
  /** Whether SVG files are pictures. */
  readonly svg?: boolean | undefined;
  /** Whether symbolic links that lead out of a folder are followed. */
  readonly followLinks?: boolean | undefined;
  readonly onNote: (note: string) => void;
}

/** What was found: images that are arrays already, or pictures to be decoded. */
export type Opened = {
  readonly form: string;
  /** Files around the form's own that are not read; a supply knows those among its pictures. */
  readonly unread?: Unread;
} & ({ readonly dataset: Dataset } | { readonly supply: Supply });

/** One row of the table. */
export interface Form {
  /** What it is, for people: `.npz file`. */
  readonly name: string;
  /** Whether a file is of this form, by its first bytes where they tell. */
  recognises(file: FormFile): boolean;
  /**
   * The files of one data set among all of this form that were found together.
   * @throws DcganError that lists them where it is not clear which are meant
   */
  choose(files: readonly FormFile[], where: string): readonly FormFile[];
  /** Names that files may have which lie beside a file given alone and belong to it. */
  beside?(name: string): readonly string[];
  /**
   * @param files what `choose` gave
   * @param name of the data set, short
   * @throws DcganError that names the file, and the byte where that helps
   */
  open(files: readonly FormFile[], name: string, options: FormOptions): Promise<Opened>;
}
