// `kill -9` at any moment: whatever is called a checkpoint is whole, the run can always go on, and ends with the bits of a
// run that was never killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { decodeSnapshot } from '../src/gan/snapshot.ts';
import { TEST_DEVICES } from './support/devices.ts';
import { temporaryFolder } from './support/folders.ts';
import { newestBytes } from './support/training.ts';

const CHILD = fileURLToPath(new URL('support/train-child.mjs', import.meta.url));
const device = TEST_DEVICES.find(({ missing }) => missing === null)!.name;

function start(run: string): { child: ChildProcess; ended: Promise<number | null> } {
  const child = spawn(process.execPath, [CHILD, run, device], { stdio: 'ignore' });
  return { child, ended: new Promise((resolve) => child.on('exit', resolve)) };
}

const isWriting = (run: string): boolean =>
  existsSync(run) && readdirSync(run).some((name) => name.startsWith('.tmp-'));

/** Every file that bears a checkpoint's name decodes, checksum and all. */
function checkAll(run: string): number {
  const folder = join(run, 'checkpoints');
  if (!existsSync(folder)) return 0;
  const names = readdirSync(folder);
  for (const name of names) decodeSnapshot(readFileSync(join(folder, name)), name);
  return names.length;
}

/** Lets the run go on until `when` holds, then kills it; false when it ended first. */
async function killWhen(run: string, when: (milliseconds: number) => boolean): Promise<boolean> {
  const { child, ended } = start(run);
  const began = performance.now();
  let over = false;
  void ended.then(() => {
    over = true;
  });
  while (!over && !when(performance.now() - began)) await sleep(when.length === 0 ? 0 : 1);
  child.kill('SIGKILL');
  return (await ended) === null;
}

it('20 kills, before the first epoch ends and while a checkpoint is written among them, change nothing', async () => {
  const folder = temporaryFolder();
  const [straight, run] = [join(folder, 'straight'), join(folder, 'run')];
  expect(await start(straight).ended).toBe(0);

  // As early as there is something to resume, then in the middle of the first epoch.
  let kills = 0;
  if (await killWhen(run, () => existsSync(join(run, 'config.json')))) kills++;
  checkAll(run);
  if (await killWhen(run, () => existsSync(join(run, 'metrics.jsonl')))) kills++;
  expect(existsSync(join(run, 'checkpoints', 'epoch-0001.safetensors'))).toBe(false);
  let whileWriting = 0;
  let seed = 12345;
  for (let attempt = 0; kills < 20 && attempt < 60; attempt++) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    const after = 250 + ((seed >>> 8) % 350);
    // Every other kill waits for a file that is being written.
    const when = attempt % 2 === 0 ? (ms: number) => ms > after : () => isWriting(run);
    if (!(await killWhen(run, when))) break;
    kills++;
    if (isWriting(run)) whileWriting++;
    expect(checkAll(run)).toBeGreaterThan(0);
  }
  expect(whileWriting).toBeGreaterThan(0);
  expect(await start(run).ended).toBe(0);
  checkAll(run);
  expect(readdirSync(run).filter((name) => name.startsWith('.tmp-'))).toEqual([]);
  expect(newestBytes(run).equals(newestBytes(straight))).toBe(true);
  expect(kills).toBe(20);
}, 240_000);
