// Runs the bundled classifier on a device, in batches, and returns features and logits of digits.
import { readFileSync } from 'node:fs';
import { decodeTensors } from '../checkpoint/safetensors.ts';
import { compile } from '../engine/compile.ts';
import { layoutState } from '../engine/layout.ts';
import type { Plan } from '../engine/plan.ts';
import { DcganError } from '../platform/errors.ts';
import { sha256 } from '../platform/sha256.ts';
import { CLASSES, CLASSIFIER_INPUT, classification, makeClassifier, SIDE, WIDTH } from './classifier.ts';
import type { Extracted, Extractor } from './extractor.ts';
import { type MetricsMachine, openSession } from './machine.ts';

/** scripts/train-classifier.mjs trains this file. */
export const DIGITS_FILE = new URL('../../assets/digits.safetensors', import.meta.url);

const BATCH = 500;

/** Opens the classifier in a file, by default the bundled one. */
export async function openDigits(
  machine: MetricsMachine,
  bytes: Uint8Array = readFileSync(DIGITS_FILE),
): Promise<Extractor> {
  const model = makeClassifier();
  const layout = layoutState(model.variables.all.map(({ tensor }) => tensor));
  const session = await openSession(layout, machine);
  const { tensors } = decodeTensors(bytes, 'digits.safetensors');
  await session.writeState(new Map([...tensors].map(([name, { data }]) => [name, data])));
  const plans = new Map<number, Plan>();
  const planFor = (count: number): Plan => {
    const plan = plans.get(count) ?? compile(classification(model, count), layout);
    plans.set(count, plan);
    return plan;
  };
  return {
    name: 'digits',
    sha256: sha256(bytes),
    computedBy: `${session.backend.info.device} ${session.backend.info.variant}`,
    async extract(images: Float32Array, count: number): Promise<Extracted> {
      // Images of another size would be read as digits that are cut in the wrong places.
      if (images.length !== count * SIDE * SIDE)
        throw new DcganError({
          what: 'the digit classifier was given images of another size',
          expected: `${count} of ${SIDE} x ${SIDE} x 1`,
          got: `${images.length} values`,
          todo: 'Choose another extractor',
        });
      const features = new Float32Array(count * WIDTH);
      const logits = new Float32Array(count * CLASSES);
      for (let first = 0; first < count; first += BATCH) {
        const n = Math.min(BATCH, count - first);
        const part = images.subarray(first * SIDE * SIDE, (first + n) * SIDE * SIDE);
        const [f, l] = await session.run(planFor(n), {
          key: { seed: 0, step: 0 },
          inputs: { [CLASSIFIER_INPUT.images]: part },
          outputs: ['features', 'logits'],
        });
        features.set(f!, first * WIDTH);
        logits.set(l!, first * CLASSES);
      }
      return {
        features: { count, width: WIDTH, values: features },
        logits: { count, width: CLASSES, values: logits },
      };
    },
    dispose: () => session.dispose(),
  };
}
