// Findings that took time and hold for this machine, such as which device is faster: JSON by name in the cache folder. Only
// a cache: what cannot be read or written is found again. findings-page.ts is the same for pages.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { temporaryPath } from './durable.ts';
import { parseJson } from './json.ts';

const FOLDER = 'findings';

/** What `keepFinding` was given under this name, or undefined. */
export async function finding(name: string): Promise<unknown> {
  try {
    return parseJson(readFileSync(join(cacheFolder(FOLDER).path, `${name}.json`), 'utf8'));
  } catch {
    return undefined;
  }
}

/** Keeps a finding, for processes to come too where there is a place. */
export async function keepFinding(name: string, value: unknown): Promise<void> {
  try {
    const { path } = cacheFolder(FOLDER);
    const temporary = temporaryPath(path, name);
    writeFileSync(temporary, JSON.stringify(value));
    renameSync(temporary, join(path, `${name}.json`));
  } catch {}
}
