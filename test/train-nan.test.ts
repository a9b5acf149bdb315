// A training whose numbers become NaN or infinite. None reaches a checkpoint or a picture, the last
// good checkpoint stays the newest, and with lower-lr the run goes on from there and resumes to the
// bit. A learning rate of 1 and a second moment of zero provoke it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PageRun } from '../src/browser/page-run.ts';
import { decodeSnapshot } from '../src/gan/snapshot.ts';
import { datasets } from '../src/index.ts';
import type { TrainEvent } from '../src/train/events.ts';
import { readRunConfig } from '../src/train/run.ts';
import type { TrainOptions } from '../src/train/run-options.ts';
import { dcgan } from './support/cli.ts';
import { TEST_DEVICES, title } from './support/devices.ts';
import { temporaryFolder } from './support/folders.ts';
import { events, newestBytes, timelessMetrics } from './support/training.ts';

const WILD = {
  preset: 'tiny',
  limit: 64,
  batchSize: 16,
  beta2: 0,
  learningRate: 1,
  seed: 2,
  threads: 1,
  epochs: 3,
} as const;

const checkpoints = (run: string): string[] => readdirSync(join(run, 'checkpoints'));
const pictures = (run: string): string[] => readdirSync(join(run, 'images')).filter((name) => name !== 'reals.png');

function expectFinite(run: string): void {
  for (const name of checkpoints(run)) {
    const { tensors } = decodeSnapshot(readFileSync(join(run, 'checkpoints', name)), name);
    for (const [tensor, { data }] of tensors) expect(data.every(Number.isFinite), `${name} ${tensor}`).toBe(true);
  }
}

const refused = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing was refused',
    (error: Error) => error.message,
  );

for (const device of TEST_DEVICES.filter(({ name }) => name === 'native' || name === 'wasm'))
  describe.skipIf(device.missing)(`on ${title(device)}, a training that diverges`, () => {
    const wild = { ...WILD, device: device.name } satisfies TrainOptions;
    const fresh = (): string => join(temporaryFolder(), 'run');
    const bad = (event: TrainEvent): boolean =>
      event.type === 'step' && !Number.isFinite(event.generatorLoss + event.discriminatorLoss);

    it('stops with an error, and saves nothing of it', async () => {
      const out = fresh();
      const seen: TrainEvent[] = [];
      const message = await refused(
        events({ ...wild, limit: 160, out }, (event) => {
          seen.push(event);
          return false;
        }),
      );
      expect(message).toMatch(
        /^the training has diverged: in step \d+ \S.* is (NaN|-?Infinity)\. Continue from the last good checkpoint with half the learning rate: (?:npx )?dcgan train --resume .*run --on-nan lower-lr\.$/,
      );
      expect(bad(seen.at(-1)!)).toBe(true);
      expect([checkpoints(out), pictures(out)]).toEqual([['epoch-0000.safetensors'], ['initial.png']]);
      expectFinite(out);
    });

    it('saves nothing when it is left at that step, or before the numbers show it', async () => {
      const out = fresh();
      await events({ ...wild, limit: 160, out }, bad);
      expect(checkpoints(out)).toEqual(['epoch-0000.safetensors']);
      // The state stops being finite a step or two before the losses do; saving it would notice.
      const steps = timelessMetrics(out) as { step: number }[];
      const before = steps.at(-1)!.step - 1;
      const again = fresh();
      await events({ ...wild, limit: 160, out: again }, (event) => event.type === 'step' && event.step === before);
      expect(checkpoints(again)).toEqual(['epoch-0000.safetensors']);
      const abort = new AbortController();
      const third = fresh();
      const aborted = events({ ...wild, limit: 160, out: third, signal: abort.signal }, (event) => {
        if (event.type === 'step' && event.step === before) abort.abort();
        return false;
      });
      expect(await refused(aborted)).toMatch(
        /^the training has diverged: in step \d+ tensor \S+ holds (NaN|-?Infinity)\./,
      );
      expect(checkpoints(third)).toEqual(['epoch-0000.safetensors']);
    });

    it('goes on with half the learning rates, again and again, and says so', async () => {
      const out = fresh();
      const seen = await events({ ...wild, out, onNan: 'lower-lr' });
      const { halvedAfter } = readRunConfig(out).config;
      expect(halvedAfter.length).toBeGreaterThan(0);
      expect(seen.filter(({ type }) => type === 'run')).toHaveLength(1 + halvedAfter.length);
      expect(seen.filter((event) => event.type === 'warning' && event.condition === 'not-finite')).toHaveLength(
        halvedAfter.length,
      );
      expect(seen.at(-1)).toMatchObject({ type: 'done', epochs: 3 });
      expectFinite(out);
      expect(timelessMetrics(out)).toHaveLength(3 * 5);
      // Its configuration repeats the run, without the detour.
      const { config, seed } = readRunConfig(out);
      const repeated = fresh();
      await events({ ...config, seed, limit: 64, threads: 1, device: device.name, out: repeated });
      expect(newestBytes(repeated).equals(newestBytes(out))).toBe(true);
      expect(timelessMetrics(repeated)).toEqual(timelessMetrics(out));
    });

    it('resumes with the bits of a run that was never stopped', async () => {
      const straight = fresh();
      await events({ ...wild, out: straight, onNan: 'lower-lr' });
      // It was stopped by an error and then told to go on: the metrics tell what happened.
      const stopped = fresh();
      await refused(events({ ...wild, out: stopped }));
      expect(await refused(events({ resume: stopped, device: device.name }))).toMatch(/^the training has diverged/);
      await events({ resume: stopped, device: device.name, onNan: 'lower-lr' });
      // The run was left after its rates were lowered: it remembers them, and what to do.
      const left = fresh();
      await events({ ...wild, out: left, onNan: 'lower-lr' }, ({ type }) => type === 'warning');
      await events({ resume: left, device: device.name }, (event) => event.type === 'step' && event.step === 2);
      await events({ resume: left, device: device.name }, ({ type }) => type === 'epoch');
      await events({ resume: left, device: device.name });
      for (const run of [stopped, left]) {
        expect(newestBytes(run).equals(newestBytes(straight))).toBe(true);
        expect(timelessMetrics(run)).toEqual(timelessMetrics(straight));
        expect(readRunConfig(run).config).toEqual(readRunConfig(straight).config);
      }
      // An earlier checkpoint belongs to the run and gives the same bits.
      const from = join(left, 'checkpoints', 'epoch-0000.safetensors');
      await events({ resume: left, from, device: device.name });
      expect(newestBytes(left).equals(newestBytes(straight))).toBe(true);
    });

    it('gives up when lower rates do not help', async () => {
      const out = fresh();
      let warnings = 0;
      const message = await refused(
        events({ ...wild, loss: 'ls', seed: 3, out, onNan: 'lower-lr' }, (event) => {
          warnings += event.type === 'warning' && event.condition === 'not-finite' ? 1 : 0;
          return false;
        }),
      );
      // The last time it does not say that it goes on.
      expect(warnings).toBe(4);
      expect(message).toMatch(
        /^the training has diverged again: in step \d+ .* got learning rates that were halved 4 times\. Start a new run with a much lower --lr\.$/,
      );
      expectFinite(out);
    });
  });

