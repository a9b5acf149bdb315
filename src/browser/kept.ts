// Runs that a page keeps in its own files. Each run is a folder and each checkpoint a file, named
// as in a run of Node.
import { byTime, parseCheckpointName, superfluous } from '../checkpoint/names.ts';
import type { Dataset } from '../data/dataset.ts';
import { DcganError, usage } from '../platform/errors.ts';
import { listKept, readKept, removeKept, writeKept } from '../platform/opfs.ts';
import { page } from '../platform/page.ts';

const RUNS = ['dcgan', 'runs'];
const DATA = 'data.json';

/** Returns the names of the kept runs. */
export function list(): Promise<string[]> {
  return listKept(RUNS);
}

/**
 * Returns the newest checkpoint of a kept run, to download it or to resume from it; null when there
 * is none.
 */
export async function newest(run: string): Promise<{ readonly name: string; readonly file: Blob } | null> {
  const name = (await checkpoints(run)).at(-1)?.name;
  const file = name === undefined ? null : await readKept([...RUNS, run], name);
  return file && { name: name!, file };
}

/** Removes a kept run with all its checkpoints. */
export function remove(run: string): Promise<void> {
  return removeKept(RUNS, run);
}

/** The dataset that a run was trained on. */
type Trained = Pick<Dataset, 'name' | 'count' | 'sha256'>;

/** Stores which data a run uses, so that it recognises them later. */
export function noteData(run: string, { name, count, sha256 }: Trained): Promise<void> {
  return writeKept([...RUNS, run], DATA, new TextEncoder().encode(JSON.stringify({ name, count, sha256 })));
}

/**
 * Returns the data of a kept run: as many images of `data` as it was trained on.
 * @throws DcganError when they are not the same
 */
export async function dataOf(run: string, data: Dataset): Promise<Dataset> {
  const note = await readKept([...RUNS, run], DATA);
  if (!note) return data;
  const { name, count, sha256 } = JSON.parse(await note.text()) as Trained;
  const used = data.limit(count);
  if (used.count === count && used.sha256 === sha256) return used;
  throw new DcganError({
    what: `the data of the kept run ${run} have changed`,
    expected: `${count} images of ${name} with SHA-256 ${sha256.slice(0, 12)}...`,
    got: `${used.count} with ${used.sha256.slice(0, 12)}...`,
    todo: 'Give the same images again',
  });
}

/**
 * The longest wait for a lock in milliseconds. A Worker that has just ended may not have released
 * it yet.
 */
const PATIENCE = 2000;

/**
 * Locks a run for this Worker, until the Worker ends or calls the result.
 * @throws a usage error while another tab trains it
 */
export async function lock(run: string): Promise<() => void> {
  const { locks } = page.navigator ?? {};
  if (!locks) return () => {};
  return new Promise((resolve, reject) => {
    locks
      .request(`dcgan/runs/${run}`, { signal: AbortSignal.timeout(PATIENCE) }, () => new Promise<void>(resolve))
      .catch((cause) => {
        const todo = 'Stop it there, or choose another name';
        reject(usage({ what: `the kept run ${run} is being trained in another tab`, todo, cause }));
      });
  });
}

/** Adds a checkpoint, then removes those that Node would remove (names.ts). */
export async function add(run: string, name: string, bytes: Uint8Array): Promise<void> {
  await writeKept([...RUNS, run], name, bytes);
  for (const old of superfluous(await checkpoints(run))) await removeKept([...RUNS, run], old.name);
}

/**
 * Returns the checkpoints of a run, oldest first. Files that a closed tab left half-written have
 * another name.
 */
async function checkpoints(run: string): Promise<{ name: string; epoch: number; step?: number }[]> {
  const names = await listKept([...RUNS, run]);
  return names
    .flatMap((name) => {
      const moment = parseCheckpointName(name);
      return moment ? [{ name, ...moment }] : [];
    })
    .sort(byTime);
}
