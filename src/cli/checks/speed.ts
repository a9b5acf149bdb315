// Measures how fast a training step is. It takes synthetic images, makes some steps to warm up, and
// then times each step by itself. `bench` and `doctor` report the result. Comparisons with others
// are made by bench/, which runs both sides in turn.
import { imageShape } from '../../data/image-size.ts';
import { costOf } from '../../engine/cost.ts';
import type { Precision } from '../../engine/plan.ts';
import { DCGAN } from '../../gan/dcgan.ts';
import type { MachineOptions } from '../../gan/machine.ts';
import { makeModel } from '../../gan/model.ts';
import type { Config } from '../../gan/schema.ts';
import { trainingStep } from '../../gan/step.ts';
import { usableCores } from '../../platform/cores.ts';
import { processorName } from '../../platform/host.ts';
import { median } from '../format.ts';
import { plainNumbers } from './numbers.ts';

const WARM_UP = 2;

export interface SpeedOptions extends MachineOptions {
  /** The largest number of steps to time. */
  readonly steps: number;
  /** Timing stops early after this many seconds, but at least one step is timed. */
  readonly seconds?: number;
  /** Called with the model after the last step. */
  readonly after?: (gan: DCGAN) => Promise<void>;
}

/**
 * Times are in seconds. FLOP are nominal: those of a framework that computes each gradient by
 * itself.
 */
export interface Speed {
  readonly device: string;
  readonly threads: number;
  readonly preset: string;
  readonly precision: Precision;
  readonly batch: number;
  readonly steps: number;
  readonly secondsPerStep: { readonly min: number; readonly median: number; readonly max: number };
  readonly imagesPerSecond: number;
  readonly gflopsPerSecond: number;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly node: string;
    readonly variant: string;
  };
}

export async function measureSpeed(config: Config, options: SpeedOptions): Promise<Speed> {
  const { steps, seconds: enough = Number.POSITIVE_INFINITY, after, device, threads } = options;
  const gan = await DCGAN.create({ ...config, seed: 1, device, threads });
  try {
    const images = syntheticImages(config);
    const given = config.classes > 0 ? { classes: new Uint8Array(config.batchSize) } : {};
    for (let i = 0; i < WARM_UP; i++) await gan.step(images, given);
    const times: number[] = [];
    let total = 0;
    while (times.length < steps && (times.length === 0 || total < enough)) {
      const started = performance.now();
      await gan.step(images, given);
      times.push((performance.now() - started) / 1000);
      total += times.at(-1)!;
    }
    await after?.(gan);
    const { info } = gan;
    const middle = median(times);
    const { nominal } = costOf(trainingStep(makeModel(config), config.batchSize));
    return {
      device: info.device,
      threads: info.threads,
      preset: config.preset,
      precision: config.precision,
      batch: config.batchSize,
      steps: times.length,
      secondsPerStep: { min: Math.min(...times), median: middle, max: Math.max(...times) },
      imagesPerSecond: config.batchSize / middle,
      gflopsPerSecond: nominal / middle / 1e9,
      machine: { cpu: processorName(), cores: usableCores(), node: process.version, variant: info.variant },
    };
  } finally {
    await gan.dispose();
  }
}

/** Returns a batch in [-1, 1). Any numbers will do, since no step's time depends on them. */
function syntheticImages(config: Config): Float32Array {
  const [height, width, channels] = imageShape(config);
  return plainNumbers(config.batchSize * height * width * channels, 1);
}
