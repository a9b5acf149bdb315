// The routes are all that the page may ask and change. Every run is asked for by its name in the
// list, and every file by its name in the run.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import { CHECKPOINTS_FOLDER } from '../../checkpoint/files.ts';
import { DcganError, usage } from '../../platform/errors.ts';
import { parseJson } from '../../platform/json.ts';
import { GIF_NAME, IMAGES_FOLDER, REALS_NAME } from '../../train/pictures.ts';
import { PREVIEW_NAME } from '../../train/preview.ts';
import type { CheckpointHead, FormDescription, RunDetail } from '../api.ts';
import { openInside } from './files.ts';
import { optionsOf } from './form.ts';
import type { Doorkeeper } from './guard.ts';
import {
  checkpointsOf,
  epochPictures,
  folderOf,
  type HolderOf,
  hasFilm,
  pictureOf,
  type RunPlace,
  readConfig,
} from './heads.ts';
import { decodePlaces, follow } from './live.ts';
import { Reals } from './reals.ts';
import type { Runs } from './runs.ts';
import { metricsParts, START } from './tail.ts';
import type { Trainings } from './trainings.ts';
import { moveToTrash } from './trash.ts';
import { Warnings } from './warnings.ts';

/** A picture of 128 x 128 in colour, in base64. */
const MOST_BODY = 1 << 17;
/** Pictures never change under their version; a browser need not ask again. */
const LASTING = 'private, max-age=31536000, immutable';

export interface Studio {
  readonly door: Doorkeeper;
  readonly runs: Runs;
  readonly trainings: Trainings;
  readonly holderOf: HolderOf;
  /** Asks the process of a run to stop, as Ctrl-C does. */
  readonly stop: (folder: string) => void;
  /** A command as the person would type it. */
  readonly typed: (args: readonly string[]) => string;
  /** The page's files by their paths. */
  readonly page: ReadonlyMap<string, { readonly type: string; readonly bytes: Uint8Array<ArrayBuffer> }>;
  /** The library's name of an option of the command line. */
  readonly nameOf: (flag: string) => string;
  /** What the form for a new run offers. */
  readonly form: () => FormDescription;
}

const startSchema = z.strictObject({ options: z.record(z.string(), z.json()) });
const resumeSchema = z.strictObject({ epochs: z.int().min(1).max(1_000_000).optional() });
const sampleSchema = z.strictObject({
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1),
});
const deleteSchema = z.strictObject({ confirm: z.string().optional() });
const inspectSchema = z.strictObject({
  path: z.string().min(1).max(4096),
  size: z
    .string()
    .regex(/^\d+(x\d+)?$/)
    .optional(),
});
const nearestSchema = z.strictObject({ picture: z.base64(), count: z.int().min(1).max(64) });
const someSchema = z.strictObject({ count: z.int().min(1).max(256), seed: z.int().min(0) });

export function routes(studio: Studio): Hono {
  const { door, runs } = studio;
  const reals = new Reals();
  const warnings = new Warnings();
  const app = new Hono();
  app.use(door.middleware);
  app.use(bodyLimit({ maxSize: MOST_BODY, onError: (c) => c.json({ error: 'The request is too long.' }, 413) }));
  app.onError(answerError);

  for (const [path, { type, bytes }] of studio.page)
    app.get(path, (c) => c.body(bytes, 200, { 'Content-Type': type, 'Cache-Control': 'no-cache' }));

  app.get('/api/runs', async (c) => c.json({ folder: runs.root, runs: await runs.list() }));
  app.get('/api/place', (c) => c.json({ folder: runs.root }));
  app.get('/api/form', (c) => c.json(studio.form()));
  app.get('/api/live', (c) => {
    const last = c.req.header('Last-Event-ID') ?? c.req.query('after') ?? '';
    return streamSSE(c, (stream) => follow(stream, runs, decodePlaces(last)));
  });
  app.get('/api/runs/:id', async (c) => c.json(await detail(studio, found(runs, c))));
  app.get('/api/runs/:id/metrics', async (c) => {
    const { root, parts } = found(runs, c);
    const part = await metricsParts(root, parts, c.req.query('after') ?? START).next();
    return c.json(part.value ?? null);
  });
  app.get('/api/runs/:id/warnings', async (c) => c.json(await warnings.of(found(runs, c), studio.nameOf)));
  app.get('/api/runs/:id/images/:name', (c) => {
    const place = found(runs, c);
    const picture = pictureOf(place, c.req.param('name'));
    if (!picture) return c.notFound();
    const lasts = picture.name !== PREVIEW_NAME && c.req.query('v') === picture.version;
    return file(c, place, [IMAGES_FOLDER, picture.name], 'image/png', lasts ? LASTING : 'no-cache');
  });
  app.get('/api/runs/:id/film', (c) => file(c, found(runs, c), [GIF_NAME], 'image/gif', 'no-cache'));
  app.get('/api/runs/:id/checkpoints/:name', (c) => {
    const place = found(runs, c);
    const checkpoint = checkpointsOf(place).find(({ name }) => name === c.req.param('name'));
    if (!checkpoint) return c.notFound();
    c.header('Content-Disposition', `attachment; filename="${checkpoint.name}"`);
    return file(c, place, [CHECKPOINTS_FOLDER, checkpoint.name], 'application/octet-stream', 'no-cache');
  });

  app.post('/api/runs/:id/reals', async (c) => {
    const { count, seed } = await body(c, someSchema);
    return c.json(await reals.some(found(runs, c), count, seed));
  });
  app.post('/api/runs/:id/nearest', async (c) => {
    const { picture, count } = await body(c, nearestSchema);
    return c.json(await reals.nearest(found(runs, c), Buffer.from(picture, 'base64'), count));
  });

  app.post('/api/start', async (c) => {
    const { options } = await body(c, startSchema);
    return c.json({ id: await studio.trainings.start(options) });
  });
  app.post('/api/estimate', async (c) => {
    const { options } = await body(c, startSchema);
    return c.json(await studio.trainings.estimate(options, c.req.raw.signal));
  });
  app.post('/api/inspect', async (c) => {
    const { path, size } = await body(c, inspectSchema);
    return c.json(await studio.trainings.inspect(path, size, c.req.raw.signal));
  });
  app.post('/api/runs/:id/stop', async (c) => {
    await body(c, z.strictObject({}));
    studio.stop(folderOf(found(runs, c)));
    return c.json({});
  });
  app.post('/api/runs/:id/resume', async (c) => {
    const { epochs } = await body(c, resumeSchema);
    const place = found(runs, c);
    if (studio.holderOf(folderOf(place)) !== null) throw usage({ what: 'this run is being trained already' });
    await studio.trainings.resume(place, epochs);
    return c.json({});
  });
  app.post('/api/runs/:id/sample', async (c) => {
    const { seed } = await body(c, sampleSchema);
    return c.json({ picture: await studio.trainings.sample(folderOf(found(runs, c)), seed, c.req.raw.signal) });
  });
  const asked = new Map<string, string>();
  app.post('/api/runs/:id/delete', async (c) => {
    const { confirm } = await body(c, deleteSchema);
    const place = found(runs, c);
    const id = place.parts.join('/');
    if (studio.holderOf(folderOf(place)) !== null)
      throw usage({ what: 'this run is being trained', todo: 'Stop it first' });
    if (confirm === undefined || asked.get(id) !== confirm) {
      asked.set(id, randomBytes(16).toString('base64url'));
      return c.json({ confirm: asked.get(id) });
    }
    asked.delete(id);
    return c.json({ trash: moveToTrash(place) });
  });
  return app;
}

