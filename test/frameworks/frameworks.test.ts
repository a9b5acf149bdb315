// Exported folders in the frameworks they are for: PyTorch and Keras. Both are installed into a
// throwaway environment, which takes gigabytes: `npm run test:frameworks`.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { COMPARE, writeCases } from '../support/exports-in-python.ts';
import { python } from '../support/python.ts';

let folder: string;
let cases: string[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dcgan-export-'));
  cases = await writeCases(folder, ['pytorch', 'keras']);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LOAD = `
import importlib.util
def model(folder):
    spec = importlib.util.spec_from_file_location("model", f"{folder}/model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load()
`;

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

const KERAS = `${COMPARE}${LOAD}
for folder in sys.argv[1:]:
    arrays = case(folder)
    given = lambda x: [x, arrays["labels"].astype("int32")] if "labels" in arrays else x
    same(model(f"{folder}/generator-keras").predict(given(arrays["noise"]), verbose=0), arrays["made"])
    same(model(f"{folder}/discriminator-keras").predict(given(arrays["reals"]), verbose=0), arrays["logits"])
    print("ok")
`;

it.each([
  ['PyTorch', ['torch', 'safetensors', 'numpy'], PYTORCH],
  ['Keras', ['tensorflow-cpu', 'numpy'], KERAS],
])('%s gives the images and logits of the engine', async (_, packages, program) => {
  const environment = await python(packages);
  try {
    expect(await environment.run(program, ...cases)).toBe('ok\n'.repeat(cases.length));
  } finally {
    environment.remove();
  }
});
