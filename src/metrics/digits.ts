// The extractor `digits`: features and logits of digits, by the bundled classifier.
import { readFileSync } from 'node:fs';
import { DcganError } from '../platform/errors.ts';
import { sha256 } from '../platform/sha256.ts';
import { openBundled } from './bundled.ts';
import { CLASSES, classification, makeClassifier, SIDE, WIDTH } from './classifier.ts';
import type { Extracted, Extractor } from './extractor.ts';
import type { MetricsMachine } from './machine.ts';

export const DIGITS = 'digits';
/** scripts/train-classifier.mjs trains this file. */
export const DIGITS_FILE = new URL('../../assets/digits.safetensors', import.meta.url);

/** Opens the classifier in a file, by default the bundled one. */
export async function openDigits(
  machine: MetricsMachine,
  bytes: Uint8Array = readFileSync(DIGITS_FILE),
): Promise<Extractor> {
  const model = makeClassifier();
  const network = await openBundled(
    {
      name: 'digits.safetensors',
      bytes,
      variables: model.variables,
      computation: (count) => classification(model, count),
      outputs: { features: WIDTH, logits: CLASSES },
      batch: 500,
    },
    machine,
  );
  return {
    name: DIGITS,
    sha256: sha256(bytes),
    computedBy: network.computedBy,
    async extract(images: Float32Array, count: number): Promise<Extracted> {
      // Images of another size would be read as digits that are cut in the wrong places.
      if (images.length !== count * SIDE * SIDE)
        throw new DcganError({
          what: 'the digit classifier was given images of another size',
          expected: `${count} of ${SIDE} x ${SIDE} x 1`,
          got: `${images.length} values`,
          todo: 'Choose another extractor',
        });
      const [features, logits] = await network.run(images, count);
      return { features: features!, logits: logits! };
    },
    dispose: () => network.dispose(),
  };
}
