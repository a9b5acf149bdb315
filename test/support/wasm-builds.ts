// The script that builds the wasm kernels, in this repository and in copies of it.
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './folders.ts';
import { ROOT } from './pack.ts';

/** The output of the build script, and its exit code. */
export function buildWasm(option: string, root = ROOT): { code: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/build-wasm.mjs'), option], {
    encoding: 'utf8',
  });
  return { code: status, said: stdout + stderr };
}

/** Copies the kernels and the script into a folder of their own. */
export function copiedKernels(): string {
  const root = temporaryFolder();
  mkdirSync(join(root, 'scripts'));
  copyFileSync(join(ROOT, 'scripts/build-wasm.mjs'), join(root, 'scripts/build-wasm.mjs'));
  cpSync(join(ROOT, 'kernels'), join(root, 'kernels'), { recursive: true });
  return root;
}
