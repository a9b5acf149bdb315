// The forms that a network can be exported in: one row each, with the options that it takes. The
// command line and the library derive theirs from this table.
import { joined } from '../checkpoint/safetensors.ts';
import type { Snapshot } from '../gan/snapshot.ts';
import { usage } from '../platform/errors.ts';
import { didYouMean, oneOf } from '../platform/suggest.ts';
import { aloneParts } from './alone.ts';
import { type CardNotes, huggingFaceFiles } from './card.ts';
import { kerasFiles } from './keras.ts';
import type { NetworkName } from './layers.ts';
import { networkOf } from './network.ts';
import { encodeOnnxNetwork, type Layout, type Pixels } from './onnx.ts';
import { pytorchFiles } from './pytorch.ts';

/** Says how a network is exported. A form refuses the options that it does not know. */
export interface ExportForm {
  /** The generator (default) or the discriminator. */
  readonly network?: NetworkName | undefined;
  /** `safetensors`: float16 in place of float32. */
  readonly half?: boolean | undefined;
  /** `onnx`: the order of an image's dimensions, `nchw` (default) or `nhwc`. */
  readonly layout?: Layout | undefined;
  /** `onnx`: pixels as `floats` in [-1, 1] (default) or as `bytes`. */
  readonly pixels?: Pixels | undefined;
  /** `huggingface`: the licence in the model card, such as `mit`; `unknown` when not given. */
  readonly license?: string | undefined;
}

interface Form {
  /** Says in help and errors what the form is for. */
  readonly what: string;
  readonly options: readonly (keyof ExportForm)[];
  /** Whether it is a folder. */
  readonly folder: boolean;
  /** The name of the file, or of the folder that the files lie in. */
  output(network: NetworkName): string;
  /** The files' names and contents. A form that is no folder has one. */
  files(
    snapshot: Snapshot,
    network: NetworkName,
    form: ExportForm,
    notes: CardNotes,
  ): Map<string, Uint8Array<ArrayBuffer>>;
}

export const EXPORT_KINDS = ['safetensors', 'onnx', 'pytorch', 'keras', 'huggingface'] as const;
/** The forms that a network can be exported in. */
export type ExportKind = (typeof EXPORT_KINDS)[number];

/** The hub names licences in lower case, with digits, dots and dashes. */
const LICENSE = /^[a-z0-9][a-z0-9.+-]{0,63}$/;

export const FORMS: Readonly<Record<ExportKind, Form>> = {
  safetensors: {
    what: 'one network alone, for Python or a page',
    options: ['network', 'half'],
    folder: false,
    output: (network) => `${network}.safetensors`,
    files: (snapshot, network, { half = false }) =>
      new Map([[`${network}.safetensors`, joined(aloneParts(snapshot, network, half))]]),
  },
  onnx: {
    what: 'for onnxruntime and everything else that reads ONNX',
    options: ['network', 'layout', 'pixels'],
    folder: false,
    output: (network) => `${network}.onnx`,
    files: (snapshot, network, { layout = 'nchw', pixels = 'floats' }) => {
      const bytes = encodeOnnxNetwork(networkOf(snapshot, network), { layout, pixels }, notesOf(snapshot));
      return new Map([[`${network}.onnx`, bytes]]);
    },
  },
  pytorch: {
    what: 'a folder with weights and the module that loads them',
    options: ['network'],
    folder: true,
    output: (network) => `${network}-pytorch`,
    files: (snapshot, network) => pytorchFiles(networkOf(snapshot, network), notesOf(snapshot)),
  },
  keras: {
    what: 'a folder with weights and the model that loads them',
    options: ['network'],
    folder: true,
    output: (network) => `${network}-keras`,
    files: (snapshot, network) => kerasFiles(networkOf(snapshot, network)),
  },
  huggingface: {
    what: 'the folder for PyTorch with a model card',
    options: ['license'],
    folder: true,
    output: (network) => `${network}-huggingface`,
    files: (snapshot, network, { license }, notes) =>
      huggingFaceFiles(networkOf(snapshot, network), snapshot, { license, ...notes }),
  },
};

/**
 * Returns the files of a network in a form, by name.
 * @throws a usage error for an option that the form does not take
 */
export function exportSnapshot(
  snapshot: Snapshot,
  kind: ExportKind,
  form: ExportForm,
  notes: CardNotes = {},
): Map<string, Uint8Array<ArrayBuffer>> {
  checkForm(kind, form);
  return FORMS[kind].files(snapshot, form.network ?? 'generator', form, notes);
}

/** @throws a usage error for an unknown kind, or an option that the kind does not take */
export function checkForm(kind: ExportKind, form: ExportForm): void {
  const known: readonly string[] = EXPORT_KINDS;
  if (!known.includes(kind)) {
    const todo = didYouMean(kind, known);
    throw usage({
      what: 'the form of the export has an invalid value',
      expected: oneOf(known),
      got: JSON.stringify(kind),
      ...(todo && { todo }),
    });
  }
  if (form.license !== undefined && !LICENSE.test(form.license))
    throw usage({
      what: 'the licence has an invalid value',
      expected: 'an identifier of the hub, such as mit, apache-2.0 or cc-by-4.0',
      got: JSON.stringify(form.license),
      options: ['license'],
    });
  const { options } = FORMS[kind];
  for (const [name, value] of Object.entries(form))
    if (value !== undefined && !(options as readonly string[]).includes(name))
      throw usage({
        what: `${name} has no meaning for ${kind}`,
        expected: `options of ${kind}: ${options.join(', ')}`,
        todo: 'Leave it out',
        options: [name],
      });
}

/** The note in a file that says where it comes from. */
export function notesOf({ config, seed, epoch, step, classNames }: Snapshot): Record<string, string> {
  const classes = classNames && { classes: JSON.stringify(classNames) };
  return { preset: config.preset, seed: String(seed), epoch: String(epoch), step: String(step), ...classes };
}
