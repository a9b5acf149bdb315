// The committed kernels match their sources, which hashes show. Changes are noticed. They are built again in
// test/long/wasm-artefact.test.ts.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildWasm, copiedKernels } from './support/wasm-builds.ts';

describe('the builds in kernels/wasm', () => {
  it('belong to the sources beside them', () => {
    expect(buildWasm('--stale')).toEqual({ code: 0, said: '' });
  });

  it('are known to be stale when a source changed', () => {
    const root = copiedKernels();
    appendFileSync(join(root, 'kernels/vec.h'), '\n');
    expect(buildWasm('--stale', root)).toEqual({
      code: 1,
      said: 'build-wasm: kernels/wasm/dcgan.wasm is older than its sources or flags. Rebuild it: "npm run wasm".\n',
    });
  });

  it.each(['dcgan.wasm', 'dcgan-relaxed.wasm', 'dcgan-generate.wasm'])(
    'are known to be other files when a byte changed: %s',
    (name) => {
      const root = copiedKernels();
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
    const root = copiedKernels();
    writeFileSync(join(root, 'kernels/wasm/dcgan.wasm.json'), '{');
    expect(buildWasm('--stale', root)).toEqual({
      code: 1,
      said: 'build-wasm: kernels/wasm/dcgan.wasm.json is missing or broken. Build it: "npm run wasm".\n',
    });
  });
});
