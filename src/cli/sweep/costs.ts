// What the runs of a sweep will cost on this machine. Runs whose steps cost the same are measured
// once.

import type { Config } from '../../gan/schema.ts';
import { DcganError } from '../../platform/errors.ts';
import { stepsPerEpoch } from '../../train/epoch.ts';
import { configFor } from '../../train/prepare.ts';
import { askedOf, openData } from '../../train/run-data.ts';
import { type Estimate, epochSeconds, estimateTraining } from '../estimate.ts';
import type { PlannedRun } from './plan.ts';

export interface Cost {
  readonly epochs: number;
  readonly secondsPerEpoch: number;
}

/** Values of a configuration that change neither the steps nor what one costs. */
const FREE = {
  epochs: 1,
  learningRate: 0,
  generatorLearningRate: null,
  discriminatorLearningRate: null,
  beta1: 0,
  beta2: 0,
  halvedAfter: [],
} satisfies Partial<Config>;

/**
 * Opens the data of every run and settles its configuration, as its training will.
 * @param measure whether its steps are timed too
 * @returns a cost for each run, or null where nothing is measured
 * @throws DcganError that names the first run that cannot be trained
 */
export async function tryRuns(runs: readonly PlannedRun[], measure: boolean): Promise<(Cost | null)[]> {
  const data = new Map<string, ReturnType<typeof openData>>();
  const estimates = new Map<string, Estimate>();
  const costs: (Cost | null)[] = [];
  for (const { index, options } of runs) {
    try {
      const where = JSON.stringify(askedOf(options));
      if (!data.has(where)) data.set(where, openData(options));
      const images = await data.get(where)!;
      const config = configFor(options, images);
      if (!measure) {
        costs.push(null);
        continue;
      }
      const machine = { device: options.device, threads: options.threads };
      const what = JSON.stringify([{ ...config, ...FREE }, images.sha256, machine]);
      if (!estimates.has(what)) estimates.set(what, await estimateTraining(config, images, machine));
      const steps = stepsPerEpoch(images.count, config.batchSize);
      costs.push({ epochs: config.epochs, secondsPerEpoch: epochSeconds(steps, estimates.get(what)!) });
    } catch (error) {
      if (!(error instanceof DcganError)) throw error;
      throw new DcganError({ ...error.complaint, what: `run ${index} of the sweep: ${error.complaint.what}` });
    }
  }
  return costs;
}
