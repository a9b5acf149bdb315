// Says how well extractors of features tell good samples from bad ones. The network `pictures` has
// never seen the sets that this is asked of.
//   node bench/quality/features.mjs known DATA...    sets made from real pictures, of known quality
//   node bench/quality/features.mjs rank SET RUN...  trained runs, beside the count of their parts
// DATA is a folder, a pack or a name; SET is one whose parts parts.mjs has learned. --weights FILE
// asks another network than the bundled one. --folder FOLDER has the classifiers of the parts.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadDataset } from '../../dist/data/load.js';
import { layoutState } from '../../dist/engine/layout.js';
import { DCGAN } from '../../dist/index.js';
import { Distances } from '../../dist/metrics/distances.js';
import { openExtractor } from '../../dist/metrics/extractors.js';
import { frechetDistance, momentsOf } from '../../dist/metrics/figures/frechet.js';
import { manifoldFigures, realNeighbours } from '../../dist/metrics/figures/manifold.js';
import { openSession } from '../../dist/metrics/machine.js';
import { openPictures } from '../../dist/metrics/pictures.js';
import { table } from '../lib.mjs';
import { knownCases } from './known-cases.mjs';
import { PartsClassifier } from './parts-classifier.mjs';
import { coverage, enlarged } from './parts-coverage.mjs';
import { choose } from './sets.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    weights: { type: 'string' },
    by: { type: 'string', default: 'pictures,pixels' },
    folder: { type: 'string', default: join(tmpdir(), 'dcgan-quality') },
    data: { type: 'string' },
    count: { type: 'string', default: '2000' },
    threads: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const [command, ...names] = positionals;
if (!['known', 'rank'].includes(command)) throw new Error('usage: node bench/quality/features.mjs known|rank ...');
const machine = { device: 'native', threads: Number(values.threads) };
const COUNT = Number(values.count);
const EXTRACTORS = values.by.split(',');
const FIGURES = ['precision', 'recall', 'coverage', 'frechetDistance'];
const HEADS = EXTRACTORS.flatMap((name) => FIGURES.map((figure) => `${name}: ${figure}`));

/** An extractor, and the figures of any set against the first half of a dataset. */
async function measureOf(data, name) {
  const extractor =
    name === 'pictures' && values.weights
      ? await openPictures(data, machine, readFileSync(values.weights))
      : await openExtractor({ extractor: name }, data, machine);
  const session = await openSession(layoutState([]), machine);
  const distances = new Distances(session);
  const features = async (images) => (await extractor.extract(images, images.length / data.imageSize)).features;
  const half = Math.ceil(data.count / 2);
  const reals = await features(data.batch(Array.from({ length: half }, (_, i) => i)));
  const neighbours = await realNeighbours(distances, reals);
  const moments = momentsOf(reals);
  const figures = async (fakes) => {
    return {
      ...(await manifoldFigures(distances, reals, fakes, neighbours)),
      frechetDistance: frechetDistance(momentsOf(fakes), moments),
    };
  };
  return { features, figures, measure: async (images) => figures(await features(images)) };
}

async function measuresOf(data) {
  const measures = new Map();
  for (const name of EXTRACTORS) measures.set(name, await measureOf(data, name));
  return measures;
}

const show = (value) => (value >= 10 ? value.toFixed(1) : value.toFixed(3));

async function known(path) {
  const data = await loadDataset(path);
  const parts = `${path}.parts.json`;
  const truth = existsSync(parts) ? JSON.parse(readFileSync(parts, 'utf8')) : null;
  const { held, cases } = knownCases(data, COUNT, truth);
  const rows = Object.keys(cases).map((what) => [what]);
  for (const { features, figures } of (await measuresOf(data)).values()) {
    const ofHeld = await features(held);
    for (const [i, { images, order }] of Object.values(cases).entries()) {
      const found = await figures(images ? await features(images()) : taken(ofHeld, order));
      rows[i].push(...FIGURES.map((figure) => show(found[figure])));
    }
  }
  console.log(`\n${basename(path)}\n\n${table(['samples', ...HEADS], rows)}`);
}

