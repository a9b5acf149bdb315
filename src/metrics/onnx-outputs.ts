// Decides which outputs of a network are features and which are classes.
import { DcganError } from '../platform/errors.ts';

/**
 * onnxruntime's description of a network's input or output. A size that is not fixed has a name.
 */
export type Metadata =
  | { readonly name: string; readonly isTensor: false }
  | {
      readonly name: string;
      readonly isTensor: true;
      readonly type: string;
      readonly shape: readonly (number | string)[];
    };

export interface Outputs {
  readonly features: string;
  /** Null for a network without classes. */
  readonly classes: string | null;
}

const CLASSES = /logit|prob|class|score|softmax|predict/i;
const FEATURES = /feat|embed|pool/i;

/**
 * Chooses among outputs [N, D] or [N, D, 1, 1] by their names, otherwise by their widths: features
 * are the wider output.
 */
export function chooseOutputs(all: readonly Metadata[], network: string): Outputs {
  const flat = all.filter(
    (each) =>
      each.isTensor && each.type === 'float32' && each.shape.length >= 2 && each.shape.slice(2).every((n) => n === 1),
  );
  const refuse = (expected: string): DcganError =>
    new DcganError({
      what: `${network} has no output that is known to be features`,
      expected,
      got: showTensors(all),
      todo: 'Export it so',
    });
  if (flat.length === 0) throw refuse('an output of features, float32 [N, D]');
  if (flat.length === 1) return { features: flat[0]!.name, classes: null };
  const features = flat.filter(({ name }) => FEATURES.test(name));
  const classes = flat.filter((each) => CLASSES.test(each.name) && !features.includes(each));
  const others = (some: readonly Metadata[]): readonly Metadata[] => flat.filter((each) => !some.includes(each));
  // With two outputs, the name of one identifies the other.
  if (features.length === 1) {
    const rest = flat.length === 2 ? others(features) : classes;
    if (rest.length <= 1) return { features: features[0]!.name, classes: rest[0]?.name ?? null };
  }
  if (classes.length === 1 && flat.length === 2)
    return { features: others(classes)[0]!.name, classes: classes[0]!.name };
  const [a, b] = flat.map(widthOf);
  if (flat.length !== 2 || a === null || b === null || a === b) throw refuse('outputs named "features" and "logits"');
  const [wide, narrow] = a! > b! ? flat : flat.toReversed();
  return { features: wide!.name, classes: narrow!.name };
}

function widthOf(output: Metadata): number | null {
  const width = output.isTensor ? output.shape[1] : undefined;
  return typeof width === 'number' ? width : null;
}

/** Describes tensors in messages: `x float32 [N, 3, 299, 299], y uint8 [N]`. */
export function showTensors(all: readonly Metadata[]): string {
  const shown = all.map((each) =>
    each.isTensor ? `${each.name} ${each.type} [${each.shape.join(', ')}]` : `${each.name}, no tensor`,
  );
  return shown.join(', ') || 'none';
}
