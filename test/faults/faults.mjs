// Commands whose calls of the system fail, that are killed at a call, or that find a full disk
// (shim.c), and what comes of it: `node test/faults/faults.mjs [--calls N] [--kills N] [--sizes N]
// [--minutes M] [--seed S] [--only COMMAND] [--keep FILE]`. Each must end well or with a sentence; after
// that, the same command (or --resume) without a fault must give what a run gives that never failed,
// byte for byte, and leave no temporary file. The exit code is 1 where one did not. FILE holds the
// outcome of each fault, and a later call with the same options goes on after the last.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { randomOf } from '../fuzz/damage.mjs';

const PROGRAM = fileURLToPath(new URL('../../bin/dcgan.js', import.meta.url));
const SHIM = fileURLToPath(new URL('shim.c', import.meta.url));
const LONGEST_MS = 600_000;
const CHECKPOINTS = join('r', 'checkpoints', '');
const ERRORS = ['ENOSPC', 'EIO', 'EMFILE', 'EDQUOT'];

const DEVICE = ['--device', 'wasm', '--threads', '1'];
const SMALL = ['--preset', 'tiny', '--limit', '32', '--batch-size', '16', '--seed', '1', '--quiet', ...DEVICE];

/** Returns the line that goes on with a run, if it has begun. */
const resumed = (folder) =>
  existsSync(join(folder, 'r', 'config.json')) ? ['train', '--resume', 'r', '--quiet', ...DEVICE] : null;

/** What each command is given (`before`), does, and does again after a fault. */
const COMMANDS = {
  train: {
    words: () => ['train', ...SMALL, '--epochs', '3', '--out', 'r'],
    again: resumed,
  },
  resume: {
    before: [['train', ...SMALL, '--epochs', '1', '--out', 'r']],
    words: () => ['train', '--resume', 'r', '--epochs', '3', '--quiet', ...DEVICE],
  },
  'train on pictures': {
    words: () => [
      'train',
      '--data',
      'pics',
      '--size',
      '16',
      ...SMALL.filter((_, i) => i < 2 || i > 3),
      '--epochs',
      '1',
      '--out',
      'r',
    ],
    again: resumed,
  },
  sample: {
    before: [['train', ...SMALL, '--epochs', '1', '--out', 'r']],
    words: () => ['sample', 'r', '-o', 's.png', '--seed', '1', '--device', 'wasm'],
  },
  'data build': { before: [], words: () => ['data', 'build', 'pics', '--size', '16', '-o', 'p.pack'] },
  evaluate: {
    before: [['train', ...SMALL, '--epochs', '1', '--out', 'r']],
    words: () => ['evaluate', 'r', '--count', '64', '--extractor', 'pixels', '--json', ...DEVICE],
  },
};

/** Runs the program to its end. */
function run(folder, words, fault = {}, shim = null) {
  const env = { ...process.env, DCGAN_CACHE_DIR: join(folder, 'cache'), UV_USE_IO_URING: '0' };
  if (shim) Object.assign(env, { LD_PRELOAD: shim, FAULT_BELOW: folder, ...fault });
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [PROGRAM, ...words], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, text] = ['', ''];
    child.stdout.on('data', (part) => (out += part));
    child.stderr.on('data', (part) => (text += part));
    const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS);
    const began = performance.now();
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, out, text, late: performance.now() - began >= LONGEST_MS });
    });
  });
}

/** A file's contents without times, and without the machines and moments that a run's configuration lists. */
function timeless(path, bytes) {
  if (path.endsWith('metrics.jsonl')) return `${bytes}`.replace(/"(seconds|time)":[\d.e-]+/g, '');
  if (!path.endsWith('config.json')) return bytes;
  return JSON.stringify({ ...JSON.parse(bytes), sittings: [] });
}

/** Files by their paths, with hashes of what must be equal in two runs: times stand in metrics. */
function contents(folder) {
  const found = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = relative(folder, join(entry.parentPath ?? entry.path, entry.name));
    if (!entry.isFile() || path.startsWith('pics')) continue;
    // What is kept between commands is checked where it is read; only what is left over counts.
    const bytes = path.startsWith('cache') ? '' : readFileSync(join(folder, path));
    found[path] = createHash('sha256').update(timeless(path, bytes)).digest('hex').slice(0, 12);
  }
  return found;
}

