// The packed package, once for all tests of it: what a person gets who installs it.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const run = promisify(execFile);
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Packs what is built into `folder`; its path. */
export async function pack(folder: string): Promise<string> {
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: ROOT,
  });
  const packed = JSON.parse(stdout) as [{ filename: string }] | Record<string, { filename: string }>;
  return join(folder, Object.values(packed)[0]!.filename);
}
