// Programs that this one starts end in time, and with it.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test, vi } from 'vitest';
import { runChild } from '../src/platform/child.ts';
import { temporaryFolder } from './support/folders.ts';

test('says how a program ended and what it said', async () => {
  const run = (script: string) => runChild(['/bin/sh', '-c', script], { limitMs: 60_000 });
  expect(await run('echo out; echo err >&2')).toMatchObject({
    ok: true,
    stdout: 'out\n',
    stderr: 'err\n',
    signal: null,
  });
  expect(await run('exit 3')).toMatchObject({ ok: false, signal: null, late: false });
  expect(await run('kill -ILL $$')).toMatchObject({ ok: false, signal: 'SIGILL' });
  expect((await run('head -c 3000000 /dev/zero')).stdout.length).toBe(2 ** 20);
  const missing = await runChild(['/no/such/program'], { limitMs: 60_000 });
  expect(missing.ok).toBe(false);
  expect(missing.stderr + missing.failure).toMatch(/not found|no such/i);
});

test('what does not end is killed, with all that it started', async () => {
  const ended = await runChild(['/bin/sh', '-c', 'sleep 1000 & echo $!; wait'], { limitMs: 500 });
  expect(ended).toMatchObject({ ok: false, late: true });
  await vi.waitFor(() => expect(runs(Number(ended.stdout))).toBe(false), 10_000);
});

test('a program ends with the one that started it, even when that is killed', async () => {
  const folder = temporaryFolder();
  const note = join(folder, 'pid');
  const source = pathToFileURL(join(import.meta.dirname, '../dist/platform/child.js')).href;
  const text = `
    import { runChild } from ${JSON.stringify(source)};
    await runChild(['/bin/sh', '-c', 'sleep 1000 & echo $! > ${note}.part; mv ${note}.part ${note}; wait'], { limitMs: 1e6 });`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', text], { stdio: 'ignore' });
  await vi.waitFor(() => expect(existsSync(note)).toBe(true), 60_000);
  const pid = Number(readFileSync(note, 'utf8'));
  expect(runs(pid)).toBe(true);
  parent.kill('SIGKILL');
  await vi.waitFor(() => expect(runs(pid)).toBe(false), 20_000);
});

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !(existsSync(`/proc/${pid}/status`) && /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')));
  } catch {
    return false;
  }
}
