// Measures what a person waits for and what a process needs: the time to the first step with cached
// and with fresh kernels, what an epoch costs beyond its steps, and peak memory beside PyTorch's
// for the same step.
//   node bench/process/process.mjs [--rounds 5] [--steps 20] [--peers] [--markdown FILE]
// With --peers, PyTorch is installed as bench/peers/compare.mjs does it.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { load, median, publish, setting, table } from '../lib.mjs';
import { peerSides } from '../peers/sides.mjs';
import { record } from '../targets.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '20' },
    peers: { type: 'boolean', default: false },
    markdown: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const bin = fileURLToPath(new URL('../../bin/dcgan.js', import.meta.url));
const ours = fileURLToPath(new URL('../peers/ours.mjs', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'dcgan-bench-'));
const before = load();

/**
 * Starts `dcgan train --json`. Resolves to its events, each with its seconds since the start, as
 * soon as `until` accepts one.
 */
async function train(options, env, until) {
  const began = performance.now();
  const out = join(scratch, `run-${Math.random().toString(36).slice(2)}`);
  const args = [bin, 'train', '--json', '--device', 'native', '--out', out, ...options];
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'ignore'] });
  const seen = [];
  for await (const line of createInterface({ input: child.stdout })) {
    seen.push({ ...JSON.parse(line), at: (performance.now() - began) / 1000 });
    if (until(seen.at(-1))) break;
  }
  child.kill('SIGKILL');
  return seen;
}

const firstStep = async (env) => (await train(['--limit', '512'], env, ({ type }) => type === 'step')).at(-1).at;

/** Peak resident memory of a worker after some steps, in MB. */
async function peakMemory(command, args) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  for (let i = 0; i < Number(values.steps); i++) {
    child.stdin.write('step\n');
    await lines.next();
  }
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
  child.stdin.end();
  return Number(kilobytes) / 1000;
}

try {
  const rows = [];
  await firstStep({});
  const cached = [];
  const fresh = [];
  for (let round = 0; round < rounds; round++) {
    cached.push(await firstStep({}));
    fresh.push(await firstStep({ DCGAN_CACHE_DIR: join(scratch, `cache-${round}`) }));
  }
  rows.push(['`dcgan train` to its first step, kernels cached', `${median(cached).toFixed(2)} s`]);
  rows.push(['the same with the kernels compiled first', `${median(fresh).toFixed(2)} s`]);

  const events = await train(['--epochs', '1'], {}, ({ type }) => type === 'epoch');
  const steps = events.filter(({ type }) => type === 'step').reduce((total, { seconds }) => total + seconds, 0);
  const epoch = events.at(-1).seconds;
  rows.push(['an epoch of MNIST (235 steps, picture, checkpoint)', `${epoch.toFixed(1)} s`]);
  const beyond = 1 - steps / epoch;
  rows.push(['of which beyond the steps', `${(100 * beyond).toFixed(2)} %`]);

  const memory = await peakMemory(process.execPath, [ours]);
  rows.push(['peak memory, training step', `${memory.toFixed(0)} MB`]);
  const measured = {
    firstStep: median(cached),
    compilation: median(fresh) - median(cached),
    epoch: beyond,
  };
  if (values.peers) {
    const [{ program, args }] = peerSides('pytorch:default');
    const pytorch = await peakMemory(program, args);
    rows.push(["PyTorch's", `${pytorch.toFixed(0)} MB`]);
    measured.memory = memory / pytorch;
  }
  publish('process', `${setting(before)}; tf2018 on native\n\n${table(['what', 'measured'], rows)}`, values.markdown);
  record(measured, values.markdown);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
