// Packs the package once for all tests of it, as a person who installs it gets it.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const run = promisify(execFile);
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Packs the package in `from`, by default the build, into `folder`; returns the package's path. */
export async function pack(folder: string, from: string = ROOT): Promise<string> {
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: from,
  });
  const packed = JSON.parse(stdout) as [{ filename: string }] | Record<string, { filename: string }>;
  return join(folder, Object.values(packed)[0]!.filename);
}
