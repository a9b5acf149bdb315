// Times our training step and the peers' side by side. All sides stay loaded, and every round runs
// a few steps of each in turn, so that other load on the machine falls on all. It reports the
// median of all steps of each side, and the ratios of the medians.
//   node bench/peers/compare.mjs [--peers pytorch,tensorflow,jax] [--device native,wasm]
//     [--batch 256] [--threads 2] [--rounds 5] [--steps 4] [--json]
//     [--markdown docs/benchmarks.md]
// --peers also knows tfjs and jaxjs, and accepts some modes of a peer:
// pytorch:default+channels_last. --device also knows native-avx2 and native-bf16 (see sides.mjs).
// With --sample 10000, that many images are sampled instead (PyTorch alone, under inference_mode).
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { load, median, publish, setting, table, takeTurns, warnIfBusy, whole } from '../lib.mjs';
import { record } from '../targets.mjs';
import { open, ownSide, peerSides } from './sides.mjs';

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
const [rounds, steps] = [whole('rounds', values.rounds), whole('steps', values.steps)];
const peers = values.peers.split(',');
const inJavaScript = peers.every((peer) => /^(tfjs|jaxjs)\b/.test(peer));
const block = values.sample ? 'sampling' : inJavaScript ? 'javascript' : 'peers';
const before = load();
warnIfBusy();
const scratch = mkdtempSync(join(tmpdir(), 'dcgan-compare-'));
const sides = [];
try {
  const order = values.sample === undefined ? 'step' : `sample ${values.sample}`;
  const shared = ['--threads', values.threads, '--batch', values.batch];
  for (const device of values.device.split(',')) sides.push(await open(ownSide(device, scratch), shared, order));
  for (const peer of peers) for (const side of peerSides(peer)) sides.push(await open(side, shared, order));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
const running = sides.filter(({ ready }) => ready);
if (!sides[0].ready) throw new Error(`${sides[0].name} does not run: ${sides[0].refused}`);
const seconds = await takeTurns(running, rounds, steps);
for (const side of running) side.close();
const middle = new Map(running.map(({ name }) => [name, median(seconds.get(name))]));
const ours = middle.get(sides[0].name);
const results = sides.map(({ name, refused }) =>
  refused
    ? { name, refused }
    : { name, best: Math.min(...seconds.get(name)), median: middle.get(name), timesOurs: middle.get(name) / ours },
);
const ofPeers = running.filter(({ ready }) => ready.version !== undefined);
const versions = {
  kernels: sides[0].ready.variant,
  ...Object.fromEntries(ofPeers.map(({ name, ready }) => [name.split(' ')[0], ready.version])),
};
const where = `${setting(before, versions)}; ${values.threads} threads, batch ${values.batch}`;
if (values.json) console.log(JSON.stringify({ where, sides: results }));
else {
  // Some steps take milliseconds and others seconds.
  const digits = (time) => (time < 0.05 ? time.toFixed(5) : time.toFixed(3));
  const cells = ({ name, refused, best, median, timesOurs }) =>
    refused ? [name, '', '', refused] : [name, digits(best), digits(median), `${timesOurs.toFixed(2)} ×`];
  const head = values.sample === undefined ? 'seconds a step' : `seconds for ${values.sample} images`;
  publish(block, `${where}\n\n${table([head, 'best', 'median', 'of ours'], results.map(cells))}`, values.markdown);
  record(targets(), values.markdown);
}

/** The results of this run that have targets. Reduced precision is compared apart. */
function targets() {
  const fastest = Math.min(...ofPeers.filter(({ name }) => !name.endsWith('bf16')).map(({ name }) => middle.get(name)));
  const held = middle.get('dcgan native-avx2');
  const of = (device) => middle.get(`dcgan ${device}`);
  const found = {
    peers: { step: fastest / of('native'), wasm: held / of('wasm'), relaxed: held / of('wasm-relaxed') },
    sampling: { sampling: fastest / of('native') },
    javascript: { javascript: fastest / of('wasm') },
  }[block];
  return Object.fromEntries(Object.entries(found).filter(([, value]) => Number.isFinite(value)));
}
