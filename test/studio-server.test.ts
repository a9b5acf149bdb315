// What the studio's server says of runs: their state, their numbers from any place on, their pictures;
// and what it says of runs that are damaged, torn or gone.
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findGroups } from '../src/data/groups.ts';
import { loadDataset } from '../src/data/load.ts';
import type { MetricsPart, RunDetail, RunHead, RunWarning, SentReal } from '../src/studio/api.ts';
import { decodePlaces, encodePlaces } from '../src/studio/server/live.ts';
import { metricsFrom, metricsParts, START } from '../src/studio/server/tail.ts';
import { Trainings } from '../src/studio/server/trainings.ts';
import { RunLock } from '../src/train/lock.ts';
import { BIN, sharedFolder, startProgram, UNSHARE } from './support/cli.ts';
import { enter, openStudio, type TestStudio } from './support/studio.ts';
import { events, SMALL } from './support/training.ts';

const shared = sharedFolder();
const holders = new Map<string, { pid: number; text: string }>();
let root: string;
let studio: TestStudio;

const path = (...parts: string[]): string => join(root, ...parts);
const get = async <T>(url: string): Promise<T> => (await (await studio.get(url)).json()) as T;
const heads = async (): Promise<Map<string, RunHead>> =>
  new Map((await get<{ runs: RunHead[] }>('/api/runs')).runs.map((head) => [head.id, head]));

beforeAll(async () => {
  root = join(shared.path, 'runs');
  mkdirSync(root);
  await events({ ...SMALL, epochs: 2, device: 'wasm', out: path('done') });
  const copy = (name: string): void => cpSync(path('done'), path(name), { recursive: true });
  copy('stopped');
  const config = readFileSync(path('stopped', 'config.json'), 'utf8').replace('"epochs": 2', '"epochs": 5');
  writeFileSync(path('stopped', 'config.json'), config);
  cpSync(path('stopped'), path('sweep', 'training'), { recursive: true });
  copy('damaged');
  writeFileSync(path('damaged', 'config.json'), '{ "format": 1');
  cpSync(path('stopped'), path('diverged'), { recursive: true });
  for (const name of ['generatorLoss', 'discriminatorLoss', 'realScore', 'fakeScore']) {
    const run = name === 'generatorLoss' ? 'diverged' : `lost/${name}`;
    if (run !== 'diverged') cpSync(path('stopped'), path(run), { recursive: true });
    appendFileSync(path(run, 'metrics.jsonl'), `${JSON.stringify(lineOf({ step: 7, [name]: null }))}\n`);
  }
  holders.set(path('sweep', 'training'), { pid: 1, text: 'process 1' });
  const holderOf = (folder: string) => holders.get(folder) ?? null;
  studio = await openStudio(root, { holderOf });
}, 120_000);
afterAll(() => studio.close());

function lineOf(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const numbers = { generatorLoss: 1, discriminatorLoss: 1, realScore: 0.5, fakeScore: 0.5, seconds: 0.1 };
  return { type: 'step', epoch: 3, ...numbers, ...values };
}

describe('the list', () => {
  it('says how each run stands', async () => {
    const found = await heads();
    expect([...found].map(([id, { state }]) => [id, state]).sort()).toEqual([
      ['damaged', 'damaged'],
      ['diverged', 'diverged'],
      ['done', 'done'],
      ['lost/discriminatorLoss', 'diverged'],
      ['lost/fakeScore', 'diverged'],
      ['lost/realScore', 'diverged'],
      ['stopped', 'stopped'],
      ['sweep/training', 'training'],
    ]);
    expect(found.get('damaged')!.detail).toContain('config.json');
    expect(found.get('sweep/training')!.detail).toBe('process 1');
  });

  it('says how far each run is, and shows its newest picture', async () => {
    const done = (await heads()).get('done')!;
    expect(done).toMatchObject({ preset: 'tiny', epoch: 2, epochs: 2, step: 6, data: { name: 'mnist', count: 40 } });
    expect(done.newest!.name).toBe('image_at_epoch_0002.png');
  });

  it('says how far a run is in the middle of a long epoch', async () => {
    cpSync(path('stopped'), path('sweep', 'midway'), { recursive: true });
    const found = {
      type: 'evaluation',
      step: 6,
      epoch: 2,
      measure: 'frechet-distance',
      value: 5,
      floor: 0.3,
      seconds: 1,
    };
    const steps = Array.from({ length: 1000 }, (_, i) => JSON.stringify(lineOf({ step: 7 + i })));
    appendFileSync(path('sweep', 'midway', 'metrics.jsonl'), `${[JSON.stringify(found), ...steps].join('\n')}\n`);
    const midway = (await heads()).get('sweep/midway')!;
    expect(midway).toMatchObject({ epoch: 2, step: 1006, evaluation: { value: 5, floor: 0.3 } });
    rmSync(path('sweep', 'midway'), { recursive: true });
  });

  it('of 300 runs is read without reading their metrics whole', async () => {
    const many = join(shared.path, 'many');
    const filter = (name: string): boolean => !name.endsWith('.safetensors');
    for (let i = 0; i < 300; i++) cpSync(path('done'), join(many, `${i}`), { recursive: true, filter });
    const other = await openStudio(many);
    try {
      // Whoever read this file whole would need 8 GiB and more time than a test has.
      const huge = join(many, '7', 'metrics.jsonl');
      truncateSync(huge, 2 ** 33);
      appendFileSync(huge, `\n${JSON.stringify({ ...lineOf({ step: 12_345 }), epoch: 1 })}\n`);
      const { runs } = (await (await other.get('/api/runs')).json()) as { runs: RunHead[] };
      expect(runs).toHaveLength(300);
      expect(runs.find(({ id }) => id === '7')!.step).toBe(12_345);
    } finally {
      await other.close();
    }
  });
});

