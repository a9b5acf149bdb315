// Measures how long the end of an epoch takes on this machine: its picture, its figures, its line
// and its checkpoint. With few images an epoch has a step or two, and its end takes longer than
// they do.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKPOINTS_FOLDER, prune, saveCheckpoint } from '../checkpoint/files.ts';
import { brokenTensor } from '../checkpoint/finite.ts';
import { checkpointName } from '../checkpoint/names.ts';
import type { Dataset } from '../data/dataset.ts';
import { type DCGAN, snapshotOf } from '../gan/dcgan.ts';
import { snapshotParts } from '../gan/snapshot.ts';
import { cacheFolder } from '../platform/cache.ts';
import { temporaryPath } from '../platform/temporary.ts';
import { Diversity } from './health/diversity.ts';
import { gradientNorms } from './health/state.ts';
import { MetricsWriter } from './metrics.ts';
import { pictureName, savePicture } from './pictures.ts';
import { progressImages, progressPicture } from './progress-pictures.ts';

/** It is measured this often, because the first time also loads code, and a disk may stall once. */
const TIMES = 5;

/** A line of an epoch; its numbers do not change its cost. */
const LINE = {
  type: 'epoch' as const,
  ...{ generatorLoss: 0.5, discriminatorLoss: 0.5, realScore: 0.5, fakeScore: 0.5, seconds: 0.5, time: 0 },
};

/**
 * Returns the seconds that the end of an epoch takes, as the median of five. It writes into the
 * cache, because there is no run's folder yet, and removes what it wrote.
 */
export async function measureEpochEnd(gan: DCGAN, data: Dataset): Promise<number> {
  const folder = temporaryPath(cacheFolder('data').path, 'epoch-end');
  const diversity = new Diversity(data, gan.config);
  const times: number[] = [];
  try {
    const checkpoints = join(folder, CHECKPOINTS_FOLDER);
    mkdirSync(checkpoints, { recursive: true });
    const metrics = new MetricsWriter(folder);
    for (let i = 0; i < TIMES; i++) {
      const started = performance.now();
      const snapshot = await snapshotOf(gan);
      brokenTensor(snapshot.tensors);
      const images = await progressImages(gan);
      savePicture(join(folder, pictureName(i + 1)), progressPicture(images, gan, 'fixed'));
      const found = { ...(await diversity.of(gan, images, i + 1)), ...gradientNorms(snapshot.tensors) };
      metrics.add({ ...LINE, step: i + 1, epoch: i + 1, ...found });
      metrics.sync();
      saveCheckpoint(checkpoints, checkpointName(i + 1), snapshotParts(snapshot));
      prune(checkpoints);
      times.push((performance.now() - started) / 1000);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return times.sort((a, b) => a - b)[Math.floor(TIMES / 2)]!;
}
