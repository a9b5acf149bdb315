// Reads a checkpoint's file as a snapshot, in Node. The file is read by position, because a state
// may be larger than one call of the system reads. When a file is damaged, the error names the
// newest good one beside it and the command that continues from there.
import { basename, dirname } from 'node:path';
import { DamagedCheckpoint } from '../checkpoint/checksum.ts';
import { CHECKPOINTS_FOLDER, listCheckpoints } from '../checkpoint/files.ts';
import { commandLine } from '../platform/command.ts';
import { DcganError } from '../platform/errors.ts';
import { withFile } from '../platform/file-bytes.ts';
import { decodeSnapshot, type Snapshot } from './snapshot.ts';

/** @throws DcganError naming a file that cannot be read, is damaged, or is not a checkpoint */
export function readSnapshot(path: string): Snapshot {
  try {
    return decoded(path);
  } catch (error) {
    if (!(error instanceof DamagedCheckpoint)) throw error;
    throw new DamagedCheckpoint({ ...error.complaint, todo: instead(path), cause: error });
  }
}

function decoded(path: string): Snapshot {
  return withFile(path, (bytes) => decodeSnapshot(bytes, path));
}

function instead(path: string): string {
  const folder = dirname(path);
  if (basename(folder) !== CHECKPOINTS_FOLDER) return 'Copy it again, or give a run or another checkpoint';
  const good = listCheckpoints(folder).findLast((one) => isWhole(one.path))?.path;
  if (good === undefined) return 'None beside it is whole: start a new run';
  const way = commandLine(['train', '--resume', dirname(folder), '--from', good]);
  return `The newest good one beside it is ${good}. To go on from there: ${way}`;
}

function isWhole(path: string): boolean {
  try {
    decoded(path);
    return true;
  } catch (error) {
    if (error instanceof DcganError) return false;
    throw error;
  }
}
