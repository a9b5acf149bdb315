// Measures what each compiler pass gains: the training step with all passes, with one left out, and
// with none (the graph is then run op by op), on one device, in turn.
//   node bench/passes/passes.mjs [--preset tf2018] [--device native] [--threads 2] [--rounds 5]
//     [--steps 3] [--markdown FILE]
import { parseArgs } from 'node:util';
import { opener } from '../../dist/engine/backends/index.js';
import { ALL_PASSES, compile } from '../../dist/engine/compile.js';
import { controlWords } from '../../dist/engine/control.js';
import { arenaBytes } from '../../dist/engine/plan.js';
import { resolveConfig } from '../../dist/gan/config.js';
import { makeModel, startComputation } from '../../dist/gan/model.js';
import { trainingStep } from '../../dist/gan/step.js';
import { load, median, publish, setting, table, takeTurns, timed } from '../lib.mjs';
import { record } from '../targets.mjs';

const { values } = parseArgs({
  options: {
    preset: { type: 'string', default: 'tf2018' },
    device: { type: 'string', default: 'native' },
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '3' },
    markdown: { type: 'string' },
  },
});
const before = load();
const model = makeModel(resolveConfig(values.preset));
const { batchSize, imageSize, channels } = model.config;
const images = Float32Array.from({ length: batchSize * imageSize ** 2 * channels }, (_, i) => Math.sin(i * 12.9898));

const off = (...names) => ({ ...ALL_PASSES, ...Object.fromEntries(names.map((name) => [name, false])) });
const variants = {
  'all passes': ALL_PASSES,
  ...Object.fromEntries(Object.keys(ALL_PASSES).map((name) => [`without ${name}`, off(name)])),
  'none: op by op': off(...Object.keys(ALL_PASSES)),
};

/** Each variant has its own backend, so that none sees another's memory. */
async function open(name, passes) {
  const backend = await opener(values.device)({ stateFloats: model.layout.floats, threads: Number(values.threads) });
  const start = await backend.compile(compile(startComputation(model), model.layout));
  await backend.write(start.plan.control, controlWords({ seed: 1, step: 0 }));
  await backend.run(start);
  const plan = compile(trainingStep(model, batchSize), model.layout, passes);
  const executable = await backend.compile(plan);
  let step = 0;
  const run = async () => {
    for (const [input, { address }] of plan.inputs)
      await backend.write(address, input === 'images' ? images : Float32Array.of(1e-4));
    await backend.write(plan.control, controlWords({ seed: 1, step: ++step }));
    await backend.run(executable);
    await backend.read(plan.outputs.get('generatorLoss').address, 1);
  };
  return { name, plan, backend, step: () => timed(run) };
}

const sides = [];
for (const [name, passes] of Object.entries(variants)) sides.push(await open(name, passes));
const seconds = await takeTurns(sides, Number(values.rounds), Number(values.steps));
const base = median(seconds.get('all passes'));
const rows = sides.map(({ name, plan }) => [
  name,
  median(seconds.get(name)).toFixed(4),
  `${(median(seconds.get(name)) / base).toFixed(2)} ×`,
  plan.instructions.length,
  (arenaBytes(plan) / 1e6).toFixed(0),
]);
const { variant } = sides[0].backend.info;
const where = `${setting(before, { kernels: variant })}; ${values.preset} on ${values.device}, ${values.threads} threads`;
publish(
  'passes',
  `${where}\n\n${table(['passes', 'seconds a step', 'of all passes', 'instructions', 'arena MB'], rows)}`,
  values.markdown,
);
record({ passes: median(seconds.get('none: op by op')) / base }, values.markdown);
for (const { backend } of sides) await backend.dispose();
