// `exportModel` in a page: a Worker of its own reads the checkpoint and writes the files, so that
// the page itself never computes.
import type { Exportable, ExportOptions } from '../export/export-model.ts';
import { Host } from './host.ts';

/**
 * One network of a model in a form that other programs read, as in Node.
 * @param model a `DCGAN`, or the bytes of a checkpoint
 * @returns the files' bytes by name; of `safetensors` and `onnx` a single file
 * @throws DcganError for bytes that are no checkpoint, an option that the form does not take, a
 * discriminator that judges the images of a mini-batch together
 */
export async function exportModel(
  model: Exportable,
  options: ExportOptions,
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const bytes = model instanceof Uint8Array ? model : await model.toBytes();
  const host = new Host();
  try {
    return await host.call('exportModel', bytes, options);
  } finally {
    host.end();
  }
}