describe('a run', () => {
  it('tells the options that make it again, where they differ from the preset', async () => {
    const { options } = await get<RunDetail>('/api/runs/done');
    const { seed, ...rest } = options;
    expect(rest).toEqual({ preset: 'tiny', data: 'mnist', limit: 40, epochs: 2, batchSize: 16 });
    expect(seed).toBeTypeOf('number');
  });
});

describe('a training that cannot go on', () => {
  it('says that a checkpoint is damaged', async () => {
    const { checkpoints } = await get<RunDetail>('/api/runs/stopped');
    const newest = path('stopped', 'checkpoints', checkpoints.at(-1)!.name);
    const bytes = readFileSync(newest);
    writeFileSync(newest, bytes.fill(0, bytes.length - 64));
    const answer = await studio.post('/api/runs/stopped/resume', {});
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { error: string }).error).toContain(checkpoints.at(-1)!.name);
    const { output } = await get<RunDetail>('/api/runs/stopped');
    expect(output).toContain(checkpoints.at(-1)!.name);
  });

  it('takes no log away from the one that trains, and is asked for once at a time', async () => {
    const folder = join(shared.path, 'twice');
    cpSync(path('stopped'), join(folder, 'run'), { recursive: true });
    mkdirSync(join(folder, '.studio'), { mode: 0o700 });
    const log = join(folder, '.studio', 'run.log');
    writeFileSync(log, 'the words of the one that trains');
    const place = { root: folder, parts: ['run'] };
    const trainings = new Trainings(folder, [process.execPath, '-e', 'console.error("dcgan: I refuse.")']);
    const lock = RunLock.acquire(join(folder, 'run'));
    const [first, second] = await Promise.allSettled([trainings.resume(place), trainings.resume(place)]);
    lock.release();
    expect([first, second].map((one) => one.status === 'rejected' && (one.reason as Error).message)).toEqual([
      'I refuse.',
      'this run is being resumed already.',
    ]);
    expect(readFileSync(log, 'utf8')).toBe('the words of the one that trains');
    expect(readdirSync(join(folder, '.studio'))).toEqual(['run.log']);
    await expect(trainings.resume(place)).rejects.toThrow('I refuse.');
    expect(readFileSync(log, 'utf8')).toContain('I refuse.');
  });

  it('is no start, and its own words are said, when it ends at once with its record written', async () => {
    const program = join(shared.path, 'ends-at-once.mjs');
    writeFileSync(
      program,
      `import { copyFileSync } from 'node:fs';
      const out = process.argv.indexOf('--out');
      if (out > 0) copyFileSync(${JSON.stringify(path('done', 'config.json'))}, process.argv[out + 1] + '/config.json');
      if (process.argv.includes('--epochs')) process.kill(process.pid, 'SIGKILL');
      console.error('dcgan: the well is dry. Dig deeper.');
      process.exit(1);`,
    );
    const folder = join(shared.path, 'brief');
    cpSync(path('stopped'), join(folder, 'old'), { recursive: true });
    let looks = 0;
    const other = await openStudio(folder, {
      trainings: new Trainings(folder, [process.execPath, program]),
      holderOf: () => (looks++ === 0 ? null : { pid: 1, text: 'process 1' }),
    });
    try {
      const dry = { error: 'the well is dry. Dig deeper.' };
      expect(await (await other.post('/api/start', { options: {} })).json()).toEqual(dry);
      expect(await (await other.post('/api/runs/old/resume', {})).json()).toEqual(dry);
      looks = 0;
      const killed = { error: 'the program ended without an answer: got SIGKILL.' };
      expect(await (await other.post('/api/runs/old/resume', { epochs: 9 })).json()).toEqual(killed);
    } finally {
      await other.close();
    }
  });

  it.skipIf(!UNSHARE)('says that the disk is full and what to do, and leaves nothing half-written behind', async () => {
    const disk = join(shared.path, 'disk');
    mkdirSync(disk);
    const script = 'mount -t tmpfs -o size=1m none disk && exec "$NODE" "$BIN" studio disk --no-open --port 42900';
    const env = { NODE: process.execPath, BIN };
    const full = startProgram('unshare', [...UNSHARE!, 'sh', '-c', script], { cwd: shared.path, env });
    try {
      const [link] = await full.until(/http:\S+token=\S+(?=\s)/);
      const other = await enter(link);
      const inside = `/proc/${full.child.pid}/root${disk}`;
      const fill = join(inside, 'fill');
      expect(() => writeFileSync(fill, Buffer.alloc(2 ** 21))).toThrow('ENOSPC');
      // With 80 kB the training writes its record, but not its first checkpoint; with none, the
      // studio itself writes nothing.
      for (const [room, status, says] of [
        [80 * 1024, 400, /epoch-0000\S* can't be written: the disk is full \(ENOSPC\)\. Free some space/],
        [0, 500, /can't be (written|created): the disk is full \(ENOSPC\)\. Free some space/],
      ] as const) {
        truncateSync(fill, statSync(fill).size - room);
        const refused = await other.post('/api/start', { options: { preset: 'tiny', limit: 64, device: 'wasm' } });
        expect([refused.status, await refused.json()]).toEqual([status, { error: expect.stringMatching(says) }]);
        expect(readdirSync(inside).sort()).toEqual(['.studio', 'fill']);
        expect(readdirSync(join(inside, '.studio'))).toEqual([]);
        expect(() => appendFileSync(fill, Buffer.alloc(2 ** 20))).toThrow('ENOSPC');
      }
    } finally {
      full.child.kill('SIGKILL');
    }
  });
});

