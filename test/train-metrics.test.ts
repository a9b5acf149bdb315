// metrics.jsonl and the states of a run belong together: whatever fails, the lines after a resume are those of a run that never
// failed, but for times.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fileLines } from '../src/platform/file-lines.ts';
import { cutMetrics, METRICS_NAME, type MetricsLine, MetricsWriter, readMetrics } from '../src/train/metrics.ts';
import { TEST_DEVICES } from './support/devices.ts';
import { temporaryFolder } from './support/folders.ts';
import { events, newestBytes, SMALL, timelessMetrics } from './support/training.ts';

// The real file system with faults put in, at the n-th call that writes to a descriptor of the file.
const faults = vi.hoisted(() => ({ failAt: Number.POSITIVE_INFINITY, failures: 0, part: 0, calls: 0, metrics: -1 }));

vi.mock('node:fs', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs')>();
  return {
    ...real,
    openSync: (path: string, flags: string, mode?: number) => {
      const fd = real.openSync(path, flags, mode);
      faults.metrics = String(path).endsWith('metrics.jsonl') ? fd : faults.metrics === fd ? -1 : faults.metrics;
      return fd;
    },
    writeSync: (fd: number, bytes: Uint8Array, offset: number, length: number) => {
      if (fd !== faults.metrics || ++faults.calls < faults.failAt || faults.failures === 0)
        return real.writeSync(fd, bytes, offset, length);
      faults.failures--;
      real.writeSync(fd, bytes, offset, Math.min(length, faults.part));
      throw Object.assign(new Error('injected'), { code: 'ENOSPC' });
    },
  };
});

afterEach(() => {
  Object.assign(faults, { failAt: Number.POSITIVE_INFINITY, failures: 0, part: 0, calls: 0 });
});

const line = (step: number, type: 'step' | 'epoch' = 'step', epoch = Math.ceil(step / 3)): MetricsLine => ({
  type,
  step,
  epoch,
  generatorLoss: 1,
  discriminatorLoss: 1,
  realScore: 0.5,
  fakeScore: 0.5,
  seconds: 1,
});
const write = (run: string, lines: readonly MetricsLine[], rest = ''): void =>
  writeFileSync(join(run, METRICS_NAME), lines.map((each) => `${JSON.stringify(each)}\n`).join('') + rest);

describe('the writer', () => {
  it.each([0, 1, 40])('keeps what a full disk does not take, and leaves no part of a line (%i bytes)', (part) => {
    const run = temporaryFolder();
    const writer = new MetricsWriter(run);
    writer.add(line(1));
    Object.assign(faults, { failAt: 2, failures: 2, part, calls: 1 });
    expect(() => writer.add(line(2))).toThrow("metrics.jsonl can't be written: the disk is full (ENOSPC)");
    expect(() => writer.sync()).toThrow('the disk is full');
    writer.add(line(3));
    expect([...readMetrics(run)]).toEqual([line(1), line(2), line(3)]);
  });

  it('goes on behind what is there, also where there is nothing', () => {
    const run = temporaryFolder();
    new MetricsWriter(run).sync();
    expect(readdirSync(run)).toEqual([]);
    write(run, [line(1)]);
    new MetricsWriter(run).add(line(2));
    expect([...readMetrics(run)]).toEqual([line(1), line(2)]);
  });
});

describe('cutting', () => {
  const whole = [1, 2, 3]
    .map((step) => line(step))
    .concat(line(3, 'epoch', 1), line(4), line(5), line(6), line(6, 'epoch', 2));

  it.each([
    ['an epoch', { epoch: 1, step: 3 }, 4],
    ['the middle', { epoch: 1, step: 5 }, 6],
    ['all steps of an epoch that is not done', { epoch: 1, step: 6 }, 7],
    ['the end', { epoch: 2, step: 6 }, 8],
    ['the start', { epoch: 0, step: 0 }, 0],
  ])('goes back to %s', (_, place, count) => {
    const run = temporaryFolder();
    for (const torn of ['', '{"type":"st', '\0\0\0']) {
      write(run, whole, torn);
      expect(cutMetrics(run, place)).toEqual({ missing: 0 });
      expect([...readMetrics(run)]).toEqual(whole.slice(0, count));
      expect(readFileSync(join(run, METRICS_NAME), 'utf8')).toMatch(/^$|\}\n$/);
    }
  });

  it('keeps what belongs to the state in a file that is out of order, and counts what is missing', () => {
    const run = temporaryFolder();
    write(run, [line(1), line(5), line(3), line(3, 'epoch', 1)]);
    expect(cutMetrics(run, { epoch: 1, step: 4 })).toEqual({ missing: 2 });
    expect([...readMetrics(run)]).toEqual([line(1), line(3), line(3, 'epoch', 1)]);
    // A run that went on from a checkpoint alone has no earlier ones.
    write(run, [line(7), line(8)]);
    expect(cutMetrics(run, { epoch: 2, step: 8 })).toEqual({ missing: 0 });
  });
});

