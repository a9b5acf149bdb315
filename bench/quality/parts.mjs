// Counts the variety of samples by parts: which of a set's values, and which pairs of values of two
// parts, do they show? A classifier of the parts answers for each sample; it is trained here, on
// pictures that the set's script draws and no generator was trained on.
//   node bench/quality/parts.mjs train SET               trains the classifier (some minutes)
//   node bench/quality/parts.mjs count SET SAMPLES...    counts samples: .npy files, packs or folders
// --folder FOLDER keeps the classifiers, --threads N computes with N threads, --json prints JSON.
//
// A value counts as covered when at least one in four of the samples that real pictures lead one to
// expect shows it. A pair counts when one sample shows it, out of the pairs that as many real
// pictures show. The floor is the same count for other real pictures.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadDataset } from '../../dist/data/load.js';
import { usableCores } from '../../dist/platform/cores.js';
import { table } from '../lib.mjs';
import { PartsClassifier } from './parts-classifier.mjs';
import { coverage, enlarged } from './parts-coverage.mjs';
import { choose, openSet } from './sets.mjs';

/** The classifier's pictures begin far behind those that sets.mjs draws for a generator. */
const FIRST = 1_000_000;
const [TRAINING, HELD_OUT] = [20_000, 2_000];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    folder: { type: 'string', default: join(tmpdir(), 'dcgan-quality') },
    threads: { type: 'string', default: String(usableCores()) },
    json: { type: 'boolean', default: false },
  },
});
const [command, name, ...samples] = positionals;
if (!['train', 'count'].includes(command) || !name)
  throw new Error('usage: node bench/quality/parts.mjs train SET | count SET SAMPLES...');
const file = join(values.folder, `parts-${name}.safetensors`);
const set = await openSet(name);
const classifier = await PartsClassifier.open(set.parts, Number(values.threads));

/** Pixels in [-1, 1] of some pictures of the set. */
async function drawn(first, count) {
  const pictures = [];
  for (let index = first; index < first + count; index++) {
    const bytes = await set.picture(index).raw().toBuffer();
    pictures.push(Float32Array.from(bytes, (byte) => byte / 127.5 - 1));
  }
  return { pictures, truths: pictures.map((_, i) => choose(set.parts, first + i)) };
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const names = Object.keys(set.parts);

async function train() {
  const real = await drawn(FIRST, TRAINING);
  await classifier.train(real.pictures, real.truths, console.log);
  const heldOut = await drawn(FIRST + TRAINING, HELD_OUT);
  const answers = await classifier.answer(heldOut.pictures);
  names.forEach((part, i) => {
    const right = answers.filter((answer, n) => answer[i] === heldOut.truths[n][i]).length;
    console.log(`${part}: ${percent(right / HELD_OUT)} right`);
  });
  mkdirSync(values.folder, { recursive: true });
  writeFileSync(file, await classifier.encode());
}

async function count() {
  await classifier.load(readFileSync(file), file);
  const rows = [];
  let real = [];
  for (const path of samples) {
    const data = await loadDataset(path);
    const answers = await classifier.answer(Array.from({ length: data.count }, (_, i) => enlarged(data.batch([i]))));
    // As many real pictures as there are samples; then as many again, for the floor.
    const wanted = 2 * data.count;
    if (real.length !== wanted) real = await classifier.answer((await drawn(FIRST + TRAINING, wanted)).pictures);
    const floor = coverage(real.slice(data.count), real.slice(0, data.count), names.length);
    rows.push({ path, count: data.count, ...coverage(answers, real.slice(0, data.count), names.length), floor });
  }
  if (values.json) return console.log(JSON.stringify(rows));
  const cells = ({ values, pairs, byPart }) => [values, pairs, ...byPart].map(percent);
  const lines = rows.flatMap((row) => [
    [row.path, ...cells(row)],
    ['the floor', ...cells(row.floor)],
  ]);
  console.log(table(['samples', 'values', 'pairs', ...names], lines));
}

await (command === 'train' ? train() : count());
await classifier.dispose();
