// Keeps findings that took time and hold for this machine, such as which device is faster. They are
// JSON files in the cache folder. This is only a cache: a finding that can't be read or written is
// determined again. findings-page.ts does the same for pages.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { parseJson } from './json.ts';
import { temporaryPath } from './temporary.ts';
import { readTrusted } from './trusted.ts';

const FOLDER = 'findings';

/** Returns the value that `keepFinding` stored under this name, or undefined. */
export async function finding(name: string): Promise<unknown> {
  try {
    const bytes = readTrusted(join(cacheFolder(FOLDER).path, `${name}.json`));
    return bytes === null ? undefined : parseJson(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** Keeps a finding, also for later processes where it can be stored. */
export async function keepFinding(name: string, value: unknown): Promise<void> {
  try {
    const { path } = cacheFolder(FOLDER);
    const temporary = temporaryPath(path, name);
    writeFileSync(temporary, JSON.stringify(value), { mode: 0o600, flag: 'wx' });
    renameSync(temporary, join(path, `${name}.json`));
  } catch {}
}
