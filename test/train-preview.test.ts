// images/preview.png: there while an epoch is under way, whole, for a hundredth of the time, and without a changed bit.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DCGAN } from '../src/gan/dcgan.ts';
import { makeFolder } from '../src/platform/durable.ts';
import { decodePng } from '../src/render/png.ts';
import { Preview } from '../src/train/preview.ts';
import { TEST_DEVICES } from './support/devices.ts';
import { temporaryFolder } from './support/folders.ts';
import { events, newestBytes, SMALL } from './support/training.ts';

const device = TEST_DEVICES.find(({ name, missing }) => missing === null && name !== 'reference')!.name;

it('is drawn when it is due, and skips what would cost more than a hundredth', async () => {
  const run = temporaryFolder();
  makeFolder(join(run, 'images'));
  const path = join(run, 'images', 'preview.png');
  const gan = await DCGAN.create({ preset: 'tiny', seed: 1, device });
  const clock = { now: 0, cost: 0 };
  const timed = new Proxy(gan, {
    get: (of, key) => {
      if (key === 'generate') clock.now += clock.cost;
      const value = Reflect.get(of, key, of) as unknown;
      return typeof value === 'function' ? value.bind(of) : value;
    },
  });
  const preview = new Preview(run, 10, 'fixed', () => clock.now);
  const drawnAt = async (milliseconds: number, cost: number): Promise<boolean> => {
    Object.assign(clock, { now: milliseconds, cost });
    const before = existsSync(path) ? statSync(path).ino : 0;
    await preview.draw(timed);
    return existsSync(path) && statSync(path).ino !== before;
  };
  expect(await drawnAt(9_000, 100)).toBe(false);
  expect(await drawnAt(10_000, 100)).toBe(true);
  expect(await drawnAt(15_000, 400)).toBe(false);
  expect(await drawnAt(20_200, 400)).toBe(true);
  // 500 ms so far, and the next is taken to cost 400: that is a hundredth of 90 seconds.
  expect(await drawnAt(60_000, 400)).toBe(false);
  expect(await drawnAt(89_000, 400)).toBe(false);
  expect(await drawnAt(90_100, 400)).toBe(true);
  expect(readdirSync(join(run, 'images'))).toEqual(['preview.png']);
  expect(decodePng(readFileSync(path), path)).toMatchObject({ channels: 1 });
  await gan.dispose();
});

it('changes nothing of a training', async () => {
  const folder = temporaryFolder();
  const [straight, run] = [join(folder, 'straight'), join(folder, 'run')];
  await events({ ...SMALL, epochs: 1, device, out: straight });
  await events({ ...SMALL, epochs: 1, device, out: run, preview: 1e-9 });
  expect(newestBytes(run).equals(newestBytes(straight))).toBe(true);
});
