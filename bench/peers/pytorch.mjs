// Our training step against PyTorch's, side by side: both stay loaded, and every round takes a few steps of each in turn, so
// that whatever else the machine does falls on both. Reported: the median of all steps of each, and ratios of medians.
//   node bench/peers/pytorch.mjs [--rounds 5] [--steps 4] [--threads 2] [--batch 256] [--device native,wasm]
//                                [--modes default,channels_last,compile] [--json] [--markdown docs/benchmarks.md]
// PyTorch comes from PyPI into a throwaway environment (DCGAN_PEER_VENV names one to keep).
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '4' },
    threads: { type: 'string', default: '2' },
    batch: { type: 'string', default: '256' },
    device: { type: 'string', default: 'native' },
    modes: { type: 'string', default: 'default,channels_last' },
    json: { type: 'boolean', default: false },
    markdown: { type: 'string' },
  },
});
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** A Python with PyTorch, and what to remove afterwards. */
function python() {
  const kept = process.env.DCGAN_PEER_VENV;
  const folder = kept ?? mkdtempSync(join(tmpdir(), 'dcgan-peer-'));
  const program = join(folder, 'bin', 'python');
  if (!existsSync(program)) {
    console.error(`Setting PyTorch up in ${folder} ...`);
    execFileSync('python3', ['-m', 'venv', folder], { stdio: 'inherit' });
    execFileSync(program, ['-m', 'pip', 'install', '--quiet', 'torch', 'numpy', 'safetensors'], { stdio: 'inherit' });
  }
  return { program, cleanUp: () => kept ?? rmSync(folder, { recursive: true, force: true }) };
}

/** A side: a process that answers each line with the seconds of one step. */
async function open(name, command, args) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${name} ended early`);
    return JSON.parse(value);
  };
  const ready = await answer();
  const step = async () => {
    child.stdin.write('step\n');
    return (await answer()).seconds;
  };
  return { name, ready, step, seconds: [], close: () => child.stdin.end() };
}

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const shared = ['--threads', values.threads, '--batch', values.batch];
const { program, cleanUp } = python();
try {
  const before = loadavg()[0];
  const sides = [];
  for (const device of values.device.split(','))
    sides.push(await open(`dcgan ${device}`, process.execPath, [here('ours.mjs'), '--device', device, ...shared]));
  for (const mode of values.modes.split(','))
    sides.push(await open(`PyTorch ${mode}`, program, [here('pytorch/step.py'), '--mode', mode, ...shared]));
  for (let round = 0; round < Number(values.rounds); round++)
    for (const side of sides) {
      // The first step after another side's pays for its cold caches.
      await side.step();
      for (let step = 0; step < Number(values.steps); step++) side.seconds.push(await side.step());
    }
  for (const side of sides) side.close();
  const ours = median(sides[0].seconds);
  const report = {
    machine: cpus()[0].model.trim(),
    threads: Number(values.threads),
    batch: Number(values.batch),
    date: new Date().toISOString().slice(0, 10),
    versions: { node: process.version, torch: sides.at(-1).ready.torch, variant: sides[0].ready.variant },
    load: { before, after: loadavg()[0] },
    sides: sides.map(({ name, seconds }) => ({
      name,
      best: Math.min(...seconds),
      median: median(seconds),
      timesOurs: median(seconds) / ours,
    })),
  };
  if (values.json) console.log(JSON.stringify(report));
  else console.log(table(report));
  if (values.markdown) rewrite(values.markdown, table(report));
} finally {
  cleanUp();
}

function table({ machine, threads, batch, date, versions, load, sides }) {
  return [
    `${machine}, ${threads} threads, batch ${batch}; ${date}, Node ${versions.node}, PyTorch ${versions.torch}, ${versions.variant}; load ${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after`,
    '',
    '| seconds a step | best | median | of ours |',
    '|---|---|---|---|',
    ...sides.map(
      (side) =>
        `| ${side.name} | ${side.best.toFixed(3)} | ${side.median.toFixed(3)} | ${side.timesOurs.toFixed(2)} × |`,
    ),
  ].join('\n');
}

/** Puts a table between its marks in a document. */
function rewrite(file, text) {
  const [start, end] = ['<!-- bench:pytorch -->', '<!-- /bench:pytorch -->'];
  const document = readFileSync(file, 'utf8');
  const [from, to] = [document.indexOf(start), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} has no ${start} ... ${end}`);
  writeFileSync(file, `${document.slice(0, from + start.length)}\n${text}\n${document.slice(to)}`);
}
