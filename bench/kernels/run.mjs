// Measures every kernel at every shape of the presets. Each kind of instruction in their training
// plans runs on the memory of a real step; it is compared with the reference first and then timed
// alone, beside the FMA peak of the same minutes. The least of several times counts.
//   npm run build && node bench/kernels/run.mjs [--preset tf2018,tf2,tiny,best,paper]
//     [--device native] [--threads 2] [--least 10] [--markdown FILE]
// --least N leaves out what takes less than N thousandths of the sum. CC chooses the compiler.
import { parseArgs } from 'node:util';
import { openReference } from '../../dist/engine/backends/reference.js';
import { isConvolution } from '../../dist/engine/instructions/index.js';
import { presets } from '../../dist/gan/presets.js';
import { usableCores } from '../../dist/platform/cores.js';
import { load, publish, setting, table, timed, warnIfBusy, whole } from '../lib.mjs';
import { openPeak } from '../peak/peak.mjs';
import { openStep, STEP } from '../step.mjs';
import { check } from './check.mjs';
import { spans, unitsOf } from './units.mjs';

const { values } = parseArgs({
  options: {
    preset: { type: 'string', default: Object.keys(presets).join() },
    device: { type: 'string', default: 'native' },
    threads: { type: 'string', default: String(usableCores()) },
    least: { type: 'string', default: '10' },
    markdown: { type: 'string' },
  },
});
const threads = whole('threads', values.threads);
/** Each unit is timed in this many rounds, each of about this many seconds, at least once. */
const [TURNS, LONG_ENOUGH] = [5, 0.04];

/**
 * Times all units of a preset: [{ label, ms, nominal, needed, bytes }], and the peak in GFLOP/s.
 */
async function measure(preset, peak) {
  const { backend, model, plan } = await openStep(preset, { device: values.device, threads });
  const reference = await openReference({ stateFloats: model.layout.floats, threads });
  await reference.compile(plan);
  await reference.write(plan.control, STEP);

  const empty = await backend.compile({ ...plan, instructions: [] });
  const units = unitsOf(plan);
  let [top, nothing] = [await peak(threads), Number.POSITIVE_INFINITY];
  for (const unit of units) {
    const made = new Set(unit.instructions.flatMap((i) => spans(i).writes).map(([address]) => address));
    const changed = unit.instructions.flatMap((i) => spans(i).reads).filter(([address]) => made.has(address));
    const before = [];
    for (const [address, floats] of changed) before.push(await backend.read(address, floats));
    const restore = async () => {
      for (const [k, [address]] of changed.entries()) await backend.write(address, before[k]);
    };
    const run = async (instructions) => backend.run(await backend.compile({ ...plan, instructions }));
    await check(unit, { backend, reference, plan, run, restore });
    const executable = await backend.compile({ ...plan, instructions: unit.instructions });
    unit.seconds = Number.POSITIVE_INFINITY;
    for (let turn = 0; turn < TURNS; turn++) {
      await restore();
      nothing = Math.min(nothing, await timed(() => backend.run(empty)));
      const began = performance.now();
      do unit.seconds = Math.min(unit.seconds, await timed(() => backend.run(executable)));
      while (performance.now() - began < 1000 * LONG_ENOUGH);
    }
    await restore();
    top = Math.max(top, await peak(threads));
  }
  for (const unit of units) unit.ms = 1000 * Math.max(1e-6, unit.seconds - nothing);
  const { variant } = backend.info;
  await backend.dispose();
  await reference.dispose();
  return { preset, batchSize: model.config.batchSize, peak: top, units, variant };
}

function textOf({ preset, batchSize, peak, units }) {
  const total = units.reduce((sum, { ms, times }) => sum + ms * times, 0);
  const shown = [...units]
    .sort((a, b) => Number(isConvolution(b.instructions[0])) - Number(isConvolution(a.instructions[0])) || b.ms - a.ms)
    .filter(({ ms, times }) => 1000 * ms * times >= Number(values.least) * total);
  const rows = shown.map(({ label, times, ms, nominal, needed, bytes }) => {
    const speed = (flop) => (flop > 0 ? (flop / ms / 1e6).toFixed(0) : '');
    const share = needed > 0 ? `${((100 * needed) / ms / 1e6 / peak).toFixed(0)} %` : '';
    return [label, times, ms.toFixed(3), speed(nominal), speed(needed), share, (bytes / ms / 1e6).toFixed(1)];
  });
  const heads = ['kernel', 'times', 'ms', 'nominal GFLOP/s', 'needed', 'of the peak', 'GB/s'];
  return `\`${preset}\`, batch ${batchSize}, peak ${peak.toFixed(0)} GFLOP/s\n\n${table(heads, rows)}`;
}

const before = load();
warnIfBusy();
const { peak, close } = openPeak();
const measured = [];
for (const preset of values.preset.split(',')) measured.push(await measure(preset, peak));
close();
const { variant } = measured[0];
const where = setting(before, { kernels: variant, threads });
publish('kernels', [where, ...measured.map(textOf)].join('\n\n'), values.markdown);
