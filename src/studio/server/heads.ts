// A list of runs needs each run's configuration, the names in its folders, and the last lines of
// its metrics. No metrics are read whole, so hundreds of runs are listed in a moment.
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKPOINTS_FOLDER } from '../../checkpoint/files.ts';
import { parseCheckpointName } from '../../checkpoint/names.ts';
import { parseJson } from '../../platform/json.ts';
import { STEP_FIGURES } from '../../train/line-figures.ts';
import { METRICS_NAME } from '../../train/metrics.ts';
import { GIF_NAME, IMAGES_FOLDER, pictureName, REALS_NAME } from '../../train/pictures.ts';
import { PREVIEW_NAME } from '../../train/preview.ts';
import { CONFIG_NAME } from '../../train/run-names.ts';
import { type RunConfig, runSchema } from '../../train/run-schema.ts';
import type { CheckpointHead, PictureHead, RunHead } from '../api.ts';
import { ColumnsOf } from './columns.ts';
import { openInside, readTail } from './files.ts';

const MOST_CONFIG = 1 << 18;
/** This many bytes of metrics hold an epoch's line that an evaluation or a few steps follow. */
const TAIL = 1 << 14;
/** This many hold it when a large part of the next epoch follows. */
const LONG_TAIL = 1 << 20;

/** A run's place is the folder of runs and the names that lead from there to it. */
export interface RunPlace {
  readonly root: string;
  readonly parts: readonly string[];
}

export const folderOf = ({ root, parts }: RunPlace): string => join(root, ...parts);

/** Reads a run's record; returns a sentence instead where it cannot be understood. */
export async function readConfig({ root, parts }: RunPlace): Promise<RunConfig | string> {
  const file = await openInside(root, ...parts, CONFIG_NAME);
  if (!file) return `${CONFIG_NAME} cannot be read`;
  try {
    const { size } = await file.stat();
    if (size > MOST_CONFIG) return `${CONFIG_NAME} is too large for a run's`;
    const parsed = runSchema.safeParse(parseJson(await file.readFile('utf8')));
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0]!;
    return `${CONFIG_NAME}: ${issue.path.join('.')}: ${issue.message}`;
  } catch (error) {
    return `${CONFIG_NAME}: ${(error as Error).message}`;
  } finally {
    await file.close();
  }
}

