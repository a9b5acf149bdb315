// Temporary folders that are removed with their test.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, onTestFinished, vi } from 'vitest';

/** An empty folder for the running test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dcgan-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Gives each test of the file an empty working folder, or the folder `inner` in it. Packs go to
 * `cache` beside that.
 */
export function workInFolders(inner = ''): { readonly path: string } {
  let home: string;
  let folder: string;
  beforeEach(() => {
    home = process.cwd();
    folder = mkdtempSync(join(tmpdir(), 'dcgan-test-'));
    mkdirSync(join(folder, inner), { recursive: true });
    vi.stubEnv('DCGAN_CACHE_DIR', join(folder, 'cache'));
    process.chdir(join(folder, inner));
  });
  afterEach(() => {
    process.chdir(home);
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
  return {
    get path() {
      return folder;
    },
  };
}