/** @throws DcganError for a name that is not in the list */
function found(runs: Runs, context: Context): RunPlace {
  const place = runs.find(context.req.param('id') ?? '');
  if (place) return place;
  throw new NoSuchRun({ what: 'there is no such run', todo: 'Go back to the list' });
}

class NoSuchRun extends DcganError {}

async function body<T>(context: Context, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(await jsonOf(context));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw usage({ what: 'the request is invalid', got: [...issue.path, issue.message].join(': ') });
}

/** The body's value; undefined for what is no JSON, or nests too deep to be checked. */
async function jsonOf(context: Context): Promise<unknown> {
  const text = await context.req.text();
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function answerError(error: Error, context: Context): Response {
  if (error instanceof NoSuchRun) return context.json({ error: error.message }, 404);
  if (error instanceof DcganError) return context.json({ error: error.message }, error.exitCode === 2 ? 400 : 500);
  return context.json({ error: `The studio failed: ${error.message}` }, 500);
}

async function detail(studio: Studio, place: RunPlace): Promise<RunDetail> {
  const folder = folderOf(place);
  const [head, config, output] = await Promise.all([
    studio.runs.head(place),
    readConfig(place),
    studio.trainings.lastWords(place.parts.join('/')),
  ]);
  return {
    head,
    config: typeof config === 'string' ? null : config,
    pictures: epochPictures(place),
    reals: pictureOf(place, REALS_NAME),
    preview: pictureOf(place, PREVIEW_NAME),
    film: hasFilm(place),
    checkpoints: checkpointsOf(place).map((one) => ({ ...one, commands: commandsOf(studio, place, one.name) })),
    output,
    resume: studio.typed(['train', '--resume', folder]),
    repeat: studio.typed(['train', '--config', `${folder}/config.json`]),
    options: typeof config === 'string' ? {} : optionsOf(config, studio.form()),
  };
}

function commandsOf({ typed }: Studio, place: RunPlace, name: string): CheckpointHead['commands'] {
  const path = join(folderOf(place), CHECKPOINTS_FOLDER, name);
  return {
    sample: typed(['sample', path]),
    interpolate: typed(['interpolate', path]),
    project: typed(['project', 'drawing.png', path]),
  };
}

/** Sends a file of a run in pieces, so that no large checkpoint lies in memory whole. */
async function file(
  context: Context,
  { root, parts }: RunPlace,
  names: readonly string[],
  type: string,
  caching: string,
): Promise<Response> {
  const opened = await openInside(root, ...parts, ...names);
  if (!opened) return context.notFound();
  const { size } = await opened.stat();
  context.header('Content-Type', type);
  context.header('Content-Length', String(size));
  context.header('Cache-Control', caching);
  let at = 0;
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = new Uint8Array(Math.min(1 << 18, size - at));
      const { bytesRead } = chunk.length > 0 ? await opened.read(chunk, 0, chunk.length, at) : { bytesRead: 0 };
      at += bytesRead;
      if (bytesRead > 0) controller.enqueue(chunk.subarray(0, bytesRead));
      if (bytesRead === 0 || at >= size) {
        controller.close();
        await opened.close();
      }
    },
    cancel: () => opened.close(),
  });
  return context.body(stream);
}
