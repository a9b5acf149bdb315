// Every training that docs/quality.md has figures for: its options, its length, its seeds, and the
// table it stands in.

/**
 * What each option changes when it is added to the preset `best`, with groups by small copies, which
 * it had when these were measured.
 */
const ABLATION = {
  nothing: [],
  '`--cond`': ['--cond'],
  '`--groups 0`': ['--groups', '0'],
  '`--lr 1e-4`': ['--lr', '1e-4'],
  '`--lr-d 1e-3`': ['--lr-d', '1e-3'],
  '`--beta1 0.9`': ['--beta1', '0.9'],
  '`--dropout 0.3`': ['--dropout', '0.3'],
  '`--ema 0`': ['--ema', '0'],
  '`--loss hinge`': ['--loss', 'hinge'],
  '`--loss hinge --spectral-norm`': ['--loss', 'hinge', '--spectral-norm'],
  '`--loss ls`': ['--loss', 'ls'],
  '`--loss wgan-gp --d-steps 5 --beta1 0`': ['--loss', 'wgan-gp', '--d-steps', '5', '--beta1', '0'],
  '`--r1 0.1`': ['--r1', '0.1'],
  '`--label-smoothing 0.1`': ['--label-smoothing', '0.1'],
  '`--bn-d`': ['--bn-d'],
  '`--augment diffaugment`': ['--augment', 'diffaugment'],
  '`--d-steps 2`': ['--d-steps', '2'],
  '`--clip-grad 1`': ['--clip-grad', '1'],
};

const preset = (name, epochs, seeds, options = '') => ({
  table: 'presets',
  name: `\`${`${name} ${options}`.trim()}\``,
  args: ['--preset', name, ...options.split(' ').filter(Boolean)],
  epochs,
  every: epochs > 15 ? 5 : 1,
  seeds,
});
const fashion = (name, ...options) => ({
  table: 'fashion',
  name: `\`${[name, ...options].join(' ')}\``,
  args: ['--preset', name, '--data', 'fashion-mnist', ...options],
  epochs: 5,
  every: 5,
  seeds: [1],
});

/** The first rows of ABLATION, trained longer: their curves are wanted from the first epoch on. */
const LONGER = 3;
const ablation = Object.entries(ABLATION).map(([name, options], i) => ({
  table: 'ablation',
  name,
  args: ['--preset', 'best', '--groups-by', 'copies', ...options],
  epochs: 5,
  every: i < LONGER ? 1 : 5,
  seeds: [1, 2],
}));

/** In the order in which they are run: a run that continues another comes after it. */
export const RUNS = [
  ...ablation.slice(0, LONGER),
  preset('best', 15, [1, 2, 3]),
  preset('best', 15, [1, 2, 3], '--groups-by copies'),
  preset('tf2018', 15, [2, 3]),
  preset('tf2', 10, [1]),
  fashion('best'),
  fashion('best', '--groups-by', 'copies'),
  fashion('tf2018'),
  fashion('tf2'),
  preset('best', 15, [1, 2], '--cond'),
  preset('best', 15, [1], '--groups 0'),
  ...ablation.slice(LONGER),
  preset('tf2018', 150, [1]),
];

export const keyOf = ({ table, name, epochs }, seed) => `${table}: ${name}, ${epochs} epochs, seed ${seed}`;

/** A training has one folder, whatever table it stands in: fifteen epochs continue five. */
export const folderOf = ({ args }, seed) =>
  [...args, 'seed', seed]
    .join(' ')
    .replaceAll(/[^\w.-]+/g, '_')
    .replaceAll('--', '');