describe("a page's training", () => {
  it('that diverges ends with the reason, and hands out no checkpoint of it', async () => {
    const mnist = datasets.mnist().limit(160);
    const { name, count, height, width, channels } = mnist;
    const data = { name, count, height, width, channels, images: mnist.bytes(0, count) };
    const { limit: _, ...wild } = WILD;
    const run = await PageRun.open({ ...wild, data, device: 'wasm' });
    const types: string[] = [];
    const ended = (async () => {
      for await (const { type } of run.events()) types.push(type);
    })();
    expect(await refused(ended)).toMatch(/^the training has diverged: in step \d+ /);
    await run.finish();
    expect(types.filter((type) => type !== 'step')).toEqual(['run', 'picture']);
  });
});

describe('dcgan train', () => {
  it('exits with 1 and the command that goes on, which does', async () => {
    const cwd = temporaryFolder();
    const { device: name } = { device: TEST_DEVICES.find(({ missing }) => missing === null)!.name };
    const wild = JSON.stringify({
      preset: 'tiny',
      limit: 64,
      batchSize: 16,
      beta2: 0,
      learningRate: 1,
      seed: 2,
      epochs: 3,
    });
    const { writeFileSync } = await import('node:fs');
    writeFileSync(join(cwd, 'wild.json'), wild);
    const first = await dcgan(['train', '--config', 'wild.json', '--device', name, '--out', 'x'], { cwd });
    expect(first.code).toBe(1);
    expect(first.stderr).toMatch(/^dcgan: the training has diverged: .* dcgan train --resume x --on-nan lower-lr\.\n$/);
    const second = await dcgan(['train', '--resume', 'x', '--on-nan', 'lower-lr', '--device', name], { cwd });
    expect([second.code, second.stdout]).toEqual([
      0,
      expect.stringMatching(/^Note: .*: learning rates are halved after step 0\.$/m),
    ]);
    const { stdout } = await dcgan(['info', 'x'], { cwd });
    expect(stdout).toMatch(/^halvedAfter +0(, \d+)*$/m);
    const dry = await dcgan(['train', '--resume', 'x', '--dry-run'], { cwd });
    expect(dry.stdout).toMatch(/^halvedAfter +0(, \d+)*$/m);
  });
});
