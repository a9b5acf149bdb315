import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cacheFolder } from '../src/platform/cache.ts';

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

test('the temporary folder is last, and refused when others could put code there', () => {
  block('own');
  block('xdg');
  const { path, kind } = cacheFolder('native');
  expect(kind).toBe('temporary folder');
  expect(path.startsWith(join(root, 'tmp', 'dcgan-'))).toBe(true);

  chmodSync(join(path, '..'), 0o777);
  expect(() => cacheFolder('native')).toThrow(
    /^no folder for the cache can be written: expected .*own\/native \(ENOTDIR\).*someone else\)\. Set DCGAN_CACHE_DIR/,
  );
});
