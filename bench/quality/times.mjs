// Measures the seconds that an epoch of MNIST takes with each configuration, by running steps of
// all of them in turn. Distances can then be compared at equal time, although the trainings
// themselves shared the machine with other work.
import { DCGAN } from '../../dist/index.js';
import { load, median, setting, takeTurns, timed, warnIfBusy } from '../lib.mjs';

const IMAGES = 60_000;
const CONFIGURATIONS = {
  '`tf2018`': { preset: 'tf2018' },
  '`tf2`': { preset: 'tf2' },
  '`best`': { preset: 'best', classes: 100, groups: 100 },
  '`best --cond`': { preset: 'best', classes: 10 },
  '`best --groups 0`': { preset: 'best' },
};

export async function measureTimes() {
  warnIfBusy();
  const before = load();
  const sides = [];
  for (const [name, config] of Object.entries(CONFIGURATIONS)) {
    const gan = await DCGAN.create({ ...config, seed: 1, device: 'native' });
    const { batchSize } = gan.config;
    const [height, width] = gan.imageShape;
    const images = Float32Array.from({ length: batchSize * height * width }, (_, i) => Math.sin(i * 12.9898));
    const classes = config.classes && Array.from({ length: batchSize }, (_, i) => i % config.classes);
    sides.push({ name, gan, batchSize, step: () => timed(() => gan.step(images, classes ? { classes } : {})) });
  }
  const seconds = await takeTurns(sides, 5, 8);
  const { variant, threads } = sides[0].gan.info;
  const epochs = sides.map(({ name, batchSize }) => [name, median(seconds.get(name)) * Math.ceil(IMAGES / batchSize)]);
  for (const { gan } of sides) await gan.dispose();
  return { where: setting(before, { kernels: variant, threads }), epochs: Object.fromEntries(epochs) };
}
