// A checkpoint's file as a snapshot, in Node: read by position, since a state may be larger than one call of the system reads.
import { withFile } from '../platform/file-bytes.ts';
import { decodeSnapshot, type Snapshot } from './snapshot.ts';

/** @throws DcganError naming the file: it can't be read, is damaged, or no checkpoint */
export function readSnapshot(path: string): Snapshot {
  return withFile(path, (bytes) => decodeSnapshot(bytes, path));
}