describe('the metrics of a run', () => {
  it('come as columns, and go on from the place that was reached', async () => {
    const first = await get<MetricsPart>('/api/runs/done/metrics');
    expect(first).toMatchObject({ whole: true, damaged: 0 });
    expect(first.steps.step).toEqual([1, 2, 3, 4, 5, 6]);
    expect(first.epochs.epoch).toEqual([1, 2]);
    expect(await get(`/api/runs/done/metrics?after=${first.place}`)).toBeNull();
  });

  it('are handed over once each, however they are cut, torn and mixed', async () => {
    mkdirSync(path('growing'));
    const file = path('growing', 'metrics.jsonl');
    const text = [1, 2, 3, 4, 5].map((step) => JSON.stringify(lineOf({ step }))).join('\nnot a line\n');
    const seen: number[] = [];
    let [place, damaged] = [START, 0];
    for (let at = 0; at < text.length; at += 37) {
      appendFileSync(file, text.slice(at, at + 37));
      const part = await metricsFrom(root, ['growing'], place);
      if (!part) continue;
      seen.push(...part.steps.step);
      damaged += part.damaged;
      place = part.place;
    }
    expect(seen).toEqual([1, 2, 3, 4]);
    appendFileSync(file, '\n');
    expect((await metricsFrom(root, ['growing'], place))!.steps.step).toEqual([5]);
    expect(damaged).toBe(4);
  });

  it('come in parts where they are long, which together are all of them', async () => {
    const lines = Array.from({ length: 12_000 }, (_, i) => JSON.stringify(lineOf({ step: i + 1 })));
    mkdirSync(path('lengthy'));
    writeFileSync(path('lengthy', 'metrics.jsonl'), `${lines.join('\n')}\n`);
    const all = (await metricsFrom(root, ['lengthy'], START))!;
    const parts: MetricsPart[] = [];
    for await (const part of metricsParts(root, ['lengthy'], START)) parts.push(part);
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.map(({ whole }) => whole)).toEqual([true, ...parts.slice(1).map(() => false)]);
    expect(parts.flatMap(({ steps }) => steps.step)).toEqual(all.steps.step);
    expect(parts.at(-1)!.place).toBe(all.place);
  });

  it('give the same warnings, whether they are read at once or as they grow', async () => {
    cpSync(path('stopped'), path('lost'), { recursive: true });
    const won = Array.from({ length: 300 }, (_, i) => lineOf({ step: 7 + i, realScore: 0.999, fakeScore: 0.001 }));
    const found: RunWarning[][] = [];
    for (const half of [won.slice(0, 150), won.slice(150)]) {
      const text = half.map((line) => `${JSON.stringify(line)}\n`).join('');
      appendFileSync(path('lost', 'metrics.jsonl'), text);
      found.push(await get<RunWarning[]>('/api/runs/lost/warnings'));
    }
    expect(found[0]).toEqual([]);
    expect(found[1]).toMatchObject([{ since: 7, step: 206, condition: 'discriminator-won' }]);
    // A page in another language says the same changes in its own sentence.
    const [{ help, changes } = { help: '', changes: [] }] = found[1]!;
    expect(changes.length).toBeGreaterThan(1);
    expect(help).toBe(`What usually helps, in a new run: ${changes.join(', or ')}`);
    expect(await get('/api/runs/lost/warnings')).toEqual(found[1]);
    const other = await openStudio(root);
    expect(await (await other.get('/api/runs/lost/warnings')).json()).toEqual(found[1]);
    await other.close();
    rmSync(path('lost'), { recursive: true });
  });

  it('begin anew when the file was replaced, as a resume does', async () => {
    const before = (await metricsFrom(root, ['growing'], START))!;
    writeFileSync(path('growing', 'new'), `${JSON.stringify(lineOf({ step: 1 }))}\n`);
    renameSync(path('growing', 'new'), path('growing', 'metrics.jsonl'));
    const after = (await metricsFrom(root, ['growing'], before.place))!;
    expect(after).toMatchObject({ whole: true, steps: { step: [1] } });
  });

  it('survive a line longer than memory should hold', async () => {
    writeFileSync(
      path('growing', 'metrics.jsonl'),
      `${'x'.repeat(3_000_000)}\n${JSON.stringify(lineOf({ step: 9 }))}\n`,
    );
    expect((await metricsFrom(root, ['growing'], START))!).toMatchObject({ damaged: 1, steps: { step: [9] } });
  });
});

