// `exportModel` of the library works in Node and in a page.
import { decodeSnapshot } from '../gan/snapshot.ts';
import { checkForm, type ExportForm, type ExportKind, exportSnapshot } from './kinds.ts';

/** Options of `exportModel`: the form, and the options of that form. */
export interface ExportOptions extends ExportForm {
  /** The form that is written; docs/export.md says what each form holds. */
  readonly to: ExportKind;
}

/** A model, or its checkpoint. */
export type Exportable =
  | Uint8Array
  | {
      /** The checkpoint's bytes. */
      toBytes(): Promise<Uint8Array>;
    };

/**
 * Writes one network of a model in a form that other programs read. See docs/export.md.
 * @param model a `DCGAN`, or the bytes of a checkpoint
 * @returns the files' bytes by name; of `safetensors` and `onnx` a single file
 * @throws DcganError for bytes that are no checkpoint, an option that the form does not take, a
 * discriminator that judges the images of a mini-batch together
 */
export async function exportModel(
  model: Exportable,
  { to, ...form }: ExportOptions,
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  checkForm(to, form);
  const bytes = model instanceof Uint8Array ? model : await model.toBytes();
  return exportSnapshot(decodeSnapshot(bytes, 'the checkpoint'), to, form);
}