function differences(got, want) {
  const names = [...new Set([...Object.keys(got), ...Object.keys(want)])].sort();
  // A run that was stopped keeps the checkpoint of that moment as one of its last two.
  const newest = names.filter((name) => name.startsWith(CHECKPOINTS) && name in want).at(-1);
  const kept = (name) =>
    (name.startsWith('cache') || (name.startsWith(CHECKPOINTS) && name !== newest)) && !name.includes('.tmp-');
  return names.filter((name) => got[name] !== want[name] && !kept(name));
}

/** A sentence, and nothing of the program's inside. */
function isSentence({ code, text }) {
  return code === 1 && /^dcgan: .+\.$/m.test(text) && !/internal error|^\s+at /m.test(text);
}

class Subject {
  constructor(name, root, shim) {
    Object.assign(this, { name, root, shim, ...COMMANDS[name] });
    this.start = join(root, `${name.replaceAll(' ', '-')}-start`);
  }

  /** The folder as it is before the command, and what the command makes of it unharmed. */
  async prepare() {
    mkdirSync(this.start);
    if (/pictures|data/.test(this.name)) await pictures(join(this.start, 'pics'));
    for (const words of this.before ?? []) {
      const { code, text } = await run(this.start, words);
      if (code !== 0) throw new Error(`${words.join(' ')}: ${text}`);
    }
    const folder = this.fresh();
    const log = join(this.root, 'log');
    const whole = await run(folder, this.words(), { FAULT_LOG: log }, this.shim);
    if (whole.code !== 0) throw new Error(`${this.name} fails unharmed: ${whole.text}`);
    this.want = contents(folder);
    this.out = whole.out;
    [this.calls, this.bytes] = readFileSync(log, 'utf8').split(' ').map(Number);
  }

  fresh() {
    const folder = join(this.root, 'work');
    rmSync(folder, { recursive: true, force: true });
    cpSync(this.start, folder, { recursive: true, preserveTimestamps: true });
    return folder;
  }

  /** One fault: `ended well`, `refused`, `killed`, or what is wrong. */
  async try(fault) {
    const folder = this.fresh();
    const first = await run(folder, this.words(), fault, this.shim);
    const killed = fault.FAULT_ERROR === 'kill' && first.signal === 'SIGKILL';
    if (first.late) return { outcome: 'hang', first };
    if (!killed && first.code !== 0 && !isSentence(first)) return { outcome: 'crash', first };
    if (first.code === 0 && fault.FAULT_STAYS === undefined && fault.FAULT_BYTES === undefined) {
      const wrong = this.#wrong(folder, first);
      if (wrong.length > 0) return { outcome: 'WRONG', first, wrong };
    }
    const again = this.again?.(folder) ?? this.words();
    const second = await run(folder, again);
    const wrong = this.#wrong(folder, second);
    if (second.code !== 0 || wrong.length > 0) return { outcome: 'LOST', first, second, wrong };
    return { outcome: killed ? 'killed' : first.code === 0 ? 'ended well' : 'refused', first };
  }

  #wrong(folder, { out }) {
    const wrong = differences(contents(folder), this.want);
    if (this.name === 'evaluate' && out !== this.out) wrong.push('what it prints');
    return wrong;
  }
}

async function pictures(folder) {
  mkdirSync(folder);
  for (let i = 0; i < 32; i++) {
    const raw = { width: 20, height: 20, channels: 3 };
    await sharp(Buffer.alloc(1200, (i * 37) % 251), { raw })
      .png()
      .toFile(join(folder, `${i}.png`));
  }
}

/** The outcomes of an earlier call, by fault: a fault may stand twice. */
function kept(path) {
  const known = new Map();
  for (const line of path && existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []) {
    const { key, outcome } = JSON.parse(line);
    known.set(key, [...(known.get(key) ?? []), { outcome, known: true }]);
  }
  return known;
}

const OUTCOMES = ['ended well', 'refused', 'killed', 'WRONG', 'crash', 'hang', 'LOST'];

