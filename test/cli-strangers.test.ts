// Files from strangers: their names put nothing outside the folders that are ours, and move no cursor. And outputs that
// would destroy what they lead to.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildPack, loadDataset } from '../src/data/load.ts';
import { encodeNpy } from '../src/data/npy.ts';
import { encodeHeader, type PackHeader } from '../src/data/pack-header.ts';
import { resolveConfig } from '../src/gan/config.ts';
import { DCGAN } from '../src/gan/dcgan.ts';
import { decodeSnapshot, encodeSnapshot } from '../src/gan/snapshot.ts';
import { cleanLines } from '../src/platform/text.ts';
import { readRunConfig } from '../src/train/run.ts';
import { dcgan } from './support/cli.ts';
import { workInFolders } from './support/folders.ts';
import { noisy, png } from './support/pictures.ts';

const folders = workInFolders('work/place');
const EVIL = 'x/../../../escaped\x1b]0;owned\x07\u202e';

/** A pack that nothing but its words tell from a good one. */
function evilPack(file: string): void {
  const images = Buffer.alloc(32 * 16 * 16).map((_, i) => (i * 7919) & 255);
  const labels = Buffer.alloc(32).map((_, i) => i % 2);
  const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  const header: PackHeader = {
    ...{ name: EVIL, count: 32, height: 16, width: 16, channels: 1, classes: [EVIL, `${EVIL}\nDone: 1 epoch`] },
    ...{ images: digest(images), labels: digest(labels), skipped: 0 },
    ...{ shaping: { fit: 'crop', background: '#fff' }, source: { path: EVIL, fingerprint: EVIL } },
  };
  writeFileSync(file, Buffer.concat([encodeHeader(header), images, labels]));
}

async function pictures(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < 4; i++) await png(noisy(16, i), `${folder}/${i}.png`);
}

/** Everything below the test's folder, but for the cache. */
const everything = (): string[] =>
  readdirSync(folders.path, { recursive: true, encoding: 'utf8' }).filter((name) => !name.startsWith('cache'));

test("a pack's name and classes reach neither other folders nor the terminal", async () => {
  evilPack('evil.pack');
  const train = [
    '--preset',
    'tiny',
    '--batch-size',
    '16',
    '--epochs',
    '1',
    '--seed',
    '1',
    '--device',
    'wasm',
    '--threads',
    '1',
  ];
  const trained = await dcgan(['train', '--data', 'evil.pack', ...train], { cwd: process.cwd() });
  const inspected = await dcgan(['data', 'inspect', 'evil.pack', '--json'], { cwd: process.cwd() });
  expect([trained.code, inspected.code]).toEqual([0, 0]);
  expect(readdirSync('runs')).toEqual(['00001-x-..-..-..-escaped-0-owned-tiny']);
  expect(everything().filter((name) => !/^work(\/place(\/(evil\.pack|sheet\.png|runs.*))?)?$/.test(name))).toEqual([]);
  const text = [trained.stdout, trained.stderr, inspected.stdout, inspected.stderr].join('');
  expect(text).toBe(cleanLines(text));
  expect(text).not.toMatch(/^Done: 1 epoch$/m);
});

test("a pack's name stays in the cache when it is packed again at another size", async () => {
  evilPack('evil.pack');
  await loadDataset('evil.pack', { size: 32 });
  expect(everything().sort()).toEqual(['work', 'work/place', 'work/place/evil.pack']);
  const packs = readdirSync(join(folders.path, 'cache', 'data')).filter((name) => name.endsWith('.pack'));
  expect(packs).toEqual([expect.stringMatching(/^x-\.\.-\.\.-\.\.-escaped-0-owned-[0-9a-f]{16}\.pack$/)]);
  expect(statSync(join(folders.path, 'cache', 'data', packs[0]!)).mode & 0o077).toBe(0);
});

test('a cached pack that others can write is made again', async () => {
  await pictures('p');
  const good = (await loadDataset('p', { size: 16 })).sha256;
  const cache = join(folders.path, 'cache', 'data');
  const [pack] = readdirSync(cache).filter((name) => name.endsWith('.pack'));
  writeFileSync(join(cache, pack!), 'planted');
  chmodSync(join(cache, pack!), 0o666);
  expect((await loadDataset('p', { size: 16 })).sha256).toBe(good);
  expect(statSync(join(cache, pack!)).mode & 0o077).toBe(0);
});

