// The table of forms: a row for each way in which images come as arrays or as a table, in the order
// in which they are tried, and a row for each kind of archive. A new form is a file beside this one
// and a row here.

import type { FormFile } from '../form-file.ts';
import { isGzip } from '../gzip.ts';
import type { Container } from '../supply.ts';
import { tarSupply } from '../tar.ts';
import { zipSupply } from '../zip.ts';
import { cifarForm } from './cifar.ts';
import { cifarPythonForm } from './cifar-python.ts';
import { csvForm } from './csv.ts';
import { csvCellForm } from './csv-cell.ts';
import type { Form } from './form.ts';
import { idxForm } from './idx.ts';
import { npyForm } from './npy.ts';
import { npzForm, startsAsZip } from './npz.ts';
import { parquetForm } from './parquet.ts';
import { stlForm } from './stl.ts';

export const FORMS: readonly Form[] = [
  idxForm,
  npzForm,
  parquetForm,
  stlForm,
  cifarForm,
  cifarPythonForm,
  npyForm,
  csvForm,
  csvCellForm,
];

/** A kind of archive. */
export interface ArchiveForm {
  readonly name: string;
  recognises(file: FormFile): boolean;
  /** @throws DcganError for what is no whole archive, or is refused */
  list(file: FormFile, name: string, svg?: boolean): Promise<Container>;
}

export const ARCHIVES: readonly ArchiveForm[] = [
  { name: 'zip archive', recognises: ({ head }) => startsAsZip(head), list: zipSupply },
  {
    name: 'tar archive',
    recognises: ({ below, head }) => isTar(head) || isGzip(head) || /\.(tar|tgz|tar\.gz)$/i.test(below),
    list: tarSupply,
  },
];

export function isTar(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(257, 262)).toString('latin1') === 'ustar';
}
