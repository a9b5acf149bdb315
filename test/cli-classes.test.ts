// Classes keep their names from folders to pictures: in the run, its checkpoints, `info`, and in --class.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { DCGAN } from '../src/gan/dcgan.ts';
import { readSnapshot } from '../src/gan/snapshot-file.ts';
import { npy, npz } from './support/arrays.ts';
import { sharedFolder } from './support/cli.ts';
import { type Said, say } from './support/main.ts';
import { noisy, png } from './support/pictures.ts';

const shared = sharedFolder();
process.env.DCGAN_CACHE_DIR = join(shared.path, 'cache');
const run = (...args: string[]): Promise<Said> => say([...args, '--device', 'wasm'], shared.path);
const TINY = ['--cond', '--preset', 'tiny', '--epochs', '1', '--batch-size', '8', '--seed', '1'];

describe('a run on folders', () => {
  let trained: Said;
  beforeAll(async () => {
    for (const [i, name] of ['parrots', 'cats', 'dogs'].entries()) {
      mkdirSync(join(shared.path, 'pets', name), { recursive: true });
      for (const k of [0, 1, 2]) await png(noisy(16, 3 * i + k), join(shared.path, 'pets', name, `${k}.png`));
    }
    trained = await run('train', '--data', 'pets', ...TINY, '--out', 'run');
  });

  it('says and records what its classes are called', async () => {
    expect(trained.code).toBe(0);
    expect(trained.stdout).toContain('Note: the classes are 0 cats, 1 dogs, 2 parrots.');
    const config = JSON.parse(readFileSync(join(shared.path, 'run/config.json'), 'utf8'));
    expect(config.data.classes).toEqual(['cats', 'dogs', 'parrots']);
    const checkpoint = join(shared.path, 'run/checkpoints/epoch-0001.safetensors');
    expect(readSnapshot(checkpoint).classNames).toEqual(['cats', 'dogs', 'parrots']);
    expect((await say(['info', 'run'], shared.path)).stdout).toMatch(/class names +0 cats, 1 dogs, 2 parrots\n/);
  });

  it('makes a class by its name or its number, and lists them where there is no such class', async () => {
    await run('sample', 'run', '--class', 'dogs', '--seed', '3', '-o', 'named.npy');
    const rows = await run('sample', 'run', '--class', '1', '--seed', '3', '-o', 'numbered.npy');
    expect(rows.code).toBe(0);
    const [named, numbered] = ['named.npy', 'numbered.npy'].map((file) => readFileSync(join(shared.path, file)));
    expect(named!.equals(numbered!)).toBe(true);
    const wrong = await run('sample', 'run', '--class', 'dog', '-o', 'no.npy');
    expect(wrong).toMatchObject({
      code: 2,
      stderr:
        'dcgan: --class names no class of this model: expected one of 0 cats, 1 dogs, 2 parrots, got dog. Did you mean dogs?\n',
    });
  });
});

it('a class without images is said, and has no row of its own', async () => {
  const images = npy(
    '|u1',
    [16, 16, 16],
    Uint8Array.from({ length: 4096 }, (_, i) => (i * 7) % 256),
  );
  const labels = npy(
    '|u1',
    [16],
    Uint8Array.from({ length: 16 }, (_, i) => 1 + (i % 2)),
  );
  writeFileSync(join(shared.path, 'gap.npz'), npz({ x_train: images, y_train: labels }));
  const trained = await run('train', '--data', 'gap.npz', ...TINY, '--out', 'gap');
  expect(trained.stdout).toContain('Note: the data have no image of class 0.');
  const sampled = await run('sample', 'gap', '-o', 'gap.npy');
  expect(sampled.stdout).toMatch(/^20 samples of .*\nrows: 0 \(without images\), 1 1, 2 2\n$/);
  const refused = await run('sample', 'gap', '--class', '0', '-o', 'no.npy');
  expect(refused).toMatchObject({ code: 2 });
  expect(refused.stderr).toContain('the data had no image of class 0');
  const between = await run('interpolate', 'gap', '--seeds', '1,2', '-o', 'gap.png');
  expect(between.stdout).toContain('nothing is drawn of class 0, of which the data had no image\n');
  const gan = await DCGAN.load(join(shared.path, 'gap/checkpoints/epoch-0001.safetensors'), { device: 'wasm' });
  const noise = await gan.sampleNoise(3, 4);
  expect(await gan.generate(noise)).toEqual(await gan.generate(noise, { classes: [1, 2, 1] }));
  await expect(gan.generate(noise, { classes: 0 })).rejects.toThrow('the data had no image of class 0, so nothing was');
  await gan.dispose();
});
