// The sides of a comparison: ours and the peers. Each peer is installed from its package registry
// into a temporary folder that may be deleted at any time (DCGAN_PEERS names another folder). A
// side is a process that answers each line with the seconds that one step took.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { median } from '../lib.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const folder = process.env.DCGAN_PEERS ?? join(tmpdir(), 'dcgan-peers');

/** What to install for each peer, how it is run, and which of its modes are worth running. */
const PEERS = {
  pytorch: python('PyTorch', ['torch'], ['default', 'channels_last', 'compile', 'bf16']),
  tensorflow: python('TensorFlow', ['tensorflow-cpu'], ['function', 'xla']),
  jax: python('JAX', ['jax'], ['jit']),
  tfjs: javascript('TensorFlow.js', ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'], ['cpu', 'wasm']),
  jaxjs: javascript('jax-js', ['@jax-js/jax'], ['wasm']),
};

function python(title, packages, modes) {
  const command = (name) => {
    const place = join(folder, name);
    const program = join(place, 'bin', 'python');
    if (!existsSync(program)) {
      setUp(title, place);
      execFileSync('python3', ['-m', 'venv', place], { stdio: 'inherit' });
      execFileSync(program, ['-m', 'pip', 'install', '--quiet', ...packages, 'numpy', 'safetensors'], {
        stdio: 'inherit',
      });
    }
    return [program, here(`python/${name}_step.py`)];
  };
  return { title, modes, command };
}

function javascript(title, packages, modes) {
  const command = (name) => {
    const place = join(folder, name);
    if (!existsSync(join(place, 'node_modules', packages[0]))) {
      setUp(title, place);
      writeFileSync(join(place, 'package.json'), '{"private":true}');
      // Their own install scripts only download what Node does not use here.
      const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--silent'];
      execFileSync('npm', ['install', ...options, ...packages], { cwd: place, stdio: 'inherit' });
    }
    return [process.execPath, here(`js/${name}_step.mjs`), '--packages', place];
  };
  return { title, modes, command };
}

function setUp(title, place) {
  console.error(`Setting ${title} up in ${place} ...`);
  mkdirSync(place, { recursive: true });
}

/** Turns `pytorch:default+compile` into the names and commands of the sides of these modes. */
export function peerSides(text) {
  const [name, modes] = text.split(':');
  const peer = PEERS[name];
  if (!peer) throw new Error(`unknown peer ${name}; known: ${Object.keys(PEERS).join(', ')}`);
  const [program, ...script] = peer.command(name);
  return (modes?.split('+') ?? peer.modes).map((mode) => ({
    name: `${peer.title} ${mode}`,
    program,
    args: [...script, '--mode', mode],
  }));
}

/**
 * Our own side on a device. `native-avx2` is native with a compiler that makes code for any
 * processor with AVX2 (x86-64-v3); wasm is compared with it. `native-bf16` is native with
 * --precision bf16. Node's own options are handed on (`node --experimental-wasm-revectorize
 * compare.mjs`). `scratch` is a folder.
 */
export function ownSide(device, scratch) {
  const side = { name: `dcgan ${device}`, program: process.execPath };
  const ours = [...process.execArgv, here('ours.mjs'), '--device'];
  if (device === 'native-bf16') return { ...side, args: [...ours, 'native', '--precision', 'bf16'] };
  if (device !== 'native-avx2') return { ...side, args: [...ours, device] };
  const compiler = join(scratch, 'cc-avx2');
  // Of two -march options the last one counts.
  writeFileSync(compiler, `#!/bin/sh\nexec ${process.env.CC ?? 'cc'} "$@" -march=x86-64-v3\n`, { mode: 0o755 });
  const env = { ...process.env, CC: compiler, DCGAN_CACHE_DIR: join(scratch, 'cache') };
  return { ...side, args: [...ours, 'native'], env, variant: /^avx2 / };
}

/**
 * Returns our time, the fastest peer's name, and its time, where our side is the first of `sides`. A
 * side's time is its median, or the least one where processor time counts.
 */
export function compareSides(taken, sides, processor) {
  const timed = sides.map(({ name }) => ({
    name,
    time: processor ? Math.min(...taken.get(name)) : median(taken.get(name)),
  }));
  const [ours, ...peers] = timed;
  const fastest = peers.reduce((a, b) => (b.time < a.time ? b : a));
  return { ours: ours.time, peer: fastest.name, theirs: fastest.time };
}

/**
 * Starts a side. Resolves to { name, ready, step, close }, where step takes an order (`order` by
 * default); or to { name, refused } with the reason when it cannot run. `clock` says which time
 * counts: `seconds`, or `processor` for the processor time of all threads.
 */
export async function open({ name, program, args, env, variant }, shared, order, clock = 'seconds') {
  const child = spawn(program, [...args, ...shared], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => {
    said = `${said}${text}`.slice(-4000);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${name} ended early:\n${said}`);
    return JSON.parse(value);
  };
  let ready;
  try {
    ready = await answer();
  } catch {
    // A table only has room for the first sentence.
    const why = /^\w*Error: (.*?)(\. .*)?$/m.exec(said)?.[1] ?? said.trim().split('\n').at(-1);
    return { name, refused: why };
  }
  if (variant && !variant.test(ready.variant)) throw new Error(`${name}: the compiler gave ${ready.variant}`);
  const step = async (asked = order) => {
    child.stdin.write(`${asked}\n`);
    return (await answer())[clock];
  };
  return { name, ready, step, close: () => child.stdin.end() };
}
