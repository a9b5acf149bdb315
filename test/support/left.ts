// Files as a killed process leaves them behind.
import { spawnSync } from 'node:child_process';
import { temporaryPath } from '../../src/platform/temporary.ts';

/** The path of a temporary file in `folder` of a process of this machine that runs no more. */
export function leftBehind(folder: string, name: string): string {
  const { pid } = spawnSync(process.execPath, ['--version']);
  return temporaryPath(folder, name).replace(`.${process.pid}.`, `.${pid}.`);
}
