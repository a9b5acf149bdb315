// A preset's training plan on its own backend, with the memory of a real step in place. Single
// instructions are timed on it.
import { chooseDevice, opener } from '../dist/engine/backends/index.js';
import { compile } from '../dist/engine/compile.js';
import { controlWords } from '../dist/engine/control.js';
import { resolveConfig } from '../dist/gan/config.js';
import { makeModel, startComputation } from '../dist/gan/model.js';
import { trainingStep } from '../dist/gan/step.js';

/** The seed, step and draws of the timed step. */
export const STEP = controlWords({ seed: 1, step: 1 });

/**
 * Returns { backend, model, plan, whole }: the plan has run once, and `whole` is ready to run
 * again.
 */
export async function openStep(preset, { device: wanted, threads }) {
  const model = makeModel(resolveConfig(preset));
  const { batchSize, imageSize, channels } = model.config;
  const { device } = await chooseDevice(wanted);
  const backend = await opener(device)({ stateFloats: model.layout.floats, threads });
  const plan = compile(trainingStep(model, batchSize), model.layout);
  const start = await backend.compile(compile(startComputation(model), model.layout));
  const whole = await backend.compile(plan);
  await backend.write(start.plan.control, controlWords({ seed: 1, step: 0 }));
  await backend.run(start);
  const images = Float32Array.from({ length: batchSize * imageSize ** 2 * channels }, (_, i) => Math.sin(i));
  for (const [name, { address }] of plan.inputs)
    await backend.write(address, name === 'images' ? images : Float32Array.of(1e-4));
  await backend.write(plan.control, STEP);
  await backend.run(whole);
  return { backend, model, plan, whole };
}

/** Each instruction with those attached to it: what runs as one. */
export function groupsOf({ instructions }) {
  const groups = [];
  for (const instruction of instructions)
    if ('attached' in instruction && instruction.attached) groups.at(-1).push(instruction);
    else groups.push([instruction]);
  return groups;
}
