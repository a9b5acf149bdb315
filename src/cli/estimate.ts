// Estimates before a training how long it takes on this machine. It times a few steps of the same
// networks on a batch that is small enough to be quick. The FLOP of the real step say how many
// times longer that one takes.

import type { Dataset } from '../data/dataset.ts';
import { comparedImages, findGroups } from '../data/groups.ts';
import { sidesOf } from '../data/image-size.ts';
import { type Cost, costOf } from '../engine/cost.ts';
import type { DCGAN } from '../gan/dcgan.ts';
import { dutiesOf, kindsOfStep } from '../gan/duties.ts';
import type { MachineOptions } from '../gan/machine.ts';
import { makeModel } from '../gan/model.ts';
import type { Config } from '../gan/schema.ts';
import { trainingStep } from '../gan/step.ts';
import { measureEpochEnd } from '../train/epoch-end.ts';
import { measureSpeed } from './checks/speed.ts';
import { duration } from './format.ts';

/**
 * A timed step costs about this at most. But its batch has at least `TIMED_IMAGES` images, since
 * faster kernels begin there.
 */
const TIMED_FLOP = 20e9;
const TIMED_IMAGES = 32;
const TIMED = { steps: 5, seconds: 1 } as const;

/** Finding groups is timed on this many images. */
const GROUPED_IMAGES = 1000;

/** The program warns of a training that takes longer than this. */
export const LONG_SECONDS = 12 * 3600;

export interface Estimate {
  readonly device: string;
  readonly threads: number;
  readonly secondsPerStep: number;
  /** Of an epoch's picture, figures and checkpoint. */
  readonly secondsPerEpochEnd: number;
  /** Of finding the groups before the first step; 0 without groups. */
  readonly secondsForGroups: number;
}

/**
 * Opens the device for some seconds at most. It throws what a training throws: the device is
 * unknown, or can't run here.
 */
export async function estimateTraining(config: Config, data: Dataset, machine: MachineOptions): Promise<Estimate> {
  const whole = costOfStep(config).needed;
  const images = Math.max(TIMED_IMAGES, Math.floor((TIMED_FLOP / whole) * config.batchSize));
  // When every step does all there is, each timed step costs the same.
  const timed = { ...config, batchSize: Math.min(config.batchSize, images), discriminatorSteps: 1, r1Every: 1 };
  let secondsPerEpochEnd = 0;
  const after = async (gan: DCGAN): Promise<void> => {
    secondsPerEpochEnd = await measureEpochEnd(gan, withAnyGroups(data, config));
  };
  const { device, threads, secondsPerStep } = await measureSpeed(timed, { ...TIMED, ...machine, after });
  const secondsForGroups = await timeGroups(config, data);
  return {
    ...{ device, threads, secondsPerEpochEnd, secondsForGroups },
    secondsPerStep: (secondsPerStep.median * whole) / costOfStep(timed).needed,
  };
}

/**
 * Returns the data with groups by turns, where the training will find groups: which images they
 * hold does not change how long an epoch's figures take. The data may have more classes than
 * groups.
 */
function withAnyGroups(data: Dataset, { groups }: Config): Dataset {
  return groups > 0 ? data.labelled(Uint8Array.from({ length: data.count }, (_, i) => i % groups)) : data;
}

async function timeGroups({ groups, groupsBy }: Config, data: Dataset): Promise<number> {
  if (groups === 0) return 0;
  const some = data.limit(Math.min(data.count, Math.max(GROUPED_IMAGES, groups)));
  const began = performance.now();
  await findGroups(some, groups, groupsBy);
  return ((performance.now() - began) / 1000) * (comparedImages(data.count) / comparedImages(some.count));
}

/** Returns what a step costs, as the mean over all kinds of steps. */
export function costOfStep(config: Config): Cost {
  const model = makeModel(config);
  const kinds = kindsOfStep(config).map(({ step, share }) => ({
    share,
    cost: costOf(trainingStep(model, config.batchSize, dutiesOf(config, step))),
  }));
  const mean = (count: keyof Cost): number => kinds.reduce((sum, { share, cost }) => sum + share * cost[count], 0);
  return { nominal: mean('nominal'), shared: mean('shared'), needed: mean('needed') };
}

/**
 * Returns the seconds of one epoch. A smaller last mini-batch counts as a whole one, because the
 * generator draws as many images for it.
 */
export function epochSeconds(
  stepsPerEpoch: number,
  { secondsPerStep, secondsPerEpochEnd }: Pick<Estimate, 'secondsPerStep' | 'secondsPerEpochEnd'>,
): number {
  return stepsPerEpoch * secondsPerStep + secondsPerEpochEnd;
}

/** Returns `about 3 days for 25 epochs`. A long training also gets options that take less. */
export function timeInWords(
  config: Config,
  stepsPerEpoch: number,
  secondsPerStep: number,
  secondsPerEpochEnd = 0,
  secondsToStart = 0,
): string {
  const { epochs, batchSize, imageSize, preset } = config;
  const epoch = epochSeconds(stepsPerEpoch, { secondsPerStep, secondsPerEpochEnd });
  const count = (n: number): string => (n === 1 ? '1 epoch' : `${n} epochs`);
  const text = `${duration(secondsToStart + epochs * epoch)} for ${count(epochs)}`;
  if (epochs * epoch <= LONG_SECONDS) return text;
  const fitting = Math.min(epochs - 1, Math.floor(LONG_SECONDS / epoch));
  const images = Math.floor(LONG_SECONDS / secondsPerStep) * batchSize;
  const smaller = [
    ...(fitting >= 1 ? [`--epochs ${fitting} (${duration(fitting * epoch)})`] : []),
    ...(fitting < 1 && images > 0 ? [`--epochs 1 --limit ${images}`] : []),
    ...(images === 0 ? ['--preset quick'] : []),
    ...(Math.min(...sidesOf(imageSize)) >= 64 ? ['--size 32'] : []),
    ...(preset === 'paper' ? ['--preset best'] : []),
  ];
  return `${text}; smaller: ${smaller.join(', or ')}`;
}