describe('the stream', () => {
  it('sends heads and metrics, and goes on where its last event was', async () => {
    const first = await listen(`/api/live?after=${encodePlaces({ done: START })}`, {}, 'ready');
    const metrics = first.filter(({ event }) => event === 'metrics').map(({ data }) => JSON.parse(data) as MetricsPart);
    expect(metrics.flatMap(({ steps }) => steps.step)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(first.filter(({ event }) => event === 'head')).toHaveLength(5);
    const last = first.at(-1)!.id;
    expect(decodePlaces(last)).toEqual({ done: metrics.at(-1)!.place });
    const second = await listen('/api/live', { 'Last-Event-ID': last }, 'ready');
    expect(second.filter(({ event }) => event === 'metrics')).toEqual([]);
  });

  it('tells of runs that come and go', async () => {
    const told = listen('/api/live', {}, 'gone');
    await new Promise((resolve) => setTimeout(resolve, 300));
    cpSync(path('done'), path('passing'), { recursive: true });
    setTimeout(() => rmSync(path('passing'), { recursive: true }), 2500);
    const events = await told;
    expect(events.some(({ event, data }) => event === 'head' && JSON.parse(data).id === 'passing')).toBe(true);
    expect(JSON.parse(events.at(-1)!.data)).toEqual({ id: 'passing' });
  });

  interface Heard {
    readonly event: string;
    readonly data: string;
    readonly id: string;
  }

  /** All events until one of this name. */
  async function listen(url: string, headers: Readonly<Record<string, string>>, until: string): Promise<Heard[]> {
    const response = await studio.get(url, headers);
    expect(response.headers.get('Content-Type')).toMatch(/^text\/event-stream/);
    const heard: Heard[] = [];
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body!) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const fields = new Map(
          text
            .slice(0, end)
            .split('\n')
            .map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]),
        );
        text = text.slice(end + 2);
        heard.push({ event: fields.get('event') ?? '', data: fields.get('data') ?? '', id: fields.get('id') ?? '' });
        if (heard.at(-1)!.event === until) return heard;
      }
    }
    return heard;
  }
});

