// The kernels compile for ARM's NEON with a cross compiler, with warnings as errors. No machine of
// that kind runs the tests.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { COMMON, contraction } from '../src/engine/backends/native/compiler.ts';
import { temporaryFolder } from './support/folders.ts';

const KERNELS = fileURLToPath(new URL('../kernels', import.meta.url));
const CC = 'aarch64-linux-gnu-gcc';
const WARNINGS = ['-Wall', '-Wextra', '-Werror'];

function isHere(): boolean {
  try {
    execFileSync(CC, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function compiles(args: readonly string[], unit: string, output: string): void {
  execFileSync(CC, [...COMMON, ...WARNINGS, contraction(unit), ...args, '-c', unit, '-o', output], { cwd: KERNELS });
}

const missing = isHere()
  ? ''
  : ` (skipped: ${CC} not found. apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross)`;
const UNITS = readdirSync(KERNELS).filter((name) => name.endsWith('.c'));

describe.skipIf(missing !== '')(`the kernels for NEON${missing}`, () => {
  it.each(UNITS)('%s compiles', { timeout: 300_000 }, (unit) => {
    compiles([], unit, join(temporaryFolder(), 'unit.o'));
  });

  it('is what they are compiled for', () => {
    const symbols = execFileSync(CC, [...COMMON, '-dM', '-E', '-include', 'vec.h', '-x', 'c', '/dev/null'], {
      cwd: KERNELS,
      encoding: 'utf8',
    });
    expect(symbols).toMatch(/^#define VECTOR_NAME "neon"$/m);
  });
});
