// Exported folders in Keras, whose backend TensorFlow is installed into a throwaway environment.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { COMPARE, LOAD, writeCases } from '../support/exports-in-python.ts';
import { type Python, python } from '../support/python.ts';

let environment: Python;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dcgan-export-'));
  environment = await python(['tensorflow-cpu', 'numpy']);
}, 600_000);
afterAll(() => {
  environment?.remove();
  rmSync(folder, { recursive: true, force: true });
});

const KERAS = `${COMPARE}${LOAD}
for folder in sys.argv[1:]:
    arrays = case(folder)
    given = lambda x: [x, arrays["labels"].astype("int32")] if "labels" in arrays else x
    same(model(f"{folder}/generator-keras").predict(given(arrays["noise"]), verbose=0), arrays["made"])
    same(model(f"{folder}/discriminator-keras").predict(given(arrays["reals"]), verbose=0), arrays["logits"])
    print("ok")
`;

it('gives the images and logits of the engine', async () => {
  const cases = await writeCases(folder, ['keras']);
  expect(await environment.run(KERAS, ...cases)).toBe('ok\n'.repeat(cases.length));
});
