// A training that is killed by SIGKILL again and again: every file that is named as a checkpoint is
// whole, the run can always be resumed, and it ends with the bits and the metrics of a run that was
// never killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { decodeSnapshot } from '../../src/gan/snapshot.ts';
import { temporaryFolder } from './folders.ts';
import { newestBytes, timelessMetrics } from './training.ts';

const CHILD = fileURLToPath(new URL('train-child.mjs', import.meta.url));

function start(run: string, device: string, epochs: number): { child: ChildProcess; ended: Promise<number | null> } {
  const child = spawn(process.execPath, [CHILD, run, device, String(epochs)], { stdio: 'ignore' });
  return { child, ended: new Promise((resolve) => child.on('exit', resolve)) };
}

/** Checkpoints that are still being written, by their temporary names. */
const beingWritten = (run: string): string[] =>
  existsSync(run)
    ? readdirSync(run).filter((name) => /^\.tmp-[0-9a-f]{8}\.[\d.]+-[0-9a-f]{8}-epoch-.*\.safetensors$/.test(name))
    : [];

/** Every file with a checkpoint's name decodes, checksum included. */
function checkAll(run: string): number {
  const folder = join(run, 'checkpoints');
  if (!existsSync(folder)) return 0;
  const names = readdirSync(folder);
  for (const name of names) decodeSnapshot(readFileSync(join(folder, name)), name);
  return names.length;
}

/** Lets the run go on until `when` holds, then kills it; returns false when it ended first. */
async function killWhen(
  run: string,
  device: string,
  epochs: number,
  when: (milliseconds: number) => boolean,
): Promise<boolean> {
  const { child, ended } = start(run, device, epochs);
  const began = performance.now();
  let over = false;
  void ended.then(() => {
    over = true;
  });
  while (!over && !when(performance.now() - began)) await sleep(1);
  child.kill('SIGKILL');
  return (await ended) === null;
}

/**
 * Kills a training `most` times on a device.
 * @param epochs of the training, which must not end before
 */
export async function killedAgainAndAgain(device: string, most: number, epochs: number): Promise<void> {
  const folder = temporaryFolder();
  const [straight, run] = [join(folder, 'straight'), join(folder, 'run')];
  expect(await start(straight, device, epochs).ended).toBe(0);

  // The first kill comes as soon as there is something to resume, the next in the first epoch.
  expect(await killWhen(run, device, epochs, () => existsSync(join(run, 'config.json')))).toBe(true);
  checkAll(run);
  expect(await killWhen(run, device, epochs, () => existsSync(join(run, 'metrics.jsonl')))).toBe(true);
  expect(existsSync(join(run, 'checkpoints', 'epoch-0001.safetensors'))).toBe(false);
  expect(checkAll(run)).toBe(1);

  let whileWriting = 0;
  let seed = 12345;
  for (let kills = 2; kills < most; kills++) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    const after = 300 + ((seed >>> 8) % 300);
    // Every other kill waits for a checkpoint that is being written, and ignores what the last kill
    // left.
    const old = beingWritten(run);
    const isWriting = (): boolean => beingWritten(run).some((name) => !old.includes(name));
    const when = kills % 2 === 0 ? (ms: number) => ms > after : isWriting;
    expect(await killWhen(run, device, epochs, when)).toBe(true);
    if (isWriting()) whileWriting++;
    expect(checkAll(run)).toBeGreaterThan(0);
  }
  expect(whileWriting).toBeGreaterThan(0);
  expect(await start(run, device, epochs).ended).toBe(0);
  checkAll(run);
  expect(readdirSync(run).filter((name) => name.startsWith('.tmp-'))).toEqual([]);
  expect(newestBytes(run).equals(newestBytes(straight))).toBe(true);
  expect(timelessMetrics(run)).toEqual(timelessMetrics(straight));
}