/** Rows of features, in an order. */
function taken({ width, values: from }, order) {
  const values = new Float32Array(order.length * width);
  order.forEach((n, i) => {
    values.set(from.subarray(n * width, (n + 1) * width), i * width);
  });
  return { count: order.length, width, values };
}

/** Spearman's correlation of two lists: that of their ranks. Equal values share their mean rank. */
function spearman(a, b) {
  const [x, y] = [a, b].map((list) =>
    list.map(
      (value) => list.filter((other) => other < value).length + list.filter((other) => other === value).length / 2,
    ),
  );
  const middle = a.length / 2;
  const sum = (f) => x.reduce((total, _, i) => total + f(x[i] - middle, y[i] - middle), 0);
  return sum((p, q) => p * q) / Math.sqrt(sum((p) => p * p) * sum((_, q) => q * q));
}

async function rank(setName, paths) {
  const { default: set } = await import(`./sets/${setName}.mjs`);
  const parts = Object.keys(set.parts).length;
  const classifier = await PartsClassifier.open(set.parts, machine.threads);
  const file = join(values.folder, `parts-${setName}.safetensors`);
  await classifier.load(readFileSync(file), file);
  const real = Array.from({ length: COUNT }, (_, i) => choose(set.parts, 3_000_000 + i));
  const sizes = new Map();
  const rows = [];
  for (const path of paths) {
    const files = path.endsWith('.safetensors')
      ? [path]
      : readdirSync(join(path, 'checkpoints'))
          .filter((name) => /epoch-(?!0000)\d+\.safetensors/.test(name))
          .map((name) => join(path, 'checkpoints', name));
    for (const checkpoint of files) {
      const gan = await DCGAN.load(checkpoint, machine);
      const images = await gan.generate(COUNT, { seed: 5 });
      const size = gan.config.imageSize;
      await gan.dispose();
      if (!sizes.has(size)) {
        const data = await loadDataset(values.data ?? setName, { size });
        sizes.set(size, { data, by: await measuresOf(data) });
      }
      const { data, by } = sizes.get(size);
      const pictures = Array.from({ length: COUNT }, (_, i) =>
        enlarged(images.subarray(i * data.imageSize, (i + 1) * data.imageSize)),
      );
      const row = { checkpoint, truth: coverage(await classifier.answer(pictures), real, parts) };
      for (const [name, { measure }] of by) row[name] = await measure(images);
      rows.push(row);
      if (values.json) console.log(JSON.stringify(row));
    }
  }
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  console.log(
    table(
      ['checkpoint', 'values', 'pairs', 'common pairs', ...HEADS],
      rows.map((row) => [
        row.checkpoint.split('/').slice(-3).join('/').replace('checkpoints/', '').replace('.safetensors', ''),
        ...[row.truth.values, row.truth.pairs, row.truth.common].map(percent),
        ...EXTRACTORS.flatMap((name) => FIGURES.map((figure) => show(row[name][figure]))),
      ]),
    ),
  );
  const correlations = EXTRACTORS.flatMap((name) =>
    FIGURES.map((figure) => [
      `${name}: ${figure}`,
      ...['values', 'pairs', 'common'].map((truth) =>
        spearman(
          rows.map((row) => row[name][figure]),
          rows.map((row) => row.truth[truth]),
        ).toFixed(2),
      ),
    ]),
  );
  console.log(`\nSpearman's correlation over ${rows.length} checkpoints\n`);
  console.log(table(['figure', 'values', 'pairs', 'common pairs'], correlations));
  await classifier.dispose();
}

if (command === 'known') for (const path of names) await known(path);
else await rank(names[0], names.slice(1));
process.exit(0);
