// The pictures of a run: the reals and the start before training, one after each epoch, and the
// film made of them.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileError, writeOwnFile } from '../platform/durable.ts';
import { DcganError } from '../platform/errors.ts';
import { readPlainFile } from '../platform/plain-file.ts';
import { chooseFrames, encodeGif } from '../render/gif.ts';
import type { Picture } from '../render/grid.ts';
import { decodePng, encodePng } from '../render/png.ts';

export const GIF_NAME = 'dcgan.gif';
export const IMAGES_FOLDER = 'images';
export const REALS_NAME = 'reals.png';
const INITIAL_NAME = 'initial.png';

/** Returns the file name of an epoch's picture; epoch 0 is before training. */
export function pictureName(epoch: number): string {
  return epoch === 0 ? INITIAL_NAME : `image_at_epoch_${String(epoch).padStart(4, '0')}.png`;
}

export function savePicture(path: string, picture: Picture): void {
  writeOwnFile(path, encodePng(picture));
}

/** Returns the epochs with a picture in the run, in order, without epoch 0. */
export function picturedEpochs(run: string): number[] {
  const folder = join(run, IMAGES_FOLDER);
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    throw fileError('read', folder, error);
  }
  return names
    .map((name) => Number(/^image_at_epoch_(\d{4,})\.png$/.exec(name)?.[1] ?? 0))
    .filter((epoch) => epoch > 0)
    .sort((a, b) => a - b);
}

/** Loads the picture of an epoch. */
export function loadPicture(run: string, epoch: number): Picture {
  const path = join(run, IMAGES_FOLDER, pictureName(epoch));
  return decodePng(readPlainFile(path), path);
}

/** Returns the frames of a run's film. */
export function filmFrames(run: string): Picture[] {
  const epochs = picturedEpochs(run);
  if (epochs.length === 0)
    throw new DcganError({
      what: `${run} has no pictures of epochs yet`,
      expected: `${IMAGES_FOLDER}/${pictureName(1)} or later ones`,
      todo: 'Train for at least one epoch',
    });
  const loaded = new Map<number, Picture>();
  return chooseFrames(epochs).map((epoch) => {
    const picture = loaded.get(epoch) ?? loadPicture(run, epoch);
    loaded.set(epoch, picture);
    return picture;
  });
}

/** Writes a run's film, `dcgan.gif`, into its folder and returns its path. */
export function saveFilm(run: string): string {
  const path = join(run, GIF_NAME);
  writeOwnFile(path, encodeGif(filmFrames(run)));
  return path;
}

/**
 * Tells whether a run's film is as new as its newest picture. It is not when a training stopped
 * after its last checkpoint and before its film.
 */
export function isFilmCurrent(run: string): boolean {
  const timeOf = (...names: string[]): number | undefined =>
    statSync(join(run, ...names), { throwIfNoEntry: false })?.mtimeMs;
  const film = timeOf(GIF_NAME);
  const newest = timeOf(IMAGES_FOLDER, pictureName(picturedEpochs(run).at(-1) ?? 0));
  return film !== undefined && (newest === undefined || newest <= film);
}
