// A run's files say when each line was written, and by which command, where and how long the run was
// trained. They say nothing of the person, and files of older versions without these facts are read.
import { readFileSync, writeFileSync } from 'node:fs';
import { homedir, hostname, userInfo } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newestCheckpoint } from '../src/checkpoint/files.ts';
import { ownCommandLine } from '../src/platform/command.ts';
import { sha256 } from '../src/platform/sha256.ts';
import { VERSION } from '../src/platform/version.ts';
import { minutesOf } from '../src/studio/page/state/series.ts';
import { METRICS_NAME, readMetrics } from '../src/train/metrics.ts';
import { checkpointsOf, readRunConfig } from '../src/train/run.ts';
import type { TrainOptions } from '../src/train/run-options.ts';
import type { Sitting } from '../src/train/run-schema.ts';
import { temporaryFolder } from './support/folders.ts';
import { events, isStep, newestBytes, SMALL } from './support/training.ts';

const small = { ...SMALL, device: 'wasm', epochs: 2, threads: 1 } satisfies TrainOptions;
const sittings = (run: string): readonly Sitting[] => readRunConfig(run).sittings ?? [];
const times = (run: string): number[] => [...readMetrics(run)].map(({ time }) => time!);
const fresh = (): string => join(temporaryFolder(), 'run');

describe('a run that is stopped and resumed', () => {
  it('has a sitting for each process, and times that a resume leaves as they are', async () => {
    const out = fresh();
    const began = Date.now();
    await events({ ...small, keepBest: true, out }, isStep(4));
    const stopped = times(out);
    await events({ resume: out, device: 'wasm', threads: 2 });
    const [first, second, ...more] = sittings(out);
    expect(more).toEqual([]);
    expect(first).toMatchObject({ fromStep: 0, version: VERSION, device: 'wasm', threads: 1 });
    expect(first!.command).toBe(ownCommandLine());
    expect(Object.keys(first!.host).sort()).toEqual(['cores', 'memory', 'node', 'os', 'processor']);
    expect(first!.end).toMatchObject({ how: 'stopped', checkpoint: 'epoch-0002-step-000004.safetensors' });
    expect(second).toMatchObject({ fromStep: 4, threads: 2, end: { how: 'done' } });

    // The end names the newest checkpoint and the best one by what `sha256sum` prints.
    const newest = newestCheckpoint(checkpointsOf(out))!.path;
    expect(second!.end).toMatchObject({ checkpoint: basename(newest), sha256: sha256(newestBytes(out)) });
    expect(second!.end!.best).toBe(sha256(readFileSync(join(out, 'checkpoints', 'best.safetensors'))));

    const all = times(out);
    expect(all.slice(0, stopped.length)).toEqual(stopped);
    const inOrder = [began, first!.start, ...stopped, first!.end!.time, second!.start];
    const order = [...inOrder, ...all.slice(stopped.length), second!.end!.time, Date.now()];
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(all).toHaveLength(6 + 2 + 2);

    // A resume of a run that is done changes nothing.
    const before = readFileSync(join(out, 'config.json'), 'utf8');
    await events({ resume: out, device: 'wasm' });
    expect(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')).sittings).toEqual(JSON.parse(before).sittings);
  });

  it('has no end where its process was killed, and failed where an error ended it', async () => {
    const out = fresh();
    const abort = new AbortController();
    await events({ ...small, out, signal: abort.signal }, (event) => {
      // As the files are when the process is killed now.
      if (event.type === 'step' && event.step === 1) expect(sittings(out)[0]!.end).toBeUndefined();
      if (event.type === 'step' && event.step === 2) abort.abort();
      return false;
    });
    expect(sittings(out)[0]!.end).toMatchObject({ how: 'stopped', checkpoint: 'epoch-0001-step-000002.safetensors' });
    const wild = fresh();
    await expect(events({ ...small, beta2: 0, learningRate: 1, seed: 2, out: wild })).rejects.toThrow(/diverged/);
    expect(sittings(wild)[0]!.end).toMatchObject({ how: 'failed' });
  });
});

it('says nothing of the person or the machine’s name', async () => {
  const out = fresh();
  await events({ ...small, epochs: 1, out });
  const { host, ...sitting } = sittings(out)[0]!;
  const text = JSON.stringify([host, { ...sitting, command: '' }]);
  const secrets = [homedir(), hostname(), ...(userInfo().username.length > 4 ? [userInfo().username] : [])];
  for (const secret of secrets.filter((one) => one.length > 4)) expect(text).not.toContain(secret);
});

it('reads and resumes a run of an older version, which has neither times nor sittings', async () => {
  const out = fresh();
  await events({ ...small, out }, isStep(2));
  const config = join(out, 'config.json');
  const { sittings: _, ...old } = JSON.parse(readFileSync(config, 'utf8'));
  writeFileSync(config, JSON.stringify(old));
  const lines = [...readMetrics(out)].map(({ time: __, ...line }) => `${JSON.stringify(line)}\n`);
  writeFileSync(join(out, METRICS_NAME), lines.join(''));
  await events({ resume: out, device: 'wasm' });
  expect(sittings(out)).toMatchObject([{ fromStep: 2, end: { how: 'done' } }]);
  expect(times(out).map((time) => time === undefined)).toEqual([true, true, ...Array(6).fill(false)]);
});

describe('the minutes of a chart', () => {
  it('go by the clock, leave out the pause between sittings, and count old lines by their seconds', () => {
    const minute = 60_000;
    // A step of 30 s, an evaluation of 30 s before the second, a pause of a day, and a step of 1 min.
    const time = [1, 2, 2 + 1440, 4 + 1440].map((at) => at * minute);
    expect(minutesOf([30, 30, 60, 60], time, [0, 1.5 * minute + 1439 * minute])).toEqual([0.5, 1.5, 2.5, 4.5]);
    expect(minutesOf([30, 30, 60], [null, null, null], [])).toEqual([0.5, 1, 2]);
    // A clock that was set back does not turn time back.
    expect(minutesOf([30, 30], [5 * minute, minute], [])).toEqual([0.5, 1]);
  });
});
