// Where a step's time goes: every instruction of a preset's training plan timed by itself, on the memory and in the order
// of a real step, then summed by kind. Attached work is timed with its convolution.
//   node bench/profile/profile.mjs [--preset tf2018] [--device native] [--threads 2] [--rounds 5] [--all]
import { parseArgs } from 'node:util';
import { chooseDevice, opener } from '../../dist/engine/backends/index.js';
import { compile } from '../../dist/engine/compile.js';
import { controlWords } from '../../dist/engine/control.js';
import { resolveConfig } from '../../dist/gan/config.js';
import { makeModel, startComputation } from '../../dist/gan/model.js';
import { trainingStep } from '../../dist/gan/step.js';
import { usableCores } from '../../dist/platform/cores.js';

const { values } = parseArgs({
  options: {
    preset: { type: 'string', default: 'tf2018' },
    device: { type: 'string', default: 'auto' },
    threads: { type: 'string', default: String(usableCores()) },
    rounds: { type: 'string', default: '5' },
    all: { type: 'boolean', default: false },
  },
});

const model = makeModel(resolveConfig(values.preset));
const { batchSize, imageSize, channels } = model.config;
const { device } = await chooseDevice(values.device);
const backend = await opener(device)({ stateFloats: model.layout.floats, threads: Number(values.threads) });
const plan = compile(trainingStep(model, batchSize), model.layout);
const start = await backend.compile(compile(startComputation(model), model.layout));

async function run(executable) {
  const began = performance.now();
  await backend.run(executable);
  return performance.now() - began;
}

const whole = await backend.compile(plan);
await backend.write(start.plan.control, controlWords({ seed: 1, step: 0 }));
await run(start);
const images = Float32Array.from({ length: batchSize * imageSize * imageSize * channels }, (_, i) => Math.sin(i));
for (const [name, { address }] of plan.inputs)
  await backend.write(address, name === 'images' ? images : Float32Array.of(1e-4));
await backend.write(plan.control, controlWords({ seed: 1, step: 1 }));
await run(whole);

const groups = [];
for (const instruction of plan.instructions)
  if (instruction.kind === 'elementwise' && instruction.attached) groups.at(-1).push(instruction);
  else groups.push([instruction]);
const parts = [];
for (const instructions of groups)
  parts.push({
    instructions,
    executable: await backend.compile({ ...plan, instructions }),
    best: Number.POSITIVE_INFINITY,
  });
let step = Number.POSITIVE_INFINITY;
for (let round = 0; round < Number(values.rounds); round++) {
  step = Math.min(step, await run(whole));
  for (const part of parts) part.best = Math.min(part.best, await run(part.executable));
}

const gflop = (i) => ('OC' in i ? (2 * i.N * i.OH * i.OW * i.KH * i.KW * i.C * i.OC) / 1e9 : 0);
const label = (i) =>
  'OC' in i
    ? `${i.kind} ${i.H}x${i.W}x${i.C} - ${i.OH}x${i.OW}x${i.OC} kernel ${i.KH} stride ${i.stride}`
    : `${i.kind} of ${i.count}${'code' in i ? `, ${i.code.length} lines, ${i.operands.length} operands` : ''}`;
const shown = values.all ? parts : [...parts].sort((a, b) => b.best - a.best).slice(0, 30);
for (const { instructions, best } of shown) {
  const [first, ...attached] = instructions;
  const speed = gflop(first) > 0 ? `${(gflop(first) / (best / 1000)).toFixed(0)} GFLOP/s nominal` : '';
  console.log(`${best.toFixed(2).padStart(8)} ms  ${label(first)}${attached.length > 0 ? ' +' : ''}  ${speed}`);
}
const sum = (list) => list.reduce((total, { best }) => total + best, 0);
const products = parts.filter(({ instructions }) => gflop(instructions[0]) > 0);
const rest = parts.filter(({ instructions }) => gflop(instructions[0]) === 0);
console.log(
  `whole step ${step.toFixed(1)} ms; parts ${sum(parts).toFixed(1)} ms: products ${sum(products).toFixed(1)}, rest ${sum(rest).toFixed(1)} (${((100 * sum(rest)) / sum(parts)).toFixed(0)} %)`,
);
await backend.dispose();
