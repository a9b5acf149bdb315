// Shows where a step's time goes. Every instruction of a preset's training plan is timed by itself,
// on the memory and in the order of a real step, and the times are summed by kind. Attached
// instructions are timed with the one they are attached to. Every run costs some time by itself:
// runs of no instructions are timed in turn with the others, and their time is subtracted.
//   node bench/profile/profile.mjs [--preset tf2018] [--device native] [--threads 2] [--rounds 5]
//     [--all] [--markdown FILE]
import { parseArgs } from 'node:util';
import { usableCores } from '../../dist/platform/cores.js';
import { load, publish, setting, table } from '../lib.mjs';
import { groupsOf, openStep } from '../step.mjs';
import { record } from '../targets.mjs';

const { values } = parseArgs({
  options: {
    preset: { type: 'string', default: 'tf2018' },
    device: { type: 'string', default: 'auto' },
    threads: { type: 'string', default: String(usableCores()) },
    rounds: { type: 'string', default: '5' },
    all: { type: 'boolean', default: false },
    markdown: { type: 'string' },
  },
});

const before = load();
const { backend, plan, whole } = await openStep(values.preset, {
  device: values.device,
  threads: Number(values.threads),
});

async function run(executable) {
  const began = performance.now();
  await backend.run(executable);
  return performance.now() - began;
}

const parts = [];
for (const instructions of groupsOf(plan))
  parts.push({
    instructions,
    executable: await backend.compile({ ...plan, instructions }),
    best: Number.POSITIVE_INFINITY,
  });
const empty = await backend.compile({ ...plan, instructions: [] });
let [step, nothing] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
for (let round = 0; round < Number(values.rounds); round++) {
  step = Math.min(step, await run(whole));
  for (const part of parts) {
    nothing = Math.min(nothing, await run(empty));
    part.best = Math.min(part.best, await run(part.executable));
  }
}
for (const part of parts) part.best = Math.max(0, part.best - nothing);

const gflop = (i) => ('OC' in i ? (2 * i.N * i.OH * i.OW * i.KH * i.KW * i.C * i.OC) / 1e9 : 0);
const label = (i) =>
  'OC' in i
    ? `${i.kind} ${i.H}x${i.W}x${i.C} - ${i.OH}x${i.OW}x${i.OC} kernel ${i.KH} stride ${i.stride}`
    : `${i.kind} of ${i.count}${'code' in i ? `, ${i.code.length} lines, ${i.operands.length} operands` : ''}`;
const shown = [...parts].sort((a, b) => b.best - a.best).slice(0, values.all ? parts.length : 12);
const sum = (list) => list.reduce((total, { best }) => total + best, 0);
const share = (list) => `${((100 * sum(list)) / sum(parts)).toFixed(1)} %`;
const rows = shown.map((part) => {
  const [first, ...attached] = part.instructions;
  const speed = gflop(first) > 0 ? (gflop(first) / (part.best / 1000)).toFixed(0) : '';
  const name = `${label(first)}${attached.length > 0 ? ', and what is attached' : ''}`;
  return [name, part.best.toFixed(2), share([part]), speed];
});
const products = parts.filter(({ instructions }) => gflop(instructions[0]) > 0);
const rest = parts.filter(({ instructions }) => gflop(instructions[0]) === 0);
for (const [name, list] of [
  ['all convolutions and matrix products', products],
  ['all else', rest],
  ['all', parts],
])
  rows.push([name, sum(list).toFixed(2), share(list), '']);
const heads = ['part', 'ms', 'of all', 'nominal GFLOP/s'];
const where = `${setting(before, { kernels: backend.info.variant })}; ${values.preset}, ${values.threads} threads, a whole step ${step.toFixed(1)} ms, a run of nothing ${nothing.toFixed(2)} ms, taken off each`;
publish('profile', `${where}\n\n${table(heads, rows)}`, values.markdown);
record({ rest: sum(rest) / sum(parts) }, values.markdown);
await backend.dispose();
