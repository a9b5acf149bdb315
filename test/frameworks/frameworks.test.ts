// Exported folders in PyTorch, which is installed into a throwaway environment and takes gigabytes:
// `npm run test:frameworks`. Keras reads its folders in test/long/export-keras.test.ts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { COMPARE, LOAD, writeCases } from '../support/exports-in-python.ts';
import { python } from '../support/python.ts';

let folder: string;
let cases: string[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dcgan-export-'));
  cases = await writeCases(folder, ['pytorch']);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PYTORCH = `${COMPARE}${LOAD}
import torch
for folder in sys.argv[1:]:
    arrays = case(folder)
    classes = [torch.tensor(arrays["labels"].astype("int64"))] if "labels" in arrays else []
    with torch.no_grad():
        made = model(f"{folder}/generator-pytorch")(torch.tensor(arrays["noise"]), *classes)
        same(last(made.numpy()), arrays["made"])
        logits = model(f"{folder}/discriminator-pytorch")(torch.tensor(first(arrays["reals"])), *classes)
        same(logits.numpy(), arrays["logits"])
    print("ok")
`;

it('gives the images and logits of the engine', async () => {
  const environment = await python(['torch', 'safetensors', 'numpy']);
  try {
    expect(await environment.run(PYTORCH, ...cases)).toBe('ok\n'.repeat(cases.length));
  } finally {
    environment.remove();
  }
});
