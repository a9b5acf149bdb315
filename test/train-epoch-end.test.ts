// The estimate of a training counts what the end of an epoch writes. What is measured is therefore
// what a training does: the same files, as often forced to the disk, of the same size.
import { basename, join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { openDataset } from '../src/data/open.ts';
import { resolveConfig } from '../src/gan/config.ts';
import { DCGAN } from '../src/gan/dcgan.ts';
import { measureEpochEnd } from '../src/train/epoch-end.ts';
import { temporaryFolder } from './support/folders.ts';
import { events, SMALL } from './support/training.ts';

// What reaches the disk: each fsync, with the name of its file and the bytes that it has.
const seen = vi.hoisted(() => ({ names: new Map<number, string>(), synced: [] as string[] }));

vi.mock('node:fs', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs')>();
  return {
    ...real,
    openSync: (path: string, flags: string, mode?: number) => {
      const fd = real.openSync(path, flags, mode);
      seen.names.set(fd, String(path));
      return fd;
    },
    fsyncSync: (fd: number) => {
      const path = seen.names.get(fd) ?? '';
      const stat = real.fstatSync(fd);
      seen.synced.push(stat.isDirectory() ? 'a folder' : kindOf(path, stat.size));
      real.fsyncSync(fd);
    },
  };
});

/** Names a file by its kind. Sizes of lines and pictures differ by their numbers, states do not. */
function kindOf(path: string, size: number): string {
  if (path.includes('safetensors')) return `a state of ${Math.round(size / 1000)} kB`;
  return path.includes('png') ? 'a picture' : path.includes('metrics') ? 'lines' : basename(path);
}

const device = 'wasm';

it('forces the same to the disk as the end of an epoch does', async () => {
  const cache = temporaryFolder();
  vi.stubEnv('DCGAN_CACHE_DIR', cache);
  const out = join(temporaryFolder(), 'run');
  const atEnd: string[][] = [];
  await events({ ...SMALL, device, threads: 1, out }, (event) => {
    if (event.type === 'step') seen.synced = [];
    if (event.type === 'epoch') atEnd.push(seen.synced.splice(0));
    return false;
  });
  const { limit, batchSize } = SMALL;
  const gan = await DCGAN.create({
    ...resolveConfig('tiny', { batchSize, epochs: 3 }),
    seed: SMALL.seed,
    device,
    threads: 1,
  });
  try {
    seen.synced = [];
    const seconds = await measureEpochEnd(gan, openDataset('mnist').limit(limit));
    expect(seconds).toBeGreaterThan(0);
  } finally {
    await gan.dispose();
    vi.unstubAllEnvs();
  }
  const last = atEnd.at(-1)!;
  expect(seen.synced.length % last.length).toBe(0);
  expect(seen.synced.slice(-last.length).sort()).toEqual(last.sort());
  expect(atEnd.at(-1)).toEqual(expect.arrayContaining(['a picture', 'lines', expect.stringMatching(/^a state of /)]));
});
