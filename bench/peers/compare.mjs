// Our training step against the peers', side by side: all stay loaded, and every round takes a few steps of each in turn, so
// that whatever else the machine does falls on all. Reported: the median of all steps of each, and ratios of medians.
//   node bench/peers/compare.mjs [--peers pytorch,tensorflow,jax] [--rounds 5] [--steps 4] [--threads 2] [--batch 256]
//                                [--device native,wasm] [--json] [--markdown docs/benchmarks.md]
// With --sample 10000 that many images are sampled instead (PyTorch alone, under inference_mode). A peer may be held to some
// of its modes: pytorch:default+channels_last. Peers come from PyPI into a folder for temporary files that may be thrown
// away at any time; DCGAN_PEERS names another.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { load, median, publish, setting, table, takeTurns, warnIfBusy, whole } from '../lib.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '4' },
    threads: { type: 'string', default: '2' },
    batch: { type: 'string', default: '256' },
    device: { type: 'string', default: 'native' },
    peers: { type: 'string', default: 'pytorch' },
    sample: { type: 'string' },
    json: { type: 'boolean', default: false },
    markdown: { type: 'string' },
  },
});
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** What to install, and the modes that are worth running. */
const PEERS = {
  pytorch: { title: 'PyTorch', packages: ['torch'], modes: ['default', 'channels_last', 'compile'] },
  tensorflow: { title: 'TensorFlow', packages: ['tensorflow-cpu'], modes: ['function', 'xla'] },
  jax: { title: 'JAX', packages: ['jax'], modes: ['jit'] },
};

/** `pytorch:default+compile` -> its peer and modes. */
function parsePeer(text) {
  const [name, modes] = text.split(':');
  if (!(name in PEERS)) throw new Error(`unknown peer ${name}; known: ${Object.keys(PEERS).join(', ')}`);
  return { name, ...PEERS[name], modes: modes?.split('+') ?? PEERS[name].modes };
}

const folder = process.env.DCGAN_PEERS ?? join(tmpdir(), 'dcgan-peers');

/** A Python with the peer. */
function python({ name, title, packages }) {
  const program = join(folder, name, 'bin', 'python');
  if (existsSync(program)) return program;
  console.error(`Setting ${title} up in ${join(folder, name)} ...`);
  mkdirSync(folder, { recursive: true });
  execFileSync('python3', ['-m', 'venv', join(folder, name)], { stdio: 'inherit' });
  execFileSync(program, ['-m', 'pip', 'install', '--quiet', ...packages, 'numpy', 'safetensors'], { stdio: 'inherit' });
  return program;
}

/** A side: a process that answers each line with the seconds of one step. */
async function open(name, command, args) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => {
    said = `${said}${text}`.slice(-2000);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${name} ended early:\n${said}`);
    return JSON.parse(value);
  };
  const ready = await answer();
  const step = async () => {
    child.stdin.write(`${order}\n`);
    return (await answer()).seconds;
  };
  return { name, ready, step, close: () => child.stdin.end() };
}

/** What is timed: training steps, or sampling. */
const order = values.sample === undefined ? 'step' : `sample ${values.sample}`;
const shared = ['--threads', values.threads, '--batch', values.batch];
const peers = values.peers.split(',').map(parsePeer);
const before = load();
warnIfBusy();
const sides = [];
for (const device of values.device.split(','))
  sides.push(await open(`dcgan ${device}`, process.execPath, [here('ours.mjs'), '--device', device, ...shared]));
for (const peer of peers)
  for (const mode of peer.modes) {
    const script = here(`python/${peer.name}_step.py`);
    sides.push(await open(`${peer.title} ${mode}`, python(peer), [script, '--mode', mode, ...shared]));
  }
const seconds = await takeTurns(sides, whole('rounds', values.rounds), whole('steps', values.steps));
for (const side of sides) side.close();
const ours = median(seconds.get(sides[0].name));
const results = sides.map(({ name }) => ({
  name,
  best: Math.min(...seconds.get(name)),
  median: median(seconds.get(name)),
  timesOurs: median(seconds.get(name)) / ours,
}));
const versions = { kernels: sides[0].ready.variant, ...peerVersions(sides) };
const where = `${setting(before, versions)}; ${values.threads} threads, batch ${values.batch}`;
if (values.json) console.log(JSON.stringify({ where, sides: results }));
else
  publish(
    values.sample === undefined ? 'peers' : 'sampling',
    `${where}\n\n${table(
      [
        values.sample === undefined ? 'seconds a step' : `seconds for ${values.sample} images`,
        'best',
        'median',
        'of ours',
      ],
      results.map((side) => [
        side.name,
        side.best.toFixed(3),
        side.median.toFixed(3),
        `${side.timesOurs.toFixed(2)} ×`,
      ]),
    )}`,
    values.markdown,
  );

function peerVersions(sides) {
  const peers = sides.filter(({ ready }) => ready.version !== undefined);
  return Object.fromEntries(peers.map(({ name, ready }) => [name.split(' ')[0], ready.version]));
}
