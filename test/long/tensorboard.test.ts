// Event files of `train --tensorboard`, by TensorBoard's own reader, in a throwaway environment.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Python, python } from '../support/python.ts';
import { events, isStep, SMALL } from '../support/training.ts';

let environment: Python;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dcgan-tensorboard-'));
  environment = await python(['tensorboard', 'setuptools<81']);
}, 300_000);
afterAll(() => {
  environment?.remove();
  rmSync(folder, { recursive: true, force: true });
});

const PROGRAM = `
import sys, json
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util
run = EventAccumulator(sys.argv[1], size_guidance={"images": 0, "scalars": 0, "histograms": 0})
run.Reload()
tags = run.Tags()
scalars = {tag: [[event.step, event.value] for event in run.Scalars(tag)] for tag in tags["scalars"]}
images = [[event.step, event.width, event.height, event.encoded_image_string[:4].hex()] for event in run.Images("samples")]
histogram = run.Histograms("generator/conv1/kernel")
print(json.dumps({
    "scalars": scalars, "images": images, "histograms": tags["histograms"],
    "counts": [[event.step, sum(event.histogram_value.bucket), event.histogram_value.num] for event in histogram],
}))
`;

it('reads a run that was stopped and resumed', async () => {
  const out = join(folder, 'run');
  const seen = await events({ ...SMALL, device: 'wasm', epochs: 2, tensorboard: true, out }, isStep(4));
  seen.push(...(await events({ device: 'wasm', threads: 2, resume: out })));
  const found = JSON.parse(await environment.run(PROGRAM, out));
  const steps = seen.filter((event) => event.type === 'step');
  expect(found.scalars['step/generatorLoss']).toEqual(
    steps.map(({ step, generatorLoss }) => [step, Math.fround(generatorLoss)]),
  );
  expect(found.images).toEqual([0, 3, 6].map((step) => [step, expect.any(Number), expect.any(Number), '89504e47']));
  expect(found.histograms).toContain('discriminator/fc1/kernel');
  expect(found.counts).toEqual([3, 6].map((step) => [step, 16 * 16 * 25, 16 * 16 * 25]));
});
