// Measures the training step on a GPU. A table of bytes, FLOP, threads and launches needs no GPU.
// Where there is a GPU, it also measures the step's time, each kernel's speed beside the adapter's
// measured peak, and PyTorch's step on CUDA in the same run.
//   node bench/gpu/gpu.mjs [--preset tf2018] [--count] [--rounds 3] [--markdown docs/benchmarks.md]
// --count only writes the table. PyTorch is the one of `python3` (DCGAN_PYTHON names another);
// it is left out where it finds no CUDA.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openGpu } from '../../dist/engine/backends/webgpu/adapter.js';
import { WebGpuBackend } from '../../dist/engine/backends/webgpu/backend.js';
import { examineGpu } from '../../dist/engine/backends/webgpu/examine.js';
import { nodeGpu, webGpuAvailability } from '../../dist/engine/backends/webgpu/node.js';
import { launchesOf } from '../../dist/engine/backends/webgpu/wgsl/kernels.js';
import { compile } from '../../dist/engine/compile.js';
import { resolveConfig } from '../../dist/gan/config.js';
import { makeModel } from '../../dist/gan/model.js';
import { trainingStep } from '../../dist/gan/step.js';
import { load, median, publish, setting, sum, table, takeTurns, whole } from '../lib.mjs';
import { open, ownSide } from '../peers/sides.mjs';
import { label, PROCESSOR, workOf } from './work.mjs';

const { values } = parseArgs({
  options: {
    preset: { type: 'string', default: 'tf2018' },
    batch: { type: 'string' },
    count: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    markdown: { type: 'string' },
  },
});
/** How many steps run in a row, each asked for before the one before it is done. */
const IN_A_ROW = 40;
const rounds = whole('rounds', values.rounds);
const before = load();
const batchSize = values.batch === undefined ? undefined : whole('batch', values.batch);
const model = makeModel(resolveConfig(values.preset, { batchSize }));
const plan = compile(trainingStep(model, model.config.batchSize), model.layout);
const parts = launchesOf(plan).map((group) => ({ group, ...workOf(group) }));

publish('gpu-count', countTable(), values.markdown);
if (!values.count) await timeAll();

function countTable() {
  const products = parts.filter(({ flop }) => flop > 0).sort((a, b) => b.needed - a.needed);
  const rest = parts.filter(({ flop }) => flop === 0);
  const rows = [
    ...products.map((part) => row(name(part), [part])),
    row('all convolutions and matrix products', products),
    ...['elementwise', 'reduce', 'transpose', 'shiftCut'].flatMap((kind) => {
      const list = rest.filter(({ group: [{ kind: own }] }) => own === kind);
      return list.length > 0 ? [row(`${kind}, ${list.length} of them`, list)] : [];
    }),
    row('all', parts),
  ];
  const heads = [
    'group',
    'launches',
    'GFLOP needed',
    'computed',
    'MB at least',
    'asked for',
    'FLOP a byte asked',
    'workgroups',
    'threads',
    'KiB',
    'registers',
    'of a multiprocessor',
  ];
  const where = `${values.preset}, batch ${model.config.batchSize}, standard tiles; ${parts.length} groups in ${sum(parts, ({ kernels }) => kernels.length)} launches; a multiprocessor of ${PROCESSOR.threads} threads, ${PROCESSOR.registers} registers, ${PROCESSOR.bytes / 1024} KiB`;
  return `${where}\n\n${table(heads, rows)}`;
}

function row(text, list) {
  const one = list.length === 1 ? list[0] : null;
  const [flop, moved] = [sum(list, (part) => part.flop), sum(list, (part) => part.moved)];
  const times = (value, of) => (of > 0 ? `${(value / of).toFixed(2)} ×` : '');
  const needed = sum(list, (part) => part.needed);
  const least = sum(list, (part) => part.least);
  const share = Math.min(...list.map(({ resident }) => resident)) / PROCESSOR.threads;
  return [
    text,
    sum(list, ({ kernels }) => kernels.length),
    needed > 0 ? (needed / 1e9).toFixed(2) : '',
    times(flop, needed),
    (least / 1e6).toFixed(1),
    times(moved, least),
    flop > 0 ? (flop / moved).toFixed(1) : '',
    one ? one.workgroups : '',
    one ? one.threads : '',
    one ? (one.bytes / 1024).toFixed(1) : '',
    one ? one.registers : '',
    one ? `${(100 * share).toFixed(0)} %` : `${(100 * share).toFixed(0)} % and more`,
  ];
}

function name({ group }) {
  const [{ kind }, ...more] = group;
  const others = kind === 'elementwise' ? `, ${group.length} programs` : ', and what is attached';
  return `${label(group[0])}${more.length > 0 ? others : ''}`;
}

