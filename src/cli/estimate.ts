// How long a training takes on this machine, before it begins: a few steps of the same networks on a batch small enough to be
// quick are timed, and the FLOP of the real step say how many times longer that takes.
import { costOf } from '../engine/cost.ts';
import type { MachineOptions } from '../gan/machine.ts';
import { makeModel } from '../gan/model.ts';
import type { Config } from '../gan/schema.ts';
import { trainingStep } from '../gan/step.ts';
import { measureSpeed } from './checks/speed.ts';
import { duration } from './format.ts';

/** What one timed step may cost; but a batch has at least so many images, as faster kernels begin there. */
const TIMED_FLOP = 20e9;
const TIMED_IMAGES = 32;
const TIMED = { steps: 5, seconds: 1 } as const;

/** A training that takes longer than this is said to take long. */
export const LONG_SECONDS = 12 * 3600;

export interface Estimate {
  readonly device: string;
  readonly threads: number;
  readonly secondsPerStep: number;
}

/** Opens the device for some seconds at most. Errors as training's: an unknown device, or one that can't run here. */
export async function estimateStep(config: Config, machine: MachineOptions): Promise<Estimate> {
  const whole = flopOf(config);
  const images = Math.max(TIMED_IMAGES, Math.floor((TIMED_FLOP / whole) * config.batchSize));
  // With one step of the discriminator for one of the generator each timed step costs the same.
  const timed = { ...config, batchSize: Math.min(config.batchSize, images), discriminatorSteps: 1 };
  const { device, threads, secondsPerStep } = await measureSpeed(timed, { ...TIMED, ...machine });
  return { device, threads, secondsPerStep: (secondsPerStep.median * whole) / flopOf(timed) };
}

/** FLOP of a step, the mean over a turn of the discriminator's steps. */
function flopOf(config: Config): number {
  const { batchSize, discriminatorSteps: turn } = config;
  const model = makeModel(config);
  const both = costOf(trainingStep(model, batchSize, true)).needed;
  return turn === 1 ? both : both / turn + (1 - 1 / turn) * costOf(trainingStep(model, batchSize, false)).needed;
}

/** `about 3 days for 25 epochs`; for what takes long also options that take less. */
export function timeInWords(config: Config, stepsPerEpoch: number, secondsPerStep: number): string {
  const { epochs, batchSize, imageSize, preset } = config;
  const epoch = stepsPerEpoch * secondsPerStep;
  const count = (n: number): string => (n === 1 ? '1 epoch' : `${n} epochs`);
  const text = `${duration(epochs * epoch)} for ${count(epochs)}`;
  if (epochs * epoch <= LONG_SECONDS) return text;
  const fitting = Math.min(epochs - 1, Math.floor(LONG_SECONDS / epoch));
  const images = Math.floor(LONG_SECONDS / secondsPerStep) * batchSize;
  const smaller = [
    ...(fitting >= 1 ? [`--epochs ${fitting} (${duration(fitting * epoch)})`] : []),
    ...(fitting < 1 && images > 0 ? [`--epochs 1 --limit ${images}`] : []),
    ...(images === 0 ? ['--preset tiny'] : []),
    ...(imageSize >= 64 ? ['--size 32'] : []),
    ...(preset === 'paper' ? ['--preset best'] : []),
  ];
  return `${text}; smaller: ${smaller.join(', or ')}`;
}