/**
 * @param options how many faults of each kind, over all commands; after so many minutes no new one begins
 * @param onBad told of each that ended badly, at once
 * @returns counts by command and outcome
 */
export async function faults(
  { calls = 24, kills = 12, sizes = 4, minutes = Number.POSITIVE_INFINITY, seed = 1, only, keep },
  onBad,
) {
  const known = kept(keep);
  const until = Date.now() + minutes * 60_000;
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'dcgan-faults-')));
  try {
    const shim = join(root, 'shim.so');
    execFileSync('cc', ['-O1', '-shared', '-fPIC', '-o', shim, SHIM, '-ldl']);
    const random = randomOf(seed);
    const subjects = Object.keys(COMMANDS)
      .filter((name) => only === undefined || name === only)
      .map((name) => new Subject(name, root, shim));
    for (const subject of subjects) await subject.prepare();
    const counts = Object.fromEntries(subjects.map(({ name, calls }) => [name, { calls }]));
    const attempt = async (subject, fault) => {
      if (Date.now() > until) return;
      const key = JSON.stringify([subject.name, fault]);
      const result = known.get(key)?.shift() ?? (await subject.try(fault));
      counts[subject.name][result.outcome] = (counts[subject.name][result.outcome] ?? 0) + 1;
      if (keep && !result.known) appendFileSync(keep, `${JSON.stringify({ key, outcome: result.outcome })}\n`);
      if (!OUTCOMES.slice(0, 3).includes(result.outcome)) onBad({ command: subject.name, fault, ...result });
    };
    const place = (most, i, all) => 1 + Math.floor(((i + random(1000) / 1000) / all) * most);
    const share = (all, i) => Math.floor(all / subjects.length) + (i < all % subjects.length ? 1 : 0);
    const planned = [];
    const plan = (subject, most, all, faultAt) => {
      for (let i = 0; i < all; i++)
        planned.push({ subject, when: (i + 0.5) / all, fault: faultAt(() => `${place(most, i, all)}`) });
    };
    for (const [s, subject] of subjects.entries()) {
      plan(subject, subject.calls, share(calls, s), (at) => {
        const FAULT_ERROR = `${constants.errno[ERRORS[random(ERRORS.length)]]}`;
        const stays = random(2) === 0 ? { FAULT_STAYS: '1' } : {};
        return { FAULT_AT: at(), FAULT_ERROR, ...stays };
      });
      plan(subject, subject.calls, share(kills, s), (at) => ({ FAULT_AT: at(), FAULT_ERROR: 'kill' }));
      if (subject.bytes > 0) plan(subject, subject.bytes, share(sizes, s), (at) => ({ FAULT_BYTES: at() }));
    }
    // A count that is stopped has tried all commands and kinds of fault alike.
    planned.sort((a, b) => a.when - b.when);
    for (const { subject, fault } of planned) await attempt(subject, fault);
    return counts;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function table(counts) {
  const rows = Object.entries(counts).map(([name, row]) => [name, row.calls, ...OUTCOMES.map((o) => row[o] ?? 0)]);
  const all = OUTCOMES.map((o) => Object.values(counts).reduce((sum, row) => sum + (row[o] ?? 0), 0));
  const lines = [
    ['command', 'calls', ...OUTCOMES],
    ['---', ...[...OUTCOMES, 0].map(() => '--:')],
    ...rows,
    ['all', '', ...all],
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const types = Object.fromEntries(
    ['calls', 'kills', 'sizes', 'minutes', 'seed', 'only', 'keep'].map((name) => [name, { type: 'string' }]),
  );
  const { only, keep, ...numbers } = parseArgs({ options: types }).values;
  const options = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Number(value)]));
  const counts = await faults({ ...options, only, keep }, ({ command, fault, outcome, first, second, wrong }) => {
    process.exitCode = 1;
    console.log(`${outcome}: ${command} with ${JSON.stringify(fault)} ${wrong ?? ''}`);
    for (const each of [first, second])
      if (each) console.log(`  exit ${each.code ?? each.signal}: ${each.text.trim()}`);
  });
  console.log(table(counts));
}
