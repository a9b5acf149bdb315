// Failures of the disk during a run: each gives one clear error and exit code 1, and loses nothing.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { BIN, dcgan, IS_ROOT, SMALLEST, start, startProgram, UNSHARE } from './support/cli.ts';
import { temporaryFolder } from './support/folders.ts';
import { newestBytes, timelessMetrics } from './support/training.ts';

const REFUSED =
  /^dcgan: (\S+) can't be (created|written): (access is not permitted|the place is not writable).*\. .+\.\n$/;

it('a read-only folder', async () => {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, 'locked'));
  chmodSync(join(cwd, 'locked'), 0o555);
  const locked = IS_ROOT ? '/sys' : 'locked';
  const trained = await dcgan(['train', ...SMALLEST, '--out', `${locked}/run`], { cwd });
  expect(trained).toMatchObject({ code: 1, stdout: '' });
  expect(trained.stderr).toMatch(REFUSED);
  await dcgan(['train', ...SMALLEST, '--quiet', '--out', 'run'], { cwd });
  for (const output of ['x.png', 'x.npy', 'x/']) {
    const sampled = await dcgan(['sample', 'run', '-o', `${locked}/${output}`], { cwd });
    expect(sampled).toMatchObject({ code: 1, stdout: '' });
    expect(sampled.stderr).toMatch(REFUSED);
  }
});

it.skipIf(!UNSHARE)('a read-only file system, also where a folder is to be made in it', async () => {
  const cwd = temporaryFolder();
  const script = `mkdir disk && mount -t tmpfs -o ro none disk && cd disk && "$NODE" "$BIN" train ${SMALLEST.join(' ')}`;
  const { code, stderr } = await startProgram('unshare', [...UNSHARE!, 'sh', '-c', script], {
    cwd,
    env: { NODE: process.execPath, BIN },
  }).ended;
  expect([code, stderr]).toEqual([
    1,
    "dcgan: runs can't be created: the place is not writable: its file system is read-only (EROFS). Choose another folder.\n",
  ]);
});

it('a file where the folder is to be', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'x'), '');
  const { code, stderr } = await dcgan(['train', ...SMALLEST, '--out', 'x'], { cwd });
  expect([code, stderr]).toEqual([2, 'dcgan: x is a file: expected a new or empty folder. Choose another --out.\n']);
});

// Two checkpoints fit on the disk, a third does not. Where no file system can be mounted, a limit
// on the size of files, smaller than a checkpoint, takes the place of the full disk.
const FULL = UNSHARE
  ? {
      program: 'unshare',
      args: [...UNSHARE, 'sh', '-c'],
      disk: 'mount -t tmpfs -o size=3m none disk',
      limit: ':',
      space: 'mount -o remount,size=50m disk',
      message:
        /^dcgan: disk\/run\/\S+ can't be written: the disk is full \(ENOSPC\)\. Free some space, .*\. To go on: dcgan train --resume disk\/run\.$/m,
    }
  : {
      program: 'sh',
      args: ['-c'],
      disk: ':',
      limit: 'ulimit -f 1000',
      space: ':',
      message: /^dcgan: disk\/run\/\S+ can't be written: the file is larger than .* \(EFBIG\)\. .*\.$/m,
    };

it('a disk that fills up while training: what was saved stays, and the run goes on when there is space', async () => {
  const cwd = temporaryFolder();
  const script = `
    "$NODE" "$BIN" train ${SMALLEST.join(' ')} --epochs 4 --quiet --out straight
    mkdir disk && ${FULL.disk}
    "$NODE" "$BIN" train ${SMALLEST.join(' ')} --out disk/run
    (${FULL.limit}; "$NODE" "$BIN" train --resume disk/run --epochs 4)
    echo "full $?"
    ls -A disk/run
    ${FULL.space}
    "$NODE" "$BIN" info disk/run | head -1
    "$NODE" "$BIN" train --resume disk/run
    echo "then $?"
    cmp disk/run/checkpoints/epoch-0004.safetensors straight/checkpoints/epoch-0004.safetensors && echo same bits`;
  const { stdout, stderr } = await startProgram(FULL.program, [...FULL.args, script], {
    cwd,
    env: { NODE: process.execPath, BIN },
  }).ended;
  expect(stderr).toMatch(FULL.message);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stdout).toMatch(/^full 1$/m);
  expect(stdout).not.toContain('.tmp-');
  expect(stdout).toMatch(/epoch-0001\.safetensors, 1\.3 MB, checksum ok$/m);
  expect(stdout).toMatch(/^Done: 4 epochs in disk\/run$/m);
  expect(stdout).toMatch(/^then 0$/m);
  expect(stdout).toMatch(/^same bits$/m);
});