/** Returns the names of the plain files in one of a run's folders; none where it is a link. */
function namesIn(place: RunPlace, folder: string): string[] {
  const path = join(folderOf(place), folder);
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return [];
  const entries = readdirSync(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

const EPOCH_PICTURE = /^image_at_epoch_(\d{4,9})\.png$/;

/** Returns the epoch that a picture shows by its name: 0 before training, null for all others. */
function epochOfPicture(name: string): number | null {
  if (name === pictureName(0)) return 0;
  const epoch = Number(EPOCH_PICTURE.exec(name)?.[1] ?? 0);
  return epoch > 0 ? epoch : null;
}

/** Looks at one picture; null for what is no picture of a run, and for a link. */
export function pictureOf(place: RunPlace, name: string): PictureHead | null {
  const epoch = epochOfPicture(name);
  if (epoch === null && name !== REALS_NAME && name !== PREVIEW_NAME) return null;
  const images = join(folderOf(place), IMAGES_FOLDER);
  if (!lstatSync(images, { throwIfNoEntry: false })?.isDirectory()) return null;
  const status = lstatSync(join(images, name), { throwIfNoEntry: false });
  return status?.isFile() ? { name, epoch, version: Math.round(status.mtimeMs).toString(36) } : null;
}

/** Returns the pictures of all epochs, epoch 0 first. */
export function epochPictures(place: RunPlace): PictureHead[] {
  return namesIn(place, IMAGES_FOLDER)
    .filter((name) => epochOfPicture(name) !== null)
    .map((name) => pictureOf(place, name))
    .filter((picture) => picture !== null)
    .sort((a, b) => a.epoch! - b.epoch!);
}

/** Finds the newest epoch's picture by the names alone, however many there are. */
function newestPicture(place: RunPlace): PictureHead | null {
  let [newest, most] = [null as string | null, -1];
  for (const name of namesIn(place, IMAGES_FOLDER)) {
    const epoch = epochOfPicture(name);
    if (epoch !== null && epoch > most) [newest, most] = [name, epoch];
  }
  return newest === null ? null : pictureOf(place, newest);
}

export function checkpointsOf(place: RunPlace): Omit<CheckpointHead, 'commands'>[] {
  return namesIn(place, CHECKPOINTS_FOLDER)
    .sort()
    .flatMap((name) => {
      const moment = parseCheckpointName(name);
      const status = lstatSync(join(folderOf(place), CHECKPOINTS_FOLDER, name), { throwIfNoEntry: false });
      return moment && status ? [{ name, epoch: moment.epoch, step: moment.step ?? null, bytes: status.size }] : [];
    });
}

export function hasFilm(place: RunPlace): boolean {
  return lstatSync(join(folderOf(place), GIF_NAME), { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Lines of epochs and evaluations have this, and lines of steps do not. */
const EPOCH_MARK = '"type":"e';
const NEWLINE = 10;

/** Reads the last lines of a run's metrics, back to the last epoch if it is not too far. */
async function lastLines({ root, parts }: RunPlace): Promise<ReturnType<ColumnsOf['part']> | null> {
  const file = await openInside(root, ...parts, METRICS_NAME);
  if (!file) return null;
  try {
    const { bytes, from } = await readTail(file, TAIL);
    const lines = bytes
      .toString('utf8')
      .split('\n')
      .slice(from > 0 ? 1 : 0, -1);
    const columns = new ColumnsOf();
    // Steps are most of a long tail, and are not read there but for the last ones.
    if (from > 0 && !lines.some((line) => line.includes(EPOCH_MARK)))
      for (const line of epochLines(await readTail(file, LONG_TAIL))) columns.add(line);
    for (const line of lines) columns.add(line);
    return columns.part('', false);
  } finally {
    await file.close();
  }
}

/** Returns the whole lines of epochs and evaluations in a tail. The others do not become text. */
function* epochLines({ bytes, from }: Awaited<ReturnType<typeof readTail>>): Generator<string> {
  for (let at = bytes.indexOf(EPOCH_MARK); at >= 0; ) {
    const [begin, end] = [bytes.lastIndexOf(NEWLINE, at) + 1, bytes.indexOf(NEWLINE, at)];
    if (end < 0) return;
    if (begin > 0 || from === 0) yield bytes.toString('utf8', begin, end);
    at = bytes.indexOf(EPOCH_MARK, end);
  }
}

/** Returns who trains a run, as its lock says; null when nobody does. */
export type HolderOf = (folder: string) => { readonly pid: number; readonly text: string } | null;

/** Says when anything of a run changed last; the text differs whenever anything did. */
interface Stamp {
  readonly changed: number;
  readonly text: string;
}

function stampOf(place: RunPlace): Stamp {
  const paths = ['', METRICS_NAME, CONFIG_NAME, IMAGES_FOLDER, CHECKPOINTS_FOLDER];
  const found = paths.map((name) => lstatSync(join(folderOf(place), name), { throwIfNoEntry: false }));
  return {
    changed: Math.round(Math.max(...found.map((status) => status?.mtimeMs ?? 0))),
    text: found.map((status) => (status ? `${status.ino} ${status.mtimeMs} ${status.size}` : '-')).join(),
  };
}

/** Reads heads, and reads one again only when something of its run has changed. */
export class Heads {
  readonly #holderOf: HolderOf;
  readonly #known = new Map<string, { readonly stamp: string; readonly head: RunHead }>();

  constructor(holderOf: HolderOf) {
    this.#holderOf = holderOf;
  }

  async read(place: RunPlace): Promise<RunHead> {
    const folder = folderOf(place);
    const holder = this.#holderOf(folder);
    const { text, changed } = stampOf(place);
    const stamp = `${text} ${holder?.text}`;
    const known = this.#known.get(folder);
    if (known?.stamp === stamp) return known.head;
    const head = await readHead(place, holder, changed);
    this.#known.set(folder, { stamp, head });
    return head;
  }

  /** Forgets the runs that are not among these. */
  keepOnly(places: Iterable<RunPlace>): void {
    const there = new Set([...places].map(folderOf));
    for (const folder of this.#known.keys()) if (!there.has(folder)) this.#known.delete(folder);
  }
}

async function readHead(place: RunPlace, holder: ReturnType<HolderOf>, changed: number): Promise<RunHead> {
  const [config, lines] = await Promise.all([readConfig(place), lastLines(place)]);
  const step = lines?.steps.step.at(-1) ?? lines?.epochs.step.at(-1) ?? 0;
  // A step names the epoch that it is part of, so the one before is done.
  const epoch = Math.max(lines?.epochs.epoch.at(-1) ?? 0, (lines?.steps.epoch.at(-1) ?? 1) - 1);
  const lostNumbers = STEP_FIGURES.some((figure) => lines?.steps[figure].at(-1) === null);
  const evaluation = lines?.evaluations.at(-1) ?? null;
  const known = typeof config === 'string' ? null : config;
  const preview = holder && pictureOf(place, PREVIEW_NAME);
  return {
    id: place.parts.join('/'),
    state: stateOf(config, holder !== null, epoch, lostNumbers),
    detail: typeof config === 'string' ? config : (holder?.text ?? null),
    preset: known?.config.preset ?? null,
    data: known ? { name: known.data.name, count: known.data.count } : null,
    epoch,
    epochs: known?.config.epochs ?? null,
    step,
    evaluation: evaluation && { measure: evaluation.measure, value: evaluation.value, floor: evaluation.floor },
    newest: preview ?? newestPicture(place),
    changed,
  };
}

function stateOf(config: RunConfig | string, held: boolean, epoch: number, lostNumbers: boolean): RunHead['state'] {
  if (typeof config === 'string') return 'damaged';
  if (held) return 'training';
  if (epoch >= config.config.epochs) return 'done';
  return lostNumbers ? 'diverged' : 'stopped';
}
