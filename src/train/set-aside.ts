// A run loses nothing when it continues from an earlier checkpoint (`--resume RUN --from EARLIER`).
// All that came after that checkpoint moves into a folder inside the run, RUN/aside-1, laid out as
// a run. Its checkpoints, pictures and figures can still be read there. The newest files move
// first, so an interruption leaves the run whole.
import { existsSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CHECKPOINTS_FOLDER, laterCheckpoints } from '../checkpoint/files.ts';
import { readSnapshot } from '../gan/snapshot-file.ts';
import { fileError, makeFolder, makeUnusedFolder, syncFolder, writeOwnFile } from '../platform/durable.ts';
import { readPlainFile } from '../platform/plain-file.ts';
import { BEST_NAME } from './best.ts';
import { linesAfter, METRICS_NAME, type Place } from './metrics.ts';
import { GIF_NAME, IMAGES_FOLDER, picturedEpochs, pictureName } from './pictures.ts';
import { checkpointsOf } from './run.ts';
import { CONFIG_NAME } from './run-names.ts';

/**
 * Sets aside everything that came after a state of a run. Metrics are only copied; the run's own
 * are cut when it continues.
 * @returns the folder, or null when nothing came after
 */
export function setAside(run: string, place: Place): string | null {
  const later = laterCheckpoints(checkpointsOf(run), place).reverse();
  if (later.length === 0) return null;
  const folder = makeUnusedFolder((number) => join(run, `aside-${number}`));
  for (const part of [CHECKPOINTS_FOLDER, IMAGES_FOLDER]) makeFolder(join(folder, part));
  writeOwnFile(join(folder, CONFIG_NAME), readPlainFile(join(run, CONFIG_NAME)));
  writeOwnFile(join(folder, METRICS_NAME), linesAfter(run, place));
  const best = join(checkpointsOf(run), BEST_NAME);
  const pictures = picturedEpochs(run).filter((epoch) => epoch > place.epoch);
  const names = [
    GIF_NAME,
    ...(existsSync(best) && isLater(best, place) ? [join(CHECKPOINTS_FOLDER, BEST_NAME)] : []),
    ...pictures.map((epoch) => join(IMAGES_FOLDER, pictureName(epoch))),
    ...later.map(({ path }) => join(CHECKPOINTS_FOLDER, basename(path))),
  ];
  for (const name of names) if (existsSync(join(run, name))) move(join(run, name), join(folder, name));
  for (const part of [CHECKPOINTS_FOLDER, IMAGES_FOLDER, '.']) syncFolder(join(run, part));
  return folder;
}

/** A damaged checkpoint is set aside too, because it may be the reason to go back. */
function isLater(best: string, { epoch }: Place): boolean {
  try {
    return readSnapshot(best).epoch > epoch;
  } catch {
    return true;
  }
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    throw fileError('moved', from, error);
  }
}
