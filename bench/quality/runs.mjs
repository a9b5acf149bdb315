// Every training that docs/quality.md has figures of: its options, how long, from which seeds, and the table it stands in.

/** What each option changes by itself, beside the preset `best`. */
const ABLATION = {
  'nothing (`best`)': [],
  '`--groups 0`': ['--groups', '0'],
  '`--groups 32`': ['--groups', '32'],
  '`--batch-size 32`': ['--batch-size', '32'],
  '`--lr 1e-4`': ['--lr', '1e-4'],
  '`--lr-d 1e-3`': ['--lr-d', '1e-3'],
  '`--beta1 0.9`': ['--beta1', '0.9'],
  '`--dropout 0.3`': ['--dropout', '0.3'],
  '`--ema 0`': ['--ema', '0'],
  '`--cond`': ['--cond'],
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
  seeds,
});
const fashion = (name) => ({
  table: 'fashion',
  name: `\`${name}\``,
  args: ['--preset', name, '--data', 'fashion-mnist'],
  epochs: 5,
  seeds: [1],
});

/** In the order in which they are run. */
export const RUNS = [
  preset('best', 15, [1, 2, 3]),
  preset('best', 15, [1, 2, 3], '--cond'),
  preset('best', 15, [1], '--groups 0'),
  preset('tf2018', 15, [2, 3]),
  preset('tf2', 10, [1]),
  ...['best', 'tf2018', 'tf2'].map(fashion),
  ...Object.entries(ABLATION).map(([name, options]) => ({
    table: 'ablation',
    name,
    args: ['--preset', 'best', ...options],
    epochs: 5,
    seeds: [1, 2],
  })),
  preset('tf2018', 150, [1]),
];

export const keyOf = ({ table, name, epochs }, seed) => `${table}: ${name}, ${epochs} epochs, seed ${seed}`;
