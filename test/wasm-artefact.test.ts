// The committed kernels match their sources. Hashes always show it; where the compiler is
// installed, they are built again, also from another folder. Changes are noticed.
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './support/folders.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The output of the build script, and its exit code. */
function buildWasm(option: string, root = ROOT): { code: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/build-wasm.mjs'), option], {
    encoding: 'utf8',
  });
  return { code: status, said: stdout + stderr };
}

/** Copies the kernels and the script into a folder of their own. */
function copied(): string {
  const root = temporaryFolder();
  mkdirSync(join(root, 'scripts'));
  copyFileSync(join(ROOT, 'scripts/build-wasm.mjs'), join(root, 'scripts/build-wasm.mjs'));
  cpSync(join(ROOT, 'kernels'), join(root, 'kernels'), { recursive: true });
  return root;
}

const missing = ['clang-19', 'wasm-ld-19'].filter((tool) => {
  try {
    execFileSync(tool, ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return true;
  }
});
const INSTALL = `(skipped: ${missing.join(', ')} not found. apt-get install clang-19 lld-19)`;

describe('the builds in kernels/wasm', () => {
  it('belong to the sources beside them', () => {
    expect(buildWasm('--stale')).toEqual({ code: 0, said: '' });
  });

  it.skipIf(missing.length > 0)(
    `are what their sources give, in any folder${missing.length > 0 ? INSTALL : ''}`,
    () => {
      for (const root of [ROOT, copied()]) {
        const { code, said } = buildWasm('--check', root);
        expect(said).toMatch(
          /^dcgan\.wasm: \d+ bytes.*\ndcgan-relaxed\.wasm: \d+ bytes.*\ndcgan-generate\.wasm: \d+ bytes/,
        );
        expect(code).toBe(0);
      }
    },
  );

  it('are known to be stale when a source changed', () => {
    const root = copied();
    appendFileSync(join(root, 'kernels/vec.h'), '\n');
    expect(buildWasm('--stale', root)).toEqual({
      code: 1,
      said: 'build-wasm: kernels/wasm/dcgan.wasm is older than its sources or flags. Rebuild it: "npm run wasm".\n',
    });
  });

  it.each(['dcgan.wasm', 'dcgan-relaxed.wasm', 'dcgan-generate.wasm'])(
    'are known to be other files when a byte changed: %s',
    (name) => {
      const root = copied();
      const file = join(root, 'kernels/wasm', name);
      const bytes = readFileSync(file);
      bytes[bytes.length - 1]! ^= 1;
      writeFileSync(file, bytes);
      expect(buildWasm('--stale', root)).toEqual({
        code: 1,
        said: `build-wasm: kernels/wasm/${name} is not the file its record describes. Rebuild it: "npm run wasm".\n`,
      });
    },
  );

  it('need a record', () => {
    const root = copied();
    writeFileSync(join(root, 'kernels/wasm/dcgan.wasm.json'), '{');
    expect(buildWasm('--stale', root)).toEqual({
      code: 1,
      said: 'build-wasm: kernels/wasm/dcgan.wasm.json is missing or broken. Build it: "npm run wasm".\n',
    });
  });
});
