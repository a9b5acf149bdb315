// Exported networks by ONNX's own checker and by onnxruntime of Python, in a throwaway environment.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { COMPARE, writeCases } from '../support/exports-in-python.ts';
import { type Python, python } from '../support/python.ts';

let environment: Python;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dcgan-export-'));
  environment = await python(['onnx', 'onnxruntime', 'safetensors', 'numpy']);
}, 300_000);
afterAll(() => {
  environment?.remove();
  rmSync(folder, { recursive: true, force: true });
});

const PROGRAM = `${COMPARE}
import onnx, onnxruntime
from safetensors.numpy import load_file
for folder in sys.argv[1:]:
    arrays = case(folder)
    classes = {"class": arrays["labels"].astype("int64")} if "labels" in arrays else {}
    for network, fed, want in [
        ("generator", {"noise": arrays["noise"]}, first(arrays["made"])),
        ("discriminator", {"images": first(arrays["reals"])}, arrays["logits"]),
    ]:
        path = f"{folder}/{network}-onnx/{network}.onnx"
        onnx.checker.check_model(path, full_check=True)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        same(session.run(None, {**fed, **classes})[0], want)
        assert len(load_file(f"{folder}/{network}-safetensors/{network}.safetensors")) > 5
    print("ok")
`;

it('pass the checker, and give the images and logits of the engine', async () => {
  const cases = await writeCases(folder, ['onnx', 'safetensors']);
  expect(await environment.run(PROGRAM, ...cases)).toBe('ok\n'.repeat(cases.length));
});
