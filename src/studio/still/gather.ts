// Collects what one file shows of a run, or of a checkpoint alone. The file tells nothing about the
// machine and its folders.
import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve, win32 } from 'node:path';
import { CHECKPOINTS_FOLDER } from '../../checkpoint/files.ts';
import { parseCheckpointName } from '../../checkpoint/names.ts';
import type { Snapshot } from '../../gan/snapshot.ts';
import { readSnapshot } from '../../gan/snapshot-file.ts';
import { shellWord } from '../../platform/command.ts';
import { DcganError } from '../../platform/errors.ts';
import { checkBelongs } from '../../train/belongs.ts';
import { IMAGES_FOLDER, REALS_NAME } from '../../train/pictures.ts';
import { resolveSource } from '../../train/run.ts';
import type { RunConfig } from '../../train/run-schema.ts';
import type { MetricsPart, RunDetail, RunHead, RunWarning } from '../api.ts';
import { openInside } from '../server/files.ts';
import { epochPictures, Heads, pictureOf, type RunPlace, readConfig } from '../server/heads.ts';
import { metricsFrom, START } from '../server/tail.ts';
import { Watching } from '../server/warnings.ts';
import { generatorFile } from './generator.ts';
import { GENERATOR_NAME, type Still } from './still.ts';

/** Charts of one file show at most this many steps. */
const MOST_STEPS = 1500;

/** What a file says of itself, and what it shows. */
export interface StillOptions {
  /** Whether the page also shows images of the data: the run's `reals.png` (default: no). */
  readonly withReals?: boolean | undefined;
  /** The title (default: the name of the run). */
  readonly title?: string | undefined;
  /** The licence of the generator and its pictures, such as `CC-BY-4.0`. */
  readonly license?: string | undefined;
}

/** Holds what was gathered, its checkpoint, and the type in which the weights are stored. */
export interface Gathered {
  readonly still: Still;
  readonly checkpoint: string;
  readonly type: 'float16' | 'float32';
}

/**
 * Gathers everything that the file shows.
 * @param source a run or a checkpoint; the newest run when not given
 * @throws DcganError when it is neither
 */
export async function gather(
  source: string | undefined,
  { title, license, ...options }: StillOptions,
): Promise<Gathered> {
  const described = await describe(source, options);
  const { checkpoint, run, snapshot, metrics, warnings } = described;
  const { bytes, type } = await generatorFile(snapshot);
  const detail = withCheckpoint(described, GENERATOR_NAME, bytes.length);
  const still: Still = {
    title: title ?? detail.head.id,
    license: license ?? null,
    detail,
    metrics: metrics && thinned(metrics),
    warnings,
    pictures: run === null ? {} : readPictures(run, detail),
    generator: Buffer.from(bytes).toString('base64'),
  };
  return { still, checkpoint, type };
}

/** Holds everything that a page shows of a run or a checkpoint, except their files. */
export interface Described {
  readonly checkpoint: string;
  /** Null for a checkpoint alone. */
  readonly run: string | null;
  readonly snapshot: Snapshot;
  /** Without checkpoints; see `withCheckpoint`. */
  readonly detail: RunDetail;
  readonly metrics: MetricsPart | null;
  readonly warnings: readonly RunWarning[];
}

/** @throws DcganError when `source` is neither a run nor a checkpoint */
export async function describe(
  source: string | undefined,
  { withReals = false }: Pick<StillOptions, 'withReals'> = {},
): Promise<Described> {
  const { checkpoint, run } = resolveSource(source);
  const snapshot = readSnapshot(checkpoint);
  const found = run === null ? aloneOf(checkpoint, snapshot) : await runOf(run, checkpoint, snapshot);
  const name = run === null ? basename(checkpoint) : basename(resolve(run));
  const detail: RunDetail = {
    ...{ preview: null, film: false, checkpoints: [], output: '', options: {} },
    ...found,
    reals: withReals ? found.reals : null,
    resume: typed('train', '--resume', name),
    repeat: run === null ? typed('info', name) : typed('train', '--config', `${name}/config.json`),
  };
  const metrics = run === null ? null : await metricsFrom(dirname(resolve(run)), [name], START);
  const warnings = metrics && detail.config ? warningsOf(detail.config, metrics) : [];
  return { checkpoint, run, snapshot, detail, metrics, warnings };
}

function warningsOf(run: RunConfig, metrics: MetricsPart): RunWarning[] {
  const watching = new Watching(run);
  watching.take(metrics);
  return watching.warnings((flag) => flag);
}