it('standard output on a full disk', async () => {
  const cwd = temporaryFolder();
  const env = { NODE: process.execPath, BIN };
  const line = `"$NODE" "$BIN" train ${SMALLEST.join(' ')} --out x > /dev/full; echo "code $?" >&2`;
  const { stderr } = await startProgram('sh', ['-c', line], { cwd, env }).ended;
  expect(stderr).toBe(
    "dcgan: standard output can't be written: the disk is full (ENOSPC). Free some space, or choose a folder on another disk.\ncode 1\n",
  );
  expect(readdirSync(join(cwd, 'x/checkpoints'))[0]).toBe('epoch-0000.safetensors');
});

it.each([24, 40, 80])('%i files that may be open at once are too few to read the program', async (files) => {
  const env = { NODE: process.execPath, BIN };
  const line = `ulimit -n ${files}; "$NODE" "$BIN" info`;
  const { code, stdout, stderr } = await startProgram('sh', ['-c', line], { cwd: temporaryFolder(), env }).ended;
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toBe(
    `dcgan: too many files are open: expected 256 or more to be allowed, got ${files}. Raise the limit: ulimit -n 1024\n`,
  );
});

it('a reader that goes away: why it stopped, and what goes on', async () => {
  const cwd = temporaryFolder();
  const env = { NODE: process.execPath, BIN };
  const line = `"$NODE" "$BIN" train ${SMALLEST.join(' ')} --limit 6400 --epochs 100 --out x | head -1`;
  const { stdout, stderr } = await startProgram('sh', ['-c', line], { cwd, env }).ended;
  expect(stdout).toMatch(/^Device: .*\n$/);
  expect(stderr).toMatch(
    /^Stopped after step \d+, because nobody reads the output any more \(EPIPE\); saved to x\/checkpoints\/\S+\. To go on:\n {2}.* train --resume x\n$/,
  );
});

it('an extractor that never ends: Ctrl-C stops it, and the run goes on as if it had not been there', async () => {
  const cwd = temporaryFolder();
  const network = fileURLToPath(new URL('golden/networks/endless.onnx', import.meta.url));
  const small = [...SMALLEST, '--device', 'wasm'];
  const judged = ['--evaluate-every', '1', '--extractor', network];
  const { child, ended } = start(['train', ...small, ...judged, '--out', 'run'], { cwd });
  const metrics = join(cwd, 'run/metrics.jsonl');
  while (!(existsSync(metrics) && readFileSync(metrics, 'utf8').includes('"type":"epoch"'))) await sleep(20);
  child.kill('SIGINT');
  const { code, stderr } = await ended;
  expect([code, stderr]).toEqual([130, expect.stringMatching(/To go on:\n {2}.* train --resume run\n$/)]);
  const resumed = await dcgan(['train', '--resume', 'run', '--evaluate-every', '0', '--device', 'wasm'], { cwd });
  expect([resumed.code, resumed.stderr]).toEqual([0, '']);
  expect((await dcgan(['train', ...small, '--out', 'straight'], { cwd })).code).toBe(0);
  expect(newestBytes(join(cwd, 'run')).equals(newestBytes(join(cwd, 'straight')))).toBe(true);
  expect(timelessMetrics(join(cwd, 'run'))).toEqual(timelessMetrics(join(cwd, 'straight')));
});

it.skipIf(!UNSHARE)('a full disk that is mounted at --out itself, and at the current folder', async () => {
  const cwd = temporaryFolder();
  const script = `
    mkdir disk && mount -t tmpfs -o size=64k none disk
    "$NODE" "$BIN" train ${SMALLEST.join(' ')} --out disk; echo "code $?"
    cd disk && "$NODE" "$BIN" train ${SMALLEST.join(' ')} --out .; echo "code $?"
    ls -A`;
  const { stdout, stderr } = await startProgram('unshare', [...UNSHARE!, 'sh', '-c', script], {
    cwd,
    env: { NODE: process.execPath, BIN },
  }).ended;
  expect(stdout).toBe('code 1\ncode 1\n');
  const lines = stderr.trimEnd().split('\n');
  expect(lines).toHaveLength(2);
  for (const line of lines)
    expect(line).toMatch(/^dcgan: \S+ can't be written: the disk is full \(ENOSPC\)\. Free some/);
});
