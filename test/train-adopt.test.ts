// A run that continues from a checkpoint file alone: it has the bits of a run that never stopped,
// and it is refused where the checkpoint does not belong to the data or options.
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newestCheckpoint } from '../src/checkpoint/files.ts';
import { checkpointsOf } from '../src/train/run.ts';
import { temporaryFolder } from './support/folders.ts';
import { type Said, say } from './support/main.ts';
import { events, isStep, newestBytes, SMALL } from './support/training.ts';

describe('a run from a checkpoint alone', () => {
  it('has the bits of one that never stopped, and can itself be resumed', async () => {
    const [straight, first, second] = ['a', 'b', 'c'].map((name) => join(temporaryFolder(), name)) as [
      string,
      string,
      string,
    ];
    await events({ ...SMALL, out: straight });
    await events({ ...SMALL, out: first }, isStep(4));
    const file = join(temporaryFolder(), 'somewhere else');
    copyFileSync(newestCheckpoint(checkpointsOf(first))!.path, file);
    const seen = await events({ resume: file, limit: SMALL.limit, out: second }, isStep(5));
    expect(seen[0]).toMatchObject({
      type: 'run',
      folder: second,
      seed: SMALL.seed,
      resumed: { path: file, epoch: 1, step: 4 },
    });
    expect(readdirSync(checkpointsOf(second))).toContain('epoch-0002-step-000004.safetensors');
    await events({ resume: second });
    expect(newestBytes(second).equals(newestBytes(straight))).toBe(true);
  });
});

describe('refused', () => {
  let cwd: string;
  let file: string;
  beforeAll(async () => {
    cwd = mkdtempSync(join(tmpdir(), 'dcgan-adopt-'));
    const out = join(cwd, 'run');
    await events({ ...SMALL, epochs: 1, out });
    file = newestCheckpoint(checkpointsOf(out))!.path;
  });
  afterAll(() => rmSync(cwd, { recursive: true, force: true }));

  it.each([
    ['--limit 40', /has all of its 1 epochs\. Ask for more epochs: --epochs N\./],
    [
      '--limit 50 --epochs 2',
      /was not trained on mnist: 50 images are 4 steps an epoch: expected 4 to 7 steps after 1 epochs, got 3\. Give the same/,
    ],
    ['--seed 3', /seed cannot change when a run is resumed\. Leave it out, or start a new run\./],
    ['--preset tiny', /preset cannot change/],
    ['--from x', /from chooses a checkpoint of a run, but resume names a checkpoint already/],
  ] as const)('%s', async (options, message) => {
    const { stderr, code } = await say(['train', '--resume', file, ...options.split(' '), '--out', 'new'], cwd);
    expect(stderr).toMatch(message);
    expect(code).toBeGreaterThan(0);
    expect(existsSync(join(cwd, 'new'))).toBe(false);
  });

  it('not: what it would do', async () => {
    const options = '--epochs 2 --limit 40 --dry-run --json'.split(' ');
    const { stdout } = await say(['train', '--resume', file, ...options], cwd);
    expect(JSON.parse(stdout)).toMatchObject({
      seed: SMALL.seed,
      stepsPerEpoch: 3,
      stepsLeft: 3,
      config: { epochs: 2, batchSize: 16 },
    });
    const dry = (...more: string[]): Promise<Said> => say(['train', '--resume', 'run', '--dry-run', ...more], cwd);
    const done = await dry();
    expect(done.stdout).toMatch(/^steps +3 an epoch, 3 in all, 0 left$/m);
    expect(done.stdout).toMatch(/^it takes +no time: all epochs are done$/m);
    const more = await dry('--epochs', '3');
    expect(more.stdout).toMatch(/^steps +3 an epoch, 9 in all, 6 left$/m);
    expect(more.stdout).toMatch(/^it takes +about .* for what is left \(/m);
    const again = await dry('--epochs', '3', '--from', 'epoch-0000');
    expect(again.stdout).toMatch(/^steps +3 an epoch, 9 in all$/m);
  });
});