const device = TEST_DEVICES.find(({ name, missing }) => missing === null && name !== 'reference')!.name;
const small = { ...SMALL, device, limit: 32, evaluateEvery: 0 } as const;

describe('a run whose metrics cannot be written for a moment', () => {
  it('ends with the lines of a straight one, wherever that was', async () => {
    const folder = temporaryFolder();
    const straight = join(folder, 'straight');
    await events({ ...small, epochs: 2, out: straight });
    // The first step's line, that of an epoch's last step, of an epoch, of the step after it.
    for (const failAt of [1, 2, 3, 4])
      for (const failures of [1, 1000]) {
        const out = join(folder, `run-${failAt}-${failures}`);
        Object.assign(faults, { failAt, failures, part: failAt % 3, calls: 0 });
        await expect(events({ ...small, epochs: 2, out }), `${failAt}`).rejects.toThrow(
          "metrics.jsonl can't be written",
        );
        faults.failures = 0;
        await events({ resume: out, device });
        expect(timelessMetrics(out), `${failAt}, ${failures}`).toEqual(timelessMetrics(straight));
        expect(newestBytes(out).equals(newestBytes(straight))).toBe(true);
      }
  });
});

describe('from an earlier checkpoint', () => {
  it('goes on with everything later set aside, and the same bits', async () => {
    const folder = temporaryFolder();
    const [straight, run] = [join(folder, 'straight'), join(folder, 'run')];
    for (const out of [straight, run]) await events({ ...small, out });
    const before = timelessMetrics(run);
    const seen = await events({ resume: run, from: 'epoch-0002', device }, (event) => event.type === 'step');
    expect(seen[0]).toMatchObject({
      resumed: { epoch: 2, step: 4 },
      notes: [expect.stringContaining(`set aside in ${join(run, 'aside-1')}`)],
    });
    const aside = join(run, 'aside-1');
    expect(readdirSync(aside).sort()).toEqual(['checkpoints', 'config.json', 'dcgan.gif', 'images', 'metrics.jsonl']);
    expect(readdirSync(join(aside, 'checkpoints'))).toEqual(['epoch-0003.safetensors']);
    expect(readdirSync(join(aside, 'images'))).toEqual(['image_at_epoch_0003.png']);
    expect(timelessMetrics(aside)).toEqual(before.slice(6));
    expect(newestBytes(aside).equals(newestBytes(straight))).toBe(true);
    // What is left is the run as it was then, and goes on without another word.
    expect(existsSync(join(run, 'dcgan.gif'))).toBe(false);
    const rest = await events({ resume: run, device });
    expect(rest[0]).toMatchObject({ resumed: { step: 5 }, notes: [] });
    expect(rest.at(-1)).toMatchObject({ type: 'done', already: false });
    expect(timelessMetrics(run)).toEqual(timelessMetrics(straight));
    expect(newestBytes(run).equals(newestBytes(straight))).toBe(true);

    // A second time, and from the newest, which sets nothing aside.
    await events({ resume: run, from: join(run, 'checkpoints', 'epoch-0000.safetensors'), device }, () => true);
    expect(readdirSync(run).filter((name) => name.startsWith('aside'))).toEqual(['aside-1', 'aside-2']);
    await events({ resume: run, from: 'epoch-0000.safetensors', device }, () => true);
    expect(readdirSync(run).filter((name) => name.startsWith('aside'))).toEqual(['aside-1', 'aside-2']);
  });
});

it('says that lines were lost, where an earlier program lost some', async () => {
  const run = join(temporaryFolder(), 'run');
  await events({ ...small, epochs: 1, out: run });
  const path = join(run, METRICS_NAME);
  const lines = readFileSync(path, 'utf8').split('\n');
  writeFileSync(path, lines.filter((_, i) => i !== 1).join('\n'));
  const [first] = await events({ resume: run, epochs: 2, device });
  expect(first).toMatchObject({ notes: ['metrics.jsonl lacks the lines of 1 step, which were lost before'] });
});

it('reads lines of any length across pieces', () => {
  const path = join(temporaryFolder(), 'lines');
  const lines = [0, 1, 2 ** 20 - 9, 3, 2 ** 20 - 2, 0, 2 ** 19, 2 ** 19].map((n, i) => `${i}é`.padEnd(n, 'x'));
  writeFileSync(path, `${lines.join('\n')}\ntorn`);
  const found = [...fileLines(path)];
  expect(found.map(({ text }, i) => text === lines[i])).toEqual(lines.map(() => true));
  expect(found.at(-1)!.end).toBe(Buffer.byteLength(lines.join('\n')) + 1);
  expect([...fileLines(`${path}-not-there`)]).toEqual([]);
});
