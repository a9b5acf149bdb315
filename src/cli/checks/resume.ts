// Proves that stopping changes nothing. The same training runs straight, and runs with three
// interruptions. After each it goes on from a checkpoint file on a newly opened device. Then every
// byte of both states is compared.
import { join } from 'node:path';
import { newestCheckpoint } from '../../checkpoint/files.ts';
import type { Dataset } from '../../data/dataset.ts';
import type { TrainEvent } from '../../train/events.ts';
import { checkpointsOf } from '../../train/run.ts';
import type { TrainOptions } from '../../train/run-options.ts';
import { train } from '../../train/train.ts';
import { type Compared, compareTrainings } from './trainings.ts';

export interface ResumeCheck extends Compared {
  readonly device: string;
  readonly variant: string;
  readonly threads: number;
  readonly interruptedAfterSteps: readonly number[];
}

const EPOCHS = 2;

export function checkResume(
  options: Pick<TrainOptions, 'preset' | 'batchSize' | 'precision' | 'device' | 'threads' | 'seed'>,
  data: Dataset,
): Promise<ResumeCheck> {
  return compareTrainings(async (folder) => {
    const base = { ...options, epochs: EPOCHS };
    const straight = join(folder, 'straight');
    const first = await trainUntil({ ...base, data, out: straight }, () => false);
    const run = first[0]!;
    if (run.type !== 'run') throw new Error('training began without a run');
    const { stepsPerEpoch, info } = run;

    // It stops in the middle of an epoch, at the end of one, and in the middle of one that was
    // itself resumed.
    const late = stepsPerEpoch + Math.ceil((2 * stepsPerEpoch) / 3);
    const stops = [...new Set([Math.ceil(stepsPerEpoch / 3), stepsPerEpoch, late])];
    const broken = join(folder, 'interrupted');
    const machine = { device: options.device, threads: options.threads };
    const interruptedAfterSteps: number[] = [];
    for (const [i, stop] of stops.entries()) {
      const how = i === 0 ? { ...base, data, out: broken } : { ...machine, data, resume: broken };
      const type = stop % stepsPerEpoch === 0 ? 'epoch' : 'step';
      await trainUntil(how, (event) => event.type === type && event.step === stop);
      // On a GPU one step more may have been under way.
      const { epoch, step = epoch * stepsPerEpoch } = newestCheckpoint(checkpointsOf(broken))!;
      interruptedAfterSteps.push(step);
    }
    await trainUntil({ ...machine, data, resume: broken }, () => false);

    const { device, variant, threads } = info;
    return {
      about: { device, variant, threads, interruptedAfterSteps },
      trained: [
        { run: straight, name: 'straight' },
        { run: broken, name: 'interrupted' },
      ],
    };
  });
}

async function trainUntil(options: TrainOptions, until: (event: TrainEvent) => boolean): Promise<TrainEvent[]> {
  const seen: TrainEvent[] = [];
  for await (const event of train(options)) {
    seen.push(event);
    if (until(event)) break;
  }
  return seen;
}
