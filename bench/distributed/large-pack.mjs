// The memory of ranks that train on 10 million images of 64 x 64 (41 GB, in colour 123 GB): two
// ranks of Open MPI take a few steps on a pack of that size, which is a hole in a sparse file. It
// prints the most memory that each rank had. With --first the pack counts as never read, so that
// the first opening hashes it.
//   node bench/distributed/large-pack.mjs FOLDER [--channels 3] [--count N] [--steps N] [--first]
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { packState } from '../../dist/data/pack.js';
import { encodeHeader } from '../../dist/data/pack-header.js';
import { keepFinding } from '../../dist/platform/findings.js';
import { load } from '../lib.mjs';

const BIN = fileURLToPath(new URL('../../bin/dcgan.js', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '10000000' },
    channels: { type: 'string', default: '1' },
    steps: { type: 'string', default: '8' },
    first: { type: 'boolean', default: false },
  },
});
const folder = positionals[0] ?? 'large';
const count = Number(values.count);
const channels = Number(values.channels);
const pack = join(folder, `${count}-${channels}.pack`);
const [SIDE, BATCH] = [64, 16];
const BYTES = count * SIDE * SIDE * channels;

/** The SHA-256 of so many zeros. */
function hashOfHole() {
  const hash = createHash('sha256');
  const zeros = Buffer.alloc(1 << 20);
  for (let left = BYTES; left > 0; left -= zeros.length) hash.update(zeros.subarray(0, Math.min(left, zeros.length)));
  return hash.digest('hex');
}

/** Makes the pack. Without --first it is noted as read before, because to hash it takes minutes. */
async function makePack() {
  const header = {
    ...{ name: 'large', count, height: SIDE, width: SIDE, channels, classes: null, labels: null, skipped: 0 },
    images: values.first ? hashOfHole() : '0'.repeat(64),
    shaping: { fit: 'crop', background: '#ffffff' },
    source: { path: 'nowhere', fingerprint: 'none' },
  };
  const head = encodeHeader(header);
  mkdirSync(folder, { recursive: true });
  writeFileSync(pack, head);
  truncateSync(pack, head.length + BYTES);
  if (!values.first) await keepFinding(packState(pack, header), header.images);
}

/** The most memory of each process that trains on the pack, in MB, looked up while `running`. */
async function peaks(running) {
  const most = new Map();
  let over = false;
  running.then(() => {
    over = true;
  });
  while (!over) {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
      try {
        if (!readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith(command.join('\0'))) continue;
        const peak = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
        if (peak) most.set(pid, Number(peak[1]) / 1024);
      } catch {}
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  // A process that a rank has just forked bears its command line for a moment.
  return [...most.values()].sort((a, b) => b - a).slice(0, 2);
}

await makePack();
const out = join(folder, 'run');
rmSync(out, { recursive: true, force: true });
const command = [process.execPath, BIN, 'train', '--data', pack];
const sizes = [
  '--preset',
  'tiny',
  '--size',
  String(SIDE),
  '--channels',
  values.channels,
  '--batch-size',
  String(BATCH),
];
const options = [...sizes, '--shards', '2', '--threads', '1', '--epochs', '1', '--seed', '1', '--out', out];
const mpirun = ['--oversubscribe', '--allow-run-as-root', '--bind-to', 'none', '-n', '2', ...command];
const child = spawn('mpirun.openmpi', [...mpirun, ...options], { stdio: ['ignore', 'ignore', 'inherit'] });
const began = performance.now();
const ended = new Promise((resolve) => child.on('close', resolve));
const metrics = join(out, 'metrics.jsonl');
const stopping = setInterval(() => {
  if (existsSync(metrics) && readFileSync(metrics, 'utf8').split('\n').length > Number(values.steps)) {
    console.log(`${values.steps} steps after ${((performance.now() - began) / 1000).toFixed(0)} s`);
    clearInterval(stopping);
    child.kill('SIGTERM');
  }
}, 200);
const found = await peaks(ended);
clearInterval(stopping);
console.log(`${count} images of ${SIDE} x ${SIDE} x ${channels} (${(BYTES / 1e9).toFixed(0)} GB), load ${load()}`);
console.log(`most memory of the ranks, MB: ${found.map((mb) => mb.toFixed(0)).join(', ')}`);