describe('a run', () => {
  it('has pictures that a browser keeps by their version, and asks for again by none', async () => {
    const { pictures, reals } = await get<RunDetail>('/api/runs/done');
    expect(pictures.map(({ epoch }) => epoch)).toEqual([0, 1, 2]);
    const url = `/api/runs/done/images/${reals!.name}`;
    const kept = await studio.get(`${url}?v=${reals!.version}`);
    expect(kept.headers.get('Cache-Control')).toContain('immutable');
    expect(Buffer.from(await kept.arrayBuffer())).toEqual(readFileSync(path('done', 'images', 'reals.png')));
    expect((await studio.get(url)).headers.get('Cache-Control')).toBe('no-cache');
  });

  it('has checkpoints to download whole', async () => {
    const { checkpoints } = await get<RunDetail>('/api/runs/done');
    const { name } = checkpoints.at(-1)!;
    const answer = await studio.get(`/api/runs/done/checkpoints/${name}`);
    expect(answer.headers.get('Content-Disposition')).toBe(`attachment; filename="${name}"`);
    const sent = Buffer.from(await answer.arrayBuffer());
    expect(sent.equals(readFileSync(path('done', 'checkpoints', name)))).toBe(true);
  });

  it('that does not exist gets a sentence', async () => {
    const answer = await studio.get('/api/runs/nothing');
    expect([answer.status, await answer.json()]).toEqual([
      404,
      { error: 'there is no such run. Go back to the list.' },
    ]);
  });

  it('goes to the trash only when asked twice, and never while it trains', async () => {
    const refused = await studio.post('/api/runs/sweep%2Ftraining/delete', {});
    expect([refused.status, await refused.json()]).toEqual([
      400,
      { error: 'this run is being trained. Stop it first.' },
    ]);
    const { confirm } = (await (await studio.post('/api/runs/diverged/delete', {})).json()) as { confirm: string };
    const guessed = (await (await studio.post('/api/runs/diverged/delete', { confirm: 'guessed' })).json()) as object;
    expect(guessed).not.toHaveProperty('trash');
    expect((await heads()).has('diverged')).toBe(true);
    const again = (await (await studio.post('/api/runs/diverged/delete', {})).json()) as { confirm: string };
    expect(again.confirm).not.toBe(confirm);
    const answer = await studio.post('/api/runs/diverged/delete', { confirm: again.confirm });
    const { trash } = (await answer.json()) as { trash: string };
    expect((await heads()).has('diverged')).toBe(false);
    expect(readFileSync(path(trash, 'metrics.jsonl'), 'utf8')).not.toBe('');
  });

  it.each([
    ['/api/start', { options: 'all' }],
    ['/api/start', {}],
    ['/api/inspect', { path: '' }],
    ['/api/runs/done/sample', { seed: -1 }],
    ['/api/runs/done/resume', { epochs: 0 }],
    ['/api/runs/done/resume', { epochs: 3, more: 1 }],
  ])('%s of %j is refused', async (url, body) => {
    const answer = await studio.post(url, body);
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { error: string }).error).toMatch(/^the request is invalid/);
  });
});

describe('real images', () => {
  it('come with the group that was found for them, or with nothing where there are none', async () => {
    await events({ ...SMALL, epochs: 1, groups: 4, device: 'wasm', out: path('grouped') });
    const ask = async (run: string): Promise<SentReal[]> =>
      (await (await studio.post(`/api/runs/${run}/reals`, { count: 40, seed: 1 })).json()) as SentReal[];
    const groups = await findGroups(await loadDataset('mnist', {}, 40), 4, 'edges');
    const found = await ask('grouped');
    expect(found.map(({ label }) => label)).toEqual(found.map(({ index }) => groups[index]));
    expect((await ask('done')).every(({ label }) => label === null)).toBe(true);
    rmSync(path('grouped'), { recursive: true });
  });
});

it('draws the same noise in a square for a run with classes too', async () => {
  await events({ ...SMALL, epochs: 1, cond: true, device: 'wasm', out: path('classes') });
  for (const run of ['done', 'classes']) {
    const { picture } = (await (await studio.post(`/api/runs/${run}/sample`, { seed: 1 })).json()) as {
      picture: string;
    };
    const { width, height } = await sharp(Buffer.from(picture, 'base64')).metadata();
    expect(width).toBe(height);
  }
  rmSync(path('classes'), { recursive: true });
});
