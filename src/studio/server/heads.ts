// What is read of a run to show it in a list: its configuration, the names in its folders, and the
// last lines of its metrics. Never a whole file, so that hundreds of runs are listed in a moment.
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKPOINTS_FOLDER } from '../../checkpoint/files.ts';
import { parseCheckpointName } from '../../checkpoint/names.ts';
import { parseJson } from '../../platform/json.ts';
import { METRICS_NAME } from '../../train/metrics.ts';
import { GIF_NAME, IMAGES_FOLDER, pictureName, REALS_NAME } from '../../train/pictures.ts';
import { PREVIEW_NAME } from '../../train/preview.ts';
import { CONFIG_NAME } from '../../train/run-names.ts';
import { type RunConfig, runSchema } from '../../train/run-schema.ts';
import type { CheckpointHead, PictureHead, RunHead } from '../api.ts';
import { ColumnsOf } from './columns.ts';
import { openInside, readTail } from './files.ts';

const MOST_CONFIG = 1 << 18;
/** Bytes of metrics that hold an epoch's line even where an evaluation and some steps follow it. */
const TAIL = 1 << 14;

/** Where a run is: the folder of runs, and the names that lead from there to it. */
export interface RunPlace {
  readonly root: string;
  readonly parts: readonly string[];
}

export const folderOf = ({ root, parts }: RunPlace): string => join(root, ...parts);

/** A run's record, or the sentence that says why it cannot be understood. */
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

/** Plain files of one of a run's folders, with their versions; none where it is missing or a link. */
function filesIn(place: RunPlace, folder: string): Map<string, { readonly size: number; readonly version: string }> {
  const path = join(folderOf(place), folder);
  const found = new Map<string, { size: number; version: string }>();
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return found;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const status = lstatSync(join(path, entry.name), { throwIfNoEntry: false });
    if (status) found.set(entry.name, { size: status.size, version: Math.round(status.mtimeMs).toString(36) });
  }
  return found;
}

export interface Pictures {
  readonly epochs: readonly PictureHead[];
  readonly reals: PictureHead | null;
  readonly preview: PictureHead | null;
}

export function picturesOf(place: RunPlace): Pictures {
  const files = filesIn(place, IMAGES_FOLDER);
  const named = (name: string, epoch: number | null): PictureHead | null => {
    const file = files.get(name);
    return file ? { name, epoch, version: file.version } : null;
  };
  const numbered = [...files.keys()].map((name) => Number(/^image_at_epoch_(\d{4,9})\.png$/.exec(name)?.[1] ?? 0));
  const epochs = [0, ...numbered.filter((epoch) => epoch > 0).sort((a, b) => a - b)];
  return {
    epochs: epochs.map((epoch) => named(pictureName(epoch), epoch)).filter((picture) => picture !== null),
    reals: named(REALS_NAME, null),
    preview: named(PREVIEW_NAME, null),
  };
}

export function checkpointsOf(place: RunPlace): Omit<CheckpointHead, 'commands'>[] {
  return [...filesIn(place, CHECKPOINTS_FOLDER)]
    .flatMap(([name, { size }]) => {
      const moment = parseCheckpointName(name);
      return moment ? [{ name, epoch: moment.epoch, step: moment.step ?? null, bytes: size }] : [];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function hasFilm(place: RunPlace): boolean {
  return lstatSync(join(folderOf(place), GIF_NAME), { throwIfNoEntry: false })?.isFile() ?? false;
}

/** The last lines of a run's metrics. */
async function lastLines({ root, parts }: RunPlace): Promise<ReturnType<ColumnsOf['part']> | null> {
  const file = await openInside(root, ...parts, METRICS_NAME);
  if (!file) return null;
  try {
    const { bytes, from } = await readTail(file, TAIL);
    const lines = bytes.toString('utf8').split('\n');
    lines.pop();
    if (from > 0) lines.shift();
    const columns = new ColumnsOf();
    for (const line of lines) columns.add(line);
    return columns.part('', false);
  } finally {
    await file.close();
  }
}

/** Who works on a run, as its lock says; null when nobody does. */
export type HolderOf = (folder: string) => { readonly pid: number; readonly text: string } | null;

/** When anything of a run changed last, and a text that differs whenever anything did. */
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
  const { epochs, preview } = picturesOf(place);
  const step = lines?.steps.step.at(-1) ?? lines?.epochs.step.at(-1) ?? 0;
  const epoch = lines?.epochs.epoch.at(-1) ?? 0;
  const lastLoss = lines?.steps.generatorLoss.at(-1);
  const evaluation = lines?.evaluations.at(-1) ?? null;
  const known = typeof config === 'string' ? null : config;
  const newest = epochs.at(-1) ?? null;
  return {
    id: place.parts.join('/'),
    state: stateOf(config, holder !== null, epoch, lastLoss === null),
    detail: typeof config === 'string' ? config : (holder?.text ?? null),
    preset: known?.config.preset ?? null,
    data: known ? { name: known.data.name, count: known.data.count } : null,
    epoch,
    epochs: known?.config.epochs ?? null,
    step,
    evaluation: evaluation && { measure: evaluation.measure, value: evaluation.value, floor: evaluation.floor },
    newest: holder && preview ? preview : newest,
    changed,
  };
}

function stateOf(config: RunConfig | string, held: boolean, epoch: number, lostNumbers: boolean): RunHead['state'] {
  if (typeof config === 'string') return 'damaged';
  if (held) return 'training';
  if (epoch >= config.config.epochs) return 'done';
  return lostNumbers ? 'diverged' : 'stopped';
}
