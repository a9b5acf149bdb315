// Starts a run from a checkpoint alone, such as one that a page trained or that was copied from
// elsewhere. The run gets a new folder, with that checkpoint as its first. A checkpoint does not
// hold its data, so the data must be given again.
import { statSync } from 'node:fs';
import { nameOfState } from '../checkpoint/names.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Config } from '../gan/schema.ts';
import type { Snapshot } from '../gan/snapshot.ts';
import { readSnapshot } from '../gan/snapshot-file.ts';
import { usage } from '../platform/errors.ts';
import { stepsPerEpoch } from './epoch.ts';
import { layDown, machineOf, type Prepared, trainable } from './prepare.ts';
import { askedOf, openData } from './run-data.ts';
import { locate } from './run-names.ts';
import type { RankedTrainOptions } from './run-options.ts';
import { continuedConfig, refuseSettled, withGroups } from './settle.ts';

/** Returns whether `resume` names a checkpoint's file and not a run. */
export function isCheckpoint(resume: string): boolean {
  return statSync(locate(resume), { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Opens a checkpoint, and the data and configuration with which its run continues. */
export async function openAdopted(
  file: string,
  options: RankedTrainOptions,
  onNote?: (note: string) => void,
): Promise<{ readonly snapshot: Snapshot; readonly data: Dataset; readonly config: Config }> {
  refuseSettled({ ...options });
  if (options.from !== undefined)
    throw usage({
      what: 'from chooses a checkpoint of a run, but resume names a checkpoint already',
      todo: 'Leave it out',
      options: ['from'],
    });
  const snapshot = readSnapshot(file);
  const { imageSize, channels } = snapshot.config;
  const data = await openData({ ...options, imageSize, channels }, onNote);
  const config = continuedConfig(snapshot, data, options.epochs);
  if (snapshot.epoch === config.epochs)
    throw usage({ what: `${file} has all of its ${config.epochs} epochs`, todo: 'Ask for more epochs: --epochs N' });
  return { snapshot, data, config };
}

/** Prepares a new run that begins at a checkpoint. */
export async function prepareAdopted(file: string, options: RankedTrainOptions): Promise<Prepared> {
  const notes: string[] = [];
  const { snapshot, data: images, config } = await openAdopted(file, options, (note) => notes.push(note));
  const data = await withGroups(images, config);
  const { epoch, step } = snapshot;
  const { ranks } = options;
  const gan = await trainable({ ...snapshot, config }, machineOf(options));
  try {
    const { imageSize, channels } = config;
    await ranks?.prepare(gan, data, askedOf({ ...options, imageSize, channels }));
    const name = nameOfState({ epoch, step }, stepsPerEpoch(data.count, config.batchSize));
    const { folder, record, lock } = await layDown(gan, data, options, name);
    return { folder, lock, gan, data, record, resumed: { path: file, epoch, step }, notes, ranks, lines: [] };
  } catch (error) {
    await gan.dispose();
    throw error;
  }
}
