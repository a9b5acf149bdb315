// A folder of runs may come from somebody else: no link in it leads a training or the studio to write,
// cut or show a file outside.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { keepRecord } from '../src/cli/sweep/folders.ts';
import type { Sweep } from '../src/cli/sweep/plan.ts';
import { ColumnsOf } from '../src/studio/server/columns.ts';
import { hasFilm, pictureOf } from '../src/studio/server/heads.ts';
import { Trainings } from '../src/studio/server/trainings.ts';
import { moveToTrash } from '../src/studio/server/trash.ts';
import { describe } from '../src/studio/still/gather.ts';
import { writeSite } from '../src/studio/still/site.ts';
import { BIN, dcgan } from './support/cli.ts';
import { workInFolders } from './support/folders.ts';
import { events, SMALL } from './support/training.ts';

workInFolders('work');
/** Stands for the program: it refuses whatever it is asked. */
const REFUSES = ['-e', 'console.error("dcgan: I refuse.")'] as const;

function stranger(): Trainings {
  mkdirSync('runs/00001-x', { recursive: true });
  mkdirSync('mine');
  writeFileSync('mine/precious', 'precious');
  return new Trainings('runs', [process.execPath, ...REFUSES]);
}

it.each(['metrics.jsonl', 'images', 'checkpoints'])('a run whose %s is a link is not resumed', async (name) => {
  await events({ ...SMALL, epochs: 1, device: 'wasm', out: 'run' });
  renameSync(join('run', name), 'elsewhere');
  symlinkSync(join('..', 'elsewhere'), join('run', name));
  const before = name === 'metrics.jsonl' ? readFileSync('elsewhere', 'utf8') : readdirSync('elsewhere');
  await expect(events({ resume: 'run', epochs: 2, device: 'wasm' })).rejects.toThrow(
    `run/${name} is a symbolic link, through which a training would write outside the run's folder`,
  );
  expect(name === 'metrics.jsonl' ? readFileSync('elsewhere', 'utf8') : readdirSync('elsewhere')).toEqual(before);
  expect(existsSync('run/run.lock')).toBe(false);
});

it.each(['images/image_at_epoch_0002.png', 'checkpoints/best.safetensors'])(
  'a run whose %s is a link is not resumed',
  async (name) => {
    await events({ ...SMALL, epochs: 1, device: 'wasm', out: 'run' });
    writeFileSync('victim', 'precious');
    symlinkSync('../../victim', join('run', name));
    await expect(events({ resume: 'run', epochs: 2, device: 'wasm' })).rejects.toThrow(
      `run/${name} is a symbolic link, through which a training would write outside the run's folder`,
    );
    expect(readFileSync('victim', 'utf8')).toBe('precious');
  },
);

it('films and records of sweeps replace a link of their name', async () => {
  await events({ ...SMALL, epochs: 1, device: 'wasm', out: 'run' });
  writeFileSync('victim', 'precious');
  for (const name of ['run/dcgan.gif', 'run/runs.json']) {
    rmSync(name, { force: true });
    symlinkSync('../victim', name);
  }
  expect(await dcgan(['gif', 'run'], { cwd: process.cwd() })).toMatchObject({ code: 0, stderr: '' });
  writeFileSync('victim', '{ "format": 1, "runs": [] }');
  keepRecord('run', { runs: [{ index: 0, options: { preset: 'tiny' } }] } as unknown as Sweep);
  for (const name of ['run/dcgan.gif', 'run/runs.json']) expect(lstatSync(name).isFile()).toBe(true);
  expect(readFileSync('run/dcgan.gif').toString('latin1', 0, 3)).toBe('GIF');
  expect(readFileSync('victim', 'utf8')).toBe('{ "format": 1, "runs": [] }');
  // A path that a person typed is theirs: its link is followed.
  symlinkSync('victim', 'mine.gif');
  expect(await dcgan(['gif', 'run', '-o', 'mine.gif'], { cwd: process.cwd() })).toMatchObject({ code: 0 });
  expect(lstatSync('mine.gif').isSymbolicLink()).toBe(true);
  expect(readFileSync('victim').toString('latin1', 0, 3)).toBe('GIF');
});

