// Writes the tables of docs/quality.md from the measurements.
import { publish, table } from '../lib.mjs';
import { keyOf, RUNS } from './runs.mjs';

const DOCUMENT = 'docs/quality.md';
const NOTHING = 'not measured yet';
const MANIFOLD = ['precision', 'recall', 'density', 'coverage'];
const mean = (list) => list.reduce((sum, x) => sum + x, 0) / list.length;
const figures = (list, digits = 2) => list.map((x) => x.toFixed(digits)).join(', ');

/** One writer a table. It gets a list of { run, found }, where found holds one result a seed. */
const TABLES = {
  presets: (done, times) => {
    const heads = ['run', 'epochs', 'minutes', 'seeds', 'Fréchet distance', 'score', ...MANIFOLD, 'right class'];
    const minutes = ({ name, epochs }) => (times?.epochs[name] ? ((times.epochs[name] * epochs) / 60).toFixed(0) : '');
    const rows = done.map(({ run, found }) => row(run, found, minutes(run)));
    return table(heads, [...rows, floorRow(done[0])]) + (times ? `\n\nMinutes: ${times.where}.` : '');
  },
  glance: (done, times, loop) => (times && loop ? glance(done, times, loop) : NOTHING),
  curves: (done) => {
    const rows = done.flatMap(({ run, found }) =>
      found.filter(({ curve }) => curve.length > 1).map(({ seed, curve }) => ({ run, seed, curve: new Map(curve) })),
    );
    const epochs = [...new Set(rows.flatMap(({ curve }) => [...curve.keys()]))].sort((a, b) => a - b);
    return table(
      ['run', 'seed', ...epochs],
      rows.map(({ run, seed, curve }) => [run.name, seed, ...epochs.map((n) => curve.get(n)?.toFixed(1) ?? '')]),
    );
  },
  fashion: (done) =>
    table(
      ['run', 'epochs', 'sliced Wasserstein, mean of scales', 'floor'],
      done.map(({ run, found }) => {
        const scales = found.flatMap(({ report }) => report.slicedWasserstein);
        return [
          run.name,
          run.epochs,
          ...['value', 'floor'].map((key) => mean(scales.map((each) => each[key])).toFixed(2)),
        ];
      }),
    ),
  ablation: (done) =>
    table(
      ['what changed', 'Fréchet distance, by seed', 'mean', 'precision', 'recall'],
      done.map(({ run, found }) => {
        const features = found.map(({ report }) => report.features);
        const distances = features.map(({ frechetDistance }) => frechetDistance.value);
        const middle = (key) => mean(features.map((each) => each[key].value)).toFixed(3);
        return [run.name, figures(distances), mean(distances).toFixed(2), middle('precision'), middle('recall')];
      }),
    ),
};

/** Which runs a table shows, where its name is not theirs. */
const OF = { curves: 'presets', glance: 'presets' };

/** The mean distance of all seeds after each epoch. */
const curveOf = (done, name) => {
  const curves = done
    .filter(({ run }) => run.name === name && run.every === 1)
    .flatMap(({ found }) => found.map(({ curve }) => curve));
  return new Map(curves[0]?.map(([epoch], i) => [epoch, mean(curves.map((curve) => curve[i][1]))]));
};

/** Equal minutes: where the presets are when the loop of PyTorch's users ends an epoch. */
function glance(done, times, loop) {
  const presets = ['`best`', '`tf2018`'];
  const curves = presets.map((name) => curveOf(done, name));
  let seconds = 0;
  const rows = loop.map(({ epoch, seconds: own, distance }) => {
    seconds += own;
    const reached = presets.map((name, i) => {
      const epochs = Math.min(curves[i].size, Math.floor(seconds / times.epochs[name]));
      return epochs > 0 ? `${curves[i].get(epochs).toFixed(1)} (${epochs})` : '';
    });
    return [(seconds / 60).toFixed(1), reached[0], `${distance.toFixed(1)} (${epoch})`, reached[1]];
  });
  return `${table(['minutes', presets[0], `PyTorch ${loop[0].torch}`, presets[1]], rows)}\n\nAfter how many epochs, in brackets. ${times.where}.`;
}

export function publishTables({ runs, times, loop }) {
  const done = RUNS.map((run) => ({
    run,
    found: run.seeds.filter((seed) => runs[keyOf(run, seed)]).map((seed) => ({ seed, ...runs[keyOf(run, seed)] })),
  })).filter(({ found }) => found.length > 0);
  for (const [name, text] of Object.entries(TABLES)) {
    const own = done.filter(({ run }) => run.table === (OF[name] ?? name));
    publish(name, own.length > 0 ? text(own, times, loop) : NOTHING, DOCUMENT);
  }
}

function row({ name, epochs }, found, minutes) {
  const features = found.map(({ report }) => report.features);
  const middle = (key) => mean(features.map((each) => each[key].value)).toFixed(3);
  const [distance, score, right] = [
    figures(features.map(({ frechetDistance }) => frechetDistance.value)),
    mean(features.map(({ classes }) => classes.score.value)).toFixed(2),
    features.some(({ classes }) => classes.accuracy === null)
      ? ''
      : `${(100 * mean(features.map(({ classes }) => classes.accuracy))).toFixed(1)} %`,
  ];
  const manifold = MANIFOLD.map(middle);
  return [name, epochs, minutes, found.map(({ seed }) => seed).join(', '), distance, score, ...manifold, right];
}

function floorRow({ found }) {
  const { features } = found[0].report;
  const floors = MANIFOLD.map((key) => features[key].floor.toFixed(3));
  const { frechetDistance, classes } = features;
  return [
    'held-out digits (floor)',
    '',
    '',
    '',
    frechetDistance.floor.toFixed(2),
    classes.score.floor.toFixed(2),
    ...floors,
    '',
  ];
}
