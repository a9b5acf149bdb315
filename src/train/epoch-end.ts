// Measures how long the end of an epoch takes on this machine: its picture, its figures and its
// checkpoint. With few images an epoch has a step or two, and its end takes longer than they do.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { saveCheckpoint } from '../checkpoint/files.ts';
import { checkpointName } from '../checkpoint/names.ts';
import type { Dataset } from '../data/dataset.ts';
import { type DCGAN, snapshotOf } from '../gan/dcgan.ts';
import { snapshotParts } from '../gan/snapshot.ts';
import { cacheFolder } from '../platform/cache.ts';
import { temporaryPath } from '../platform/temporary.ts';
import { Diversity } from './health/diversity.ts';
import { brokenTensor, gradientNorms } from './health/state.ts';
import { pictureName, savePicture } from './pictures.ts';
import { progressImages, progressPicture } from './progress-pictures.ts';

/** It is measured this often, because the first time also loads code, and a disk may stall once. */
const TIMES = 3;

/**
 * Returns the seconds that the end of an epoch takes, as the median of three. It writes into the
 * cache, because there is no run's folder yet, and removes what it wrote.
 */
export async function measureEpochEnd(gan: DCGAN, data: Dataset): Promise<number> {
  const folder = temporaryPath(cacheFolder('data').path, 'epoch-end');
  const diversity = new Diversity(data, gan.config.classes);
  const times: number[] = [];
  try {
    mkdirSync(folder, { recursive: true });
    for (let i = 0; i < TIMES; i++) {
      const started = performance.now();
      const snapshot = await snapshotOf(gan);
      brokenTensor(snapshot.tensors);
      const images = await progressImages(gan);
      savePicture(join(folder, pictureName(i + 1)), progressPicture(images, gan, 'fixed'));
      await diversity.of(gan, images);
      gradientNorms(snapshot.tensors);
      saveCheckpoint(folder, checkpointName(i + 1), snapshotParts(snapshot));
      times.push((performance.now() - started) / 1000);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return times.sort((a, b) => a - b)[Math.floor(TIMES / 2)]!;
}