async function timeAll() {
  const found = await webGpuAvailability();
  if (!found.ok) {
    console.log(`No GPU to time: ${found.reason}. ${found.todo}.`);
    return;
  }
  const gpu = await nodeGpu();
  const report = await examineGpu(gpu);
  const backend = await WebGpuBackend.open(await openGpu(gpu), model.layout.floats);
  const step = await backend.compile(plan);
  const many = async (executable, times) => {
    const began = performance.now();
    await Promise.all(Array.from({ length: times }, () => backend.run(executable)));
    return (performance.now() - began) / 1000 / times;
  };
  await many(step, 1);
  const executables = [];
  for (const { group } of parts) executables.push(await backend.compile({ ...plan, instructions: group }));
  // A kernel runs for twenty milliseconds at a time, so that the cost of a submission hardly
  // counts.
  const counts = [];
  for (const executable of executables) counts.push(Math.min(1000, Math.ceil(0.02 / (await many(executable, 1)))));
  const best = executables.map(() => Number.POSITIVE_INFINITY);
  const steps = [];
  for (let round = 0; round < rounds; round++) {
    steps.push(await many(step, 20));
    for (const [i, executable] of executables.entries()) best[i] = Math.min(best[i], await many(executable, counts[i]));
  }
  const timed = parts.map((part, i) => ({ ...part, seconds: best[i] })).sort((a, b) => b.seconds - a.seconds);
  const all = sum(timed, ({ seconds }) => seconds);
  const rows = timed.slice(0, 16).map((part) => {
    const gflops = part.needed / part.seconds / 1e9;
    const gigabytes = part.least / part.seconds / 1e9;
    return [
      name(part),
      (1000 * part.seconds).toFixed(3),
      `${((100 * part.seconds) / all).toFixed(1)} %`,
      part.needed > 0 ? gflops.toPrecision(3) : '',
      part.needed > 0 ? `${((100 * gflops) / report.gflopsPerSecond).toFixed(0)} %` : '',
      `${((100 * gigabytes) / report.gigabytesPerSecond).toFixed(0)} %`,
    ];
  });
  await backend.dispose();
  const where = `${setting(before)}; ${report.adapter}, ${report.driver}${report.hardware ? '' : ' (software: its times say nothing of a GPU)'}; ${values.preset}, batch ${model.config.batchSize}; measured peaks ${report.gflopsPerSecond.toPrecision(3)} GFLOP/s, ${report.gigabytesPerSecond.toPrecision(3)} GB/s; a step ${(1000 * median(steps)).toFixed(2)} ms`;
  const heads = ['part', 'ms', 'of all', 'needed GFLOP/s', 'of the peak', "least bytes, of copying's speed"];
  const text = `${where}\n\n${table(heads, rows)}\n\n${await beside()}`;
  // A result from a software adapter is not worth keeping.
  publish('gpu-time', text, report.hardware ? values.markdown : undefined);
}

/**
 * Times our step and PyTorch's on CUDA in turn, both with and without waiting for each step; or
 * returns why it cannot.
 */
async function beside() {
  const python = process.env.DCGAN_PYTHON ?? 'python3';
  try {
    execFileSync(python, ['-c', 'import torch; assert torch.cuda.is_available()'], { stdio: 'ignore' });
  } catch {
    return `PyTorch with CUDA is not here (${python}).`;
  }
  if (values.preset !== 'tf2018') return 'PyTorch has the step of tf2018 alone.';
  const script = fileURLToPath(new URL('../peers/python/pytorch_step.py', import.meta.url));
  // By default PyTorch rounds convolutions to TF32's ten bits of mantissa on the matrix units;
  // NVIDIA_TF32_OVERRIDE=0 keeps float32.
  const peers = ['', ', float32'].flatMap((kind) =>
    ['default', 'channels_last', 'compile', 'graph'].map((mode) => ({
      name: `PyTorch ${mode}${kind}`,
      program: python,
      args: [script, '--device', 'cuda', '--mode', mode],
      env: kind ? { ...process.env, NVIDIA_TF32_OVERRIDE: '0' } : process.env,
    })),
  );
  const shared = ['--threads', '1', '--batch', String(model.config.batchSize)];
  const sides = [];
  for (const side of [ownSide('webgpu', '.'), ...peers]) sides.push(await open(side, shared, 'step'));
  const running = sides.filter(({ ready }) => ready);
  const waited = await takeTurns(running, rounds, 20);
  const inARow = new Map(running.map(({ name: side }) => [side, []]));
  for (let round = 0; round < rounds; round++)
    for (const { name: side, step } of running) inARow.get(side).push((await step(`steps ${IN_A_ROW}`)) / IN_A_ROW);
  for (const side of running) side.close();
  const cells = sides.map(({ name: side, refused }) => {
    if (refused) return [side, refused];
    const columns = [inARow, waited].flatMap((seconds) => {
      const [own, ours] = [side, running[0].name].map((each) => median(seconds.get(each)));
      return [(1000 * own).toFixed(2), `${(own / ours).toFixed(2)} ×`];
    });
    return [side, ...columns];
  });
  return table(['ms a step', 'in a row', 'of ours', 'each waited for', 'of ours'], cells);
}
