import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cacheFolder } from '../src/platform/cache.ts';
import { finding, keepFinding } from '../src/platform/findings.ts';
import { onNotice } from '../src/platform/notices.ts';
import { isTrustedFile, readTrusted } from '../src/platform/trusted.ts';
import { IS_ROOT } from './support/cli.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'dcgan-test-'));
  vi.stubEnv('DCGAN_CACHE_DIR', join(root, 'own'));
  vi.stubEnv('XDG_CACHE_HOME', join(root, 'xdg'));
  vi.stubEnv('TMPDIR', join(root, 'tmp'));
  mkdirSync(join(root, 'tmp'));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

/** A file where a folder is expected: this is refused even for root, whom no permission stops. */
function block(name: string): void {
  writeFileSync(join(root, name), '');
}

test('the folder of DCGAN_CACHE_DIR comes first, and is created for nobody else', () => {
  expect(cacheFolder('native')).toEqual({ path: join(root, 'own', 'native'), kind: 'DCGAN_CACHE_DIR' });
  expect(statSync(join(root, 'own', 'native')).mode & 0o777).toBe(0o700);
});

test('without it, or where it cannot be made, the XDG cache follows', () => {
  block('own');
  expect(cacheFolder('native')).toEqual({ path: join(root, 'xdg', 'dcgan', 'native'), kind: 'XDG cache' });
  vi.stubEnv('DCGAN_CACHE_DIR', undefined);
  expect(cacheFolder('native').kind).toBe('XDG cache');
});

test('a relative XDG_CACHE_HOME is ignored, as its specification says', () => {
  vi.stubEnv('DCGAN_CACHE_DIR', undefined);
  vi.stubEnv('XDG_CACHE_HOME', 'here');
  vi.stubEnv('HOME', join(root, 'home'));
  expect(cacheFolder('native').path).toBe(join(root, 'home', '.cache', 'dcgan', 'native'));
  expect(existsSync('here')).toBe(false);
});

test('the temporary folder is last', () => {
  block('own');
  block('xdg');
  const { path, kind } = cacheFolder('native');
  expect(kind).toBe('temporary folder');
  expect(path.startsWith(join(root, 'tmp', 'dcgan-'))).toBe(true);
});

/** Notices said while `act` runs. */
function heard<T>(act: () => T): { readonly result: T; readonly said: readonly string[] } {
  const said: string[] = [];
  const undo = onNotice((text) => said.push(text));
  try {
    return { result: act(), said };
  } finally {
    undo();
  }
}

