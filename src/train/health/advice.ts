// Advice for a training that goes wrong: options of `dcgan train` that usually help, and that the
// run does not use yet but could. Sources: Radford et al. 2016, section 3; Salimans et al.,
// "Improved techniques for training GANs", 2016, section 3; Mescheder et al. 2018; Zhao et al.
// 2020.
import { makesSense } from '../../gan/combinations.ts';
import { type Config, learningRates } from '../../gan/schema.ts';
import { penaltyFor, SMALL_BATCH } from '../amount.ts';

/** The problems that a run's numbers show while they are still finite. */
export const CONDITIONS = [
  'discriminator-won',
  'mode-collapse',
  'class-collapse',
  'little-variety',
  'oscillation',
  'explosion',
  'vanished-gradient',
] as const;
/** A condition that the watch of a training warns of; see docs/training.md. */
export type Condition = (typeof CONDITIONS)[number];

/** Returns one sentence without a full stop. */
export function adviceOn(condition: Condition, config: Config): string {
  const options = ADVICE[condition](config).filter((option) => option !== null);
  return `What usually helps, in a new run: ${options.join(', or ')}`;
}

type Option = string | null;

/** The groups that are advised; any data with variety have as many. */
const GROUPS = 20;

const rate = (option: string, value: number, share: number): string =>
  `${option} ${Number((value * share).toPrecision(2))}`;

const lowerRates = (config: Config, share: number): Option => {
  const { generator, discriminator } = learningRates(config);
  if (generator === discriminator) return rate('--lr', generator, share);
  return `${rate('--lr-g', generator, share)} ${rate('--lr-d', discriminator, share)}`;
};
const slowerDiscriminator = (config: Config): Option => rate('--lr-d', learningRates(config).discriminator, 0.5);
const slowerGenerator = (config: Config): Option => rate('--lr-g', learningRates(config).generator, 0.5);
/** Returns an option that the configuration does not use yet and can be combined with, or null. */
const unless = (has: boolean, option: string, config: Config): Option => (!has && makesSense(config) ? option : null);
const penalty = (config: Config): Option => unless(config.r1 > 0, '--r1 0.1', { ...config, r1: 0.1 });
// Measured on portraits (docs/own-pictures.md): R1 helps against little variety most, but not
// together with an augmentation, of which small networks see too little of each picture.
const plainWithPenalty = (config: Config): Option => {
  const whole = noAugmentation(config);
  const r1 = penaltyFor(config.imageSize);
  const strong = unless(config.r1 >= r1, `--r1 ${r1}`, { ...config, r1, augment: 'none' });
  return [whole, strong].filter((option) => option !== null).join(' ') || null;
};
const smoothing = (config: Config): Option =>
  unless(config.labelSmoothing > 0, '--label-smoothing 0.1', { ...config, labelSmoothing: 0.1 });
const augmentation = ({ augment }: Config): Option => (augment === 'none' ? '--augment diffaugment' : null);
// Batch normalisation lets the discriminator see how alike the images of a mini-batch are.
const batchNorm = (config: Config): Option =>
  unless(config.discriminatorBatchNorm, '--bn-d', { ...config, discriminatorBatchNorm: true });
const lessMomentum = ({ beta1 }: Config): Option => (beta1 > 0.5 ? '--beta1 0.5' : null);
const largerBatch = ({ batchSize }: Config): Option => (batchSize < 64 ? '--batch-size 64' : null);
const smallerBatch = ({ batchSize }: Config): Option =>
  batchSize > SMALL_BATCH ? `--batch-size ${SMALL_BATCH}` : null;
// Groups bring more variety than any other option did (docs/own-pictures.md).
const groups = (config: Config): Option =>
  unless(config.classes > 0, `--groups ${GROUPS}`, { ...config, classes: GROUPS, groups: GROUPS });
// Of a short training, whose plain generator is far from done (docs/own-pictures.md).
const average = ({ ema }: Config): Option => (ema === 0 ? '--ema 0.999' : null);
const noAugmentation = ({ augment }: Config): Option => (augment === 'none' ? null : '--augment none');
const longer = ({ epochs }: Config): Option => `--epochs ${2 * epochs}`;
// Rare and strong, R1 made losses of 128 x 128 pixels explode (docs/own-pictures.md).
const steadyPenalty = ({ r1Every }: Config): Option => (r1Every > 1 ? '--r1-every 1' : null);
const clipping = ({ clipGradient }: Config): Option => (clipGradient > 0 ? null : '--clip-grad 1');

const ADVICE: Readonly<Record<Condition, (config: Config) => Option[]>> = {
  'discriminator-won': (config) => [
    penalty(config),
    smoothing(config),
    augmentation(config),
    slowerDiscriminator(config),
  ],
  'mode-collapse': (config) => [
    groups(config),
    batchNorm(config),
    slowerGenerator(config),
    penalty(config),
    augmentation(config),
  ],
  'class-collapse': (config) => [
    plainWithPenalty(config),
    smallerBatch(config),
    augmentation(config),
    batchNorm(config),
    slowerGenerator(config),
  ],
  // In the order of how much they helped.
  'little-variety': (config) => [plainWithPenalty(config), average(config), longer(config), smallerBatch(config)],
  oscillation: (config) => [lowerRates(config, 0.5), largerBatch(config), lessMomentum(config), penalty(config)],
  explosion: (config) => [steadyPenalty(config), lowerRates(config, 0.1), clipping(config)],
  'vanished-gradient': (config) => [lowerRates(config, 0.1), clipping(config)],
};
