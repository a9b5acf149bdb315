// Runs that a person deletes go to a folder `.trash` among the runs, from where they can be taken
// back. Nothing is erased here.
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { ownFolder } from './files.ts';
import { folderOf, type RunPlace } from './heads.ts';

const TRASH = '.trash';

/** Moves a run to the trash; returns its new place, seen from the folder of runs. */
export function moveToTrash(place: RunPlace): string {
  ownFolder(place.root, TRASH);
  const stamp = new Date().toISOString().replace(/[:.]/g, '-');
  const to = join(TRASH, `${stamp}-${place.parts.join('~')}`);
  renameSync(folderOf(place), join(place.root, to));
  return to;
}