it.skipIf(process.platform === 'win32').each([
  ['run.lock', ['train', '--resume', 'run', '--epochs', '2']],
  ['config.json', ['info', 'run']],
  ['metrics.jsonl', ['export', 'run', '--to', 'csv', '-o', 'metrics.csv']],
  ['images/image_at_epoch_0001.png', ['gif', 'run']],
  ['checkpoints/epoch-0001.safetensors', ['info', 'run']],
])('a pipe called %s is refused, and nobody waits for its writer', async (name, words) => {
  await events({ ...SMALL, epochs: 1, device: 'wasm', out: 'run' });
  rmSync(join('run', name), { force: true });
  expect(spawnSync('mkfifo', [join('run', name)]).status).toBe(0);
  const ended = spawnSync(process.execPath, [BIN, ...words], { timeout: 60_000, encoding: 'utf8' });
  expect(ended).toMatchObject({ signal: null, status: 1, stderr: expect.stringContaining(`run/${name} `) });
});

it('an export takes no checkpoint behind a link, and none of another run', async () => {
  await events({ ...SMALL, epochs: 1, device: 'wasm', out: 'run' });
  await events({ ...SMALL, epochs: 1, seed: 42, device: 'wasm', out: 'mine' });
  const own = 'run/checkpoints/epoch-0001.safetensors';
  expect((await describe('run')).checkpoint).toBe(own);
  rmSync(own);
  symlinkSync('../../mine/checkpoints/epoch-0001.safetensors', own);
  const words = `${own} lies behind a symbolic link, which an export does not follow`;
  for (const source of ['run', own]) await expect(describe(source)).rejects.toThrow(words);
  mkdirSync('site');
  await expect(writeSite('site', ['run'])).rejects.toThrow(words);
  expect(readdirSync('site')).toEqual([]);
  rmSync(own);
  copyFileSync('mine/checkpoints/epoch-0001.safetensors', own);
  await expect(describe('run')).rejects.toThrow(`${own} belongs to another run`);
});

it("the studio's folder is its own, and so are the files in it", async () => {
  const trainings = stranger();
  symlinkSync('../mine', 'runs/.studio');
  await expect(trainings.resume({ root: 'runs', parts: ['00001-x'] })).rejects.toThrow(
    "runs/.studio is not a folder of the studio's own",
  );
  await expect(trainings.start({ data: 'mnist' })).rejects.toThrow("is not a folder of the studio's own");
  expect(await trainings.lastWords('precious')).toBe('');
  rmSync('runs/.studio');
  mkdirSync('runs/.studio');
  symlinkSync('../../mine/precious', 'runs/.studio/00001-x.log');
  symlinkSync('../../mine/precious', 'runs/.studio/00002-mnist-tf2018.json');
  expect(await trainings.lastWords('00001-x')).toBe('');
  await expect(trainings.resume({ root: 'runs', parts: ['00001-x'] })).rejects.toThrow('I refuse.');
  await expect(trainings.start({ data: 'mnist' })).rejects.toThrow('I refuse.');
  expect(readFileSync('mine/precious', 'utf8')).toBe('precious');
  expect(readdirSync('mine')).toEqual(['precious']);
});

it('runs are not moved to where a link called .trash leads', () => {
  stranger();
  symlinkSync('../mine', 'runs/.trash');
  expect(() => moveToTrash({ root: 'runs', parts: ['00001-x'] })).toThrow(
    "runs/.trash is not a folder of the studio's own",
  );
  expect(existsSync('runs/00001-x')).toBe(true);
});

it('pictures behind links are none of the run', () => {
  mkdirSync('elsewhere');
  writeFileSync('elsewhere/reals.png', 'precious');
  mkdirSync('run');
  symlinkSync('../elsewhere', 'run/images');
  symlinkSync('../elsewhere/reals.png', 'run/dcgan.gif');
  const place = { root: '.', parts: ['run'] };
  expect(pictureOf(place, 'reals.png')).toBe(null);
  expect(hasFilm(place)).toBe(false);
});

it.each([['{"toString":1}'], ['['.repeat(20_000) + ']'.repeat(20_000)], ['null']])(
  'an evaluation whose measure is no text is a damaged line (%#)',
  (measure) => {
    const columns = new ColumnsOf();
    columns.add(`{"type":"evaluation","step":1,"epoch":1,"seconds":1,"measure":${measure}}`);
    expect(columns.part('', false)).toMatchObject({ damaged: 1, evaluations: [] });
  },
);
