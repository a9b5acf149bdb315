// A throwaway environment of Python for tests that let other programs read what we write.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Python {
  /** Runs a program's text with arguments; returns what it prints. */
  run(program: string, ...args: readonly string[]): Promise<string>;
  remove(): void;
}

/** Makes an environment with packages from PyPI. */
export async function python(packages: readonly string[]): Promise<Python> {
  const folder = mkdtempSync(join(tmpdir(), 'dcgan-python-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    await run('python3', ['-m', 'venv', folder]);
    await run(join(folder, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages], {
      maxBuffer: 2 ** 26,
    });
  } catch (error) {
    remove();
    throw error;
  }
  return {
    async run(program, ...args) {
      const { stdout } = await run(join(folder, 'bin/python'), ['-c', program, ...args], { maxBuffer: 2 ** 26 });
      return stdout;
    },
    remove,
  };
}
