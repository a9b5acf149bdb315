// Runs that a page keeps for itself: a folder a run, a file a checkpoint, named as in a run of Node's.
import { byTime, parseCheckpointName, superfluous } from '../checkpoint/names.ts';
import { listKept, readKept, removeKept, writeKept } from '../platform/opfs.ts';

const RUNS = ['dcgan', 'runs'];

/** Names of the kept runs. */
export function list(): Promise<string[]> {
  return listKept(RUNS);
}

/** The newest checkpoint of a kept run, to be downloaded or resumed from; null when there is none. */
export async function newest(run: string): Promise<{ readonly name: string; readonly file: Blob } | null> {
  const name = (await checkpoints(run)).at(-1)?.name;
  const file = name === undefined ? null : await readKept([...RUNS, run], name);
  return file && { name: name!, file };
}

/** Forgets a kept run, all its checkpoints with it. */
export function remove(run: string): Promise<void> {
  return removeKept(RUNS, run);
}

/** Adds a checkpoint; then those that Node would remove go (names.ts). */
export async function add(run: string, name: string, bytes: Uint8Array): Promise<void> {
  await writeKept([...RUNS, run], name, bytes);
  for (const old of superfluous(await checkpoints(run))) await removeKept([...RUNS, run], old.name);
}

/** Checkpoints of a run, oldest first. What a tab left half-written has another name. */
async function checkpoints(run: string): Promise<{ name: string; epoch: number; step?: number }[]> {
  const names = await listKept([...RUNS, run]);
  return names
    .flatMap((name) => {
      const moment = parseCheckpointName(name);
      return moment ? [{ name, ...moment }] : [];
    })
    .sort(byTime);
}