test("a checkpoint's words are checked: preset, unknown metadata, numbers", async () => {
  const gan = await DCGAN.create({ preset: 'tiny', seed: 1, device: 'reference' });
  const bytes = await gan.toBytes();
  await gan.dispose();
  const good = decodeSnapshot(bytes, 'x');
  const evil = encodeSnapshot({ ...good, config: { ...good.config, preset: EVIL } });
  expect(() => decodeSnapshot(evil, 'x')).toThrow(
    /^x: config: preset has an invalid value: expected up to 64 letters.*\\u001b/,
  );
  for (const preset of ['', '..', '.hidden', 'a/b', 'a\\b', 'a\0b', 'x'.repeat(65)])
    expect(
      () => decodeSnapshot(encodeSnapshot({ ...good, config: { ...good.config, preset } }), 'x'),
      preset,
    ).toThrow();
  const strange = { ...good, config: { ...good.config, plugin: 'evil.js' } } as typeof good;
  expect(() => decodeSnapshot(encodeSnapshot(strange), 'x')).toThrow('x: config: unknown key plugin');
  expect(() => decodeSnapshot(encodeSnapshot({ ...good, seed: '0x10' as unknown as number }), 'x')).toThrow(
    'seed has an invalid value',
  );
});

test("a run's config.json is checked as strictly", () => {
  const config = {
    ...{ format: 1, config: resolveConfig('tiny'), seed: 1 },
    ...{ data: { source: 'mnist', name: 'mnist', count: 60, sha256: '' }, contrast: 'fixed' },
    notes: { version: '1', device: 'native', variant: 'x' },
  };
  mkdirSync('run');
  const read = (change: object): unknown => {
    writeFileSync('run/config.json', JSON.stringify({ ...config, ...change }));
    return readRunConfig('run');
  };
  expect(read({})).toMatchObject({ seed: 1 });
  expect(() => read({ plugin: 'evil.js' })).toThrow(/run\/config\.json.*plugin/);
  expect(() => read({ config: { ...config.config, preset: '../x' } })).toThrow('run/config.json');
});

test('data are not written over, by whatever name: a link, a hard link, a picture of the folder', async () => {
  const cwd = process.cwd();
  writeFileSync(
    'digits.npy',
    encodeNpy(
      Uint8Array.from({ length: 4 * 256 }, (_, i) => i),
      [4, 16, 16],
    ),
  );
  const before = readFileSync('digits.npy');
  symlinkSync('.', 'link');
  symlinkSync('digits.npy', 'other.pack');
  linkSync('digits.npy', 'hard.pack');
  for (const output of [
    'digits.npy',
    './digits.npy',
    'link/digits.npy',
    'other.pack',
    'hard.pack',
    join(cwd, 'digits.npy'),
  ]) {
    await expect(buildPack('digits.npy', output), output).rejects.toThrow(`${output} would be written over itself`);
    expect(readFileSync('digits.npy').equals(before)).toBe(true);
  }
  await pictures('p/sub');
  symlinkSync('p', 'q');
  const picture = readFileSync('p/sub/1.png');
  for (const output of ['p/sub/1.png', 'q/sub/1.png'])
    await expect(buildPack('p', output), output).rejects.toThrow('would be written over');
  const inspected = await dcgan(['data', 'inspect', 'p', '-o', 'q/sub/1.png'], { cwd });
  expect(inspected.code).toBe(2);
  expect(readFileSync('p/sub/1.png').equals(picture)).toBe(true);
});

test('a pack is written through a link and into a device, which stay what they are', async () => {
  await pictures('p');
  mkdirSync('far');
  symlinkSync('far/real.pack', 'my.pack');
  await buildPack('p', 'my.pack');
  expect((await loadDataset('far/real.pack')).count).toBe(4);
  await buildPack('p', '/dev/null');
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  expect(readdirSync(join(folders.path, 'cache', 'data'))).toEqual([]);
});

test('that a cache is passed over is said', async () => {
  await pictures('p');
  const shared = join(folders.path, 'cache');
  mkdirSync(shared);
  chmodSync(shared, 0o777);
  const env = { DCGAN_CACHE_DIR: shared, XDG_CACHE_HOME: join(folders.path, 'mine') };
  const ended = await dcgan(['train', '--data', 'p', '--preset', 'tiny', '--size', '16', '--dry-run'], {
    cwd: process.cwd(),
    env,
  });
  expect(ended.code).toBe(0);
  expect(ended.stderr).toContain(
    `Note: a cache folder is passed over, since others could put code there: ${shared} can be`,
  );
  expect(readdirSync(shared)).toEqual([]);
});
