// `dcgan train` as a process: what it prints and leaves on disk, how it stops, and how it resumes.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { BIN, dcgan, SMALLEST, start, startProgram } from './support/cli.ts';
import { temporaryFolder } from './support/folders.ts';
import { newestBytes } from './support/training.ts';

/** A run long enough to be interrupted: a hundred steps. */
const HUNDRED = ['--preset', 'tiny', '--limit', '6400', '--epochs', '1', '--seed', '11'] as const;

describe('a training', () => {
  it('in a pipe: plain lines; pictures, checkpoints and a film on disk', async () => {
    const cwd = temporaryFolder();
    const { code, stdout, stderr } = await dcgan(['train', ...SMALLEST], { cwd });
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^Device: (native|wasm) \(.+\), \d+ threads?: .+$/);
    expect(lines[1]).toBe('Run: runs/00001-mnist-tiny, preset tiny, seed 7, 128 images of mnist, 1 epoch of 2 steps');
    expect(lines[2]).toBe('A picture after each epoch: runs/00001-mnist-tiny/images.');
    expect(lines[3]).toMatch(/^Time taken for epoch 1 is \d+\.\d\d sec$/);
    expect(lines[4]).toMatch(
      /^ {2}generator loss \d\.\d+, discriminator loss \d\.\d+, D\(x\) 0\.\d\d, D\(G\(z\)\) 0\.\d\d$/,
    );
    expect(lines.slice(5)).toEqual([
      'Done: 1 epoch in runs/00001-mnist-tiny',
      'Film: runs/00001-mnist-tiny/dcgan.gif  (dcgan show runs/00001-mnist-tiny --gif plays it here)',
    ]);
    expect(stdout).not.toContain('\x1b');
    const run = join(cwd, 'runs/00001-mnist-tiny');
    expect(readdirSync(join(run, 'images')).sort()).toEqual(['image_at_epoch_0001.png', 'initial.png', 'reals.png']);
    expect(readdirSync(join(run, 'checkpoints'))).toEqual(['epoch-0000.safetensors', 'epoch-0001.safetensors']);
    expect(readFileSync(join(run, 'dcgan.gif')).subarray(0, 6).toString()).toBe('GIF89a');
  });

  it('without a compiler runs on wasm and says why', async () => {
    const cwd = temporaryFolder();
    const { code, stdout } = await dcgan(['train', ...SMALLEST], { cwd, env: { PATH: cwd, CC: '' } });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Device: wasm \(simd128 .*native cannot run here \(no C compiler was found .*Install one/);
  });

  it('--json: every event is a line of standard output, and nothing else is', async () => {
    const cwd = temporaryFolder();
    const { code, stdout, stderr } = await dcgan(['train', ...SMALLEST, '--json', '--out', 'x'], { cwd });
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(events.map(({ type }) => type)).toEqual([
      'run',
      'picture',
      'step',
      'step',
      'picture',
      'checkpoint',
      'epoch',
      'done',
    ]);
    expect(events[1]).toEqual({
      type: 'picture',
      epoch: 0,
      path: 'x/images/initial.png',
      width: 488,
      height: 488,
      channels: 1,
    });
    expect(stderr).toMatch(/^Device: /);
  });

  it('--quiet: only the folder; a random seed is recorded', async () => {
    const cwd = temporaryFolder();
    const args = ['train', '--preset', 'tiny', '--limit', '64', '--epochs', '1', '--quiet', '--out', 'q'];
    expect(await dcgan(args, { cwd })).toMatchObject({ code: 0, stdout: 'q\n', stderr: '' });
    const { seed } = JSON.parse(readFileSync(join(cwd, 'q/config.json'), 'utf8'));
    expect(Number.isSafeInteger(seed)).toBe(true);
  });

  it("a run's config.json repeats it to the bit; a finished run says that it is finished", async () => {
    const cwd = temporaryFolder();
    await dcgan(['train', ...SMALLEST, '--out', 'a'], { cwd });
    const again = await dcgan(['train', '--config', 'a/config.json', '--out', 'b'], { cwd });
    expect(again.code).toBe(0);
    expect(newestBytes(join(cwd, 'b')).equals(newestBytes(join(cwd, 'a')))).toBe(true);
    const { code, stdout } = await dcgan(['train', '--resume', 'a'], { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain('a is finished: 1 epoch. --epochs N with a larger N goes on.\n');
    const refused = await dcgan(['train', '--resume', 'a', '--seed', '8'], { cwd });
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(/^dcgan: --seed cannot change when a run is resumed: expected 7, got 8\./);
  });
});

describe('Ctrl-C', () => {
  it('once: saves, exits with 130, and prints the command that goes on to the same bits', async () => {
    const cwd = temporaryFolder();
    const { child, ended, until } = start(['train', ...HUNDRED, '--json', '--out', 'my run'], { cwd });
    await until(/"type":"step","step":3/);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toContain('Finishing the step and saving; Ctrl-C again stops at once.\n');
    const { step } = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
    expect(step).toBeLessThan(100);
    expect(existsSync(join(cwd, 'my run', 'dcgan.gif'))).toBe(false);
    const command = stderr.trimEnd().split('\n').at(-1)!.trim();
    expect(command).toBe("dcgan train --resume 'my run'");
    const resumed = await startProgram(
      'sh',
      ['-c', `node() { "$NODE" "$@"; }; ${command.replace('dcgan', 'node "$BIN"')}`],
      {
        cwd,
        env: { NODE: process.execPath, BIN },
      },
    ).ended;
    expect(resumed.code).toBe(0);
    expect(resumed.stdout).toContain(`Goes on after epoch 0, step ${step}, from `);
    await dcgan(['train', ...HUNDRED, '--quiet', '--out', 'straight'], { cwd });
    expect(newestBytes(join(cwd, 'my run')).equals(newestBytes(join(cwd, 'straight')))).toBe(true);
  });

  it('twice: stops at once, in the middle of a step', async () => {
    const cwd = temporaryFolder();
    const long = ['train', '--batch-size', '1024', '--limit', '4096', '--threads', '1', '--json', '--out', 'x'];
    const { child, ended, until } = start(long, { cwd });
    await until(/"type":"picture"/);
    child.kill('SIGINT');
    await until(/Ctrl-C again stops at once/);
    await setTimeout(500);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: null, signal: 'SIGINT' });
    expect(readdirSync(join(cwd, 'x/checkpoints'))).toEqual(['epoch-0000.safetensors']);
  });

  it('handed on by npx a moment later is still one Ctrl-C', async () => {
    const cwd = temporaryFolder();
    const { child, ended, until } = start(['train', ...HUNDRED, '--json', '--out', 'x'], {
      cwd,
      env: { npm_command: 'exec' },
    });
    await until(/"type":"step"/);
    child.kill('SIGINT');
    await setTimeout(5);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/\n {2}npx dcgan train --resume x\n$/);
  });
});