test.each([
  ['the folder itself', ['own/native'], 0o777],
  ['its group may write it', ['own/native'], 0o770],
  ['the folder above', ['own'], 0o777],
  ['a sticky folder that is to be the cache itself', ['own/native'], 0o1777],
])('a place where others could put code is passed over, and that is said: %s', (_, [open], mode) => {
  mkdirSync(join(root, 'own', 'native'), { recursive: true, mode: 0o700 });
  chmodSync(join(root, open!), mode);
  const { result, said } = heard(() => cacheFolder('native'));
  expect(result).toEqual({ path: join(root, 'xdg', 'dcgan', 'native'), kind: 'XDG cache' });
  expect(said).toEqual([
    expect.stringMatching(
      /^a cache folder is passed over, since others could put code there: .*own.* can be written by others \(mode .*xdg\/dcgan is used instead/,
    ),
  ]);
});

test('not one folder is made where somebody else may lead us', () => {
  mkdirSync(join(root, 'own'));
  chmodSync(join(root, 'own'), 0o777);
  heard(() => cacheFolder('native'));
  expect(readdirSync(join(root, 'own'))).toEqual([]);
});

test('a folder of our own in one like /tmp is trusted', () => {
  mkdirSync(join(root, 'shared'));
  chmodSync(join(root, 'shared'), 0o1777);
  vi.stubEnv('DCGAN_CACHE_DIR', join(root, 'shared', 'mine'));
  const { result, said } = heard(() => cacheFolder('native'));
  expect(result.kind).toBe('DCGAN_CACHE_DIR');
  expect(said).toEqual([]);
});

test.skipIf(!IS_ROOT)('what belongs to somebody else is not used, be it a folder, a link or above (needs root)', () => {
  const at = (name: string): string => join(root, name);
  vi.stubEnv('XDG_CACHE_HOME', at('xdg'));
  mkdirSync(at('shared'));
  chmodSync(at('shared'), 0o1777);
  mkdirSync(at('shared/theirs/cache/native'), { recursive: true });
  chownSync(at('shared/theirs'), 12345, 12345);
  mkdirSync(at('shared/planted/native'), { recursive: true });
  chownSync(at('shared/planted/native'), 12345, 12345);
  mkdirSync(at('good/native'), { recursive: true });
  symlinkSync(at('good'), at('shared/link'));
  lchownSync(at('shared/link'), 12345, 12345);
  mkdirSync(at('far/cache/native'), { recursive: true });
  chownSync(at('far'), 12345, 12345);
  symlinkSync(at('far/cache'), at('to theirs'));
  for (const place of ['shared/theirs/cache', 'shared/planted', 'shared/link', 'to theirs']) {
    vi.stubEnv('DCGAN_CACHE_DIR', at(place));
    const { result, said } = heard(() => cacheFolder('native'));
    expect(result.kind, place).toBe('XDG cache');
    expect(said, place).toEqual([expect.stringContaining('belongs to another user (12345)')]);
  }
  symlinkSync('good', at('my link'));
  vi.stubEnv('DCGAN_CACHE_DIR', at('my link'));
  expect(cacheFolder('native').kind).toBe('DCGAN_CACHE_DIR');
});

test('where no place can be trusted, a fresh folder serves this process alone', () => {
  for (const [name, mode] of [
    ['own', 0o777],
    ['xdg', 0o777],
    ['tmp', 0o1777],
  ] as const) {
    mkdirSync(join(root, name), { recursive: true });
    chmodSync(join(root, name), mode);
  }
  const known = join(root, 'tmp', `dcgan-${process.getuid!()}`);
  mkdirSync(known);
  chmodSync(known, 0o777);
  const { result, said } = heard(() => cacheFolder('native'));
  expect(result.kind).toBe('for this process only');
  expect(result.path).toMatch(/tmp\/dcgan-\d+-process-\w{6}\/native$/);
  expect(statSync(join(result.path, '..')).mode & 0o777).toBe(0o700);
  expect(said).toHaveLength(1);
  expect(cacheFolder('native').path).toBe(result.path);
});

test('where not even that is safe, there is no cache', () => {
  for (const name of ['own', 'xdg', 'tmp']) {
    mkdirSync(join(root, name), { recursive: true });
    chmodSync(join(root, name), 0o777);
  }
  chmodSync(root, 0o777);
  vi.stubEnv('TMPDIR', join(root, 'tmp'));
  const { result } = heard(() => cacheFolder('native'));
  // The system's own /tmp is left.
  expect(result.path).toMatch(/^\/tmp\/dcgan-\d+-process-/);
});

test('files are read when they are plain and nobody else can write them', () => {
  const file = join(root, 'file');
  writeFileSync(file, 'ours', { mode: 0o600 });
  expect(new TextDecoder().decode(readTrusted(file)!)).toBe('ours');
  expect(isTrustedFile(file)).toBe(true);
  symlinkSync(file, join(root, 'link'));
  mkdirSync(join(root, 'folder'));
  spawnSync('mkfifo', [join(root, 'pipe')]);
  for (const name of ['link', 'folder', 'pipe', 'nothing', 'file/below']) {
    expect(readTrusted(join(root, name)), name).toBeNull();
  }
  for (const name of ['link', 'folder', 'pipe', 'nothing']) expect(isTrustedFile(join(root, name)), name).toBe(false);
  chmodSync(file, 0o620);
  expect(readTrusted(file)).toBeNull();
  expect(isTrustedFile(file)).toBe(false);
});

test('a kept finding that others can write is not believed', async () => {
  await keepFinding('which', 7);
  expect(await finding('which')).toBe(7);
  chmodSync(join(root, 'own', 'findings', 'which.json'), 0o666);
  expect(await finding('which')).toBeUndefined();
});