/** Returns the details with the checkpoint, under the name by which the page asks for it. */
export function withCheckpoint(
  { checkpoint, run, snapshot, detail }: Described,
  name: string,
  bytes: number,
): RunDetail {
  const own = basename(checkpoint);
  const path = run === null ? own : [basename(resolve(run)), CHECKPOINTS_FOLDER, own].join('/');
  const commands = {
    sample: typed('sample', path),
    interpolate: typed('interpolate', path),
    project: typed('project', 'drawing.png', path),
  };
  // As the studio says it: a checkpoint within an epoch bears that epoch's number.
  const { epoch = snapshot.epoch, step = null } = parseCheckpointName(own) ?? {};
  return { ...detail, checkpoints: [{ name, bytes, epoch, step, commands }] };
}

/** A command, by names that say nothing of this machine's folders. */
const typed = (...words: readonly string[]): string => ['npx dcgan', ...words.map(shellWord)].join(' ');

type Found = Pick<RunDetail, 'head' | 'config' | 'pictures' | 'reals'>;

/**
 * A run may come from somebody else, and what is shown of it will be published. So its checkpoint
 * is taken as its pictures are: only where no link leads to it, and where it is one of this run.
 */
async function runOf(run: string, checkpoint: string, snapshot: Snapshot): Promise<Found> {
  const path = resolve(run);
  const place: RunPlace = { root: dirname(path), parts: [basename(path)] };
  const [head, config] = await Promise.all([new Heads(() => null).read(place), readConfig(place)]);
  const inside = await openInside(path, CHECKPOINTS_FOLDER, basename(checkpoint));
  if (!inside)
    throw new DcganError({
      what: `${checkpoint} lies behind a symbolic link, which an export does not follow`,
      expected: 'a file in the folder of the run',
      todo: 'Put in its place what it leads to, or name that checkpoint itself',
    });
  await inside.close();
  if (typeof config !== 'string') checkBelongs(snapshot, config, checkpoint);
  return {
    head,
    config: typeof config === 'string' ? null : shown(config),
    pictures: epochPictures(place),
    reals: pictureOf(place, REALS_NAME),
  };
}

/**
 * What a page shows of a run's record. Each field is named here, so that a new one stays out until
 * somebody has asked whether it tells a path or something of the machine. The device keeps its
 * name, and its variant is left out: it names the compiler, or the GPU.
 */
function shown({ data, notes, extractor, ...record }: RunConfig): RunConfig {
  const { format, config, seed, contrast, onNan, evaluateEvery, keepBest, extractorRange, tensorboard } = record;
  const { source, name, count, sha256, classes, reading } = data;
  return {
    ...{ format, config, seed, contrast, onNan, evaluateEvery, keepBest, extractorRange, tensorboard },
    data: { source: lastOf(source), name, count, sha256, classes, reading },
    extractor: extractor === undefined ? undefined : lastOf(extractor),
    notes: { version: notes.version, device: notes.device, variant: '' },
  };
}

/** The last part of a path of this system or of another. */
const lastOf = (path: string): string => win32.basename(path);

function aloneOf(checkpoint: string, { config, epoch, step }: Snapshot): Found {
  const head: RunHead = {
    ...{ id: basename(checkpoint).replace(/\.safetensors$/, ''), state: 'done', detail: null, data: null },
    ...{ preset: config.preset, epoch, epochs: config.epochs, step, evaluation: null, newest: null },
    changed: Math.round(statSync(checkpoint).mtimeMs),
  };
  return { head, config: null, pictures: [], reals: null };
}

function readPictures(run: string, { pictures, reals }: RunDetail): Record<string, string> {
  const all = [...pictures, ...(reals ? [reals] : [])];
  return Object.fromEntries(
    all.map(({ name }) => [name, readFileSync(join(run, IMAGES_FOLDER, name)).toString('base64')]),
  );
}

/** Fewer steps, evenly chosen, the last one among them; numbers with six digits. */
function thinned(part: MetricsPart): MetricsPart {
  const count = part.steps.step.length;
  const every = Math.ceil(count / MOST_STEPS);
  const kept = (_: unknown, i: number): boolean => (count - 1 - i) % every === 0;
  const whole = ['step', 'epoch', 'time'];
  const columns = Object.entries(part.steps).map(([name, values]) => [
    name,
    (values as readonly (number | null)[])
      .filter(kept)
      .map((value) => (value === null || whole.includes(name) ? value : Number(value.toPrecision(6)))),
  ]);
  return { ...part, place: '', steps: Object.fromEntries(columns) as MetricsPart['steps'] };
}