it('Ctrl-C before training began, a compiler at work, leaves nothing', async () => {
  const cwd = temporaryFolder();
  const compiler = join(cwd, 'slow-cc');
  writeFileSync(compiler, '#!/bin/sh\n: > asked\nexec sleep 5\n', { mode: 0o755 });
  const { child, ended } = start(['train', ...HUNDRED, '--out', 'x'], { cwd, env: { CC: compiler } });
  while (!existsSync(join(cwd, 'asked'))) await setTimeout(20);
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ code: 130, stdout: '', stderr: 'Stopped before training began.\n' });
  expect(existsSync(join(cwd, 'x'))).toBe(false);
});

it.each([
  ['SIGTERM', 143],
  // This is what closing a terminal sends.
  ['SIGHUP', 129],
] as const)('%s saves and exits with %i', async (signal, exitCode) => {
  const cwd = temporaryFolder();
  const { child, ended, until } = start(['train', ...HUNDRED, '--json', '--out', 'x'], { cwd });
  await until(/"type":"step"/);
  child.kill(signal);
  const { code, stdout } = await ended;
  expect(code).toBe(exitCode);
  const last = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
  expect(last.type).toBe('interrupted');
  expect(existsSync(join(cwd, last.path))).toBe(true);
});

it('a reader that goes away ends it quietly, and it has saved', async () => {
  const cwd = temporaryFolder();
  const { child, ended, until } = start(['train', ...HUNDRED, '--json', '--out', 'x'], { cwd });
  await until(/"type":"step"/);
  child.stdout!.destroy();
  const { code, stderr } = await ended;
  expect(code).toBe(1);
  expect(stderr).not.toContain('dcgan: ');
  expect(readdirSync(join(cwd, 'x/checkpoints')).at(-1)).toMatch(/^epoch-0001-step-\d+\.safetensors$/);
});
