// The native kernels and their pool under GCC's sanitizers. Node itself is not instrumented:
// libasan is loaded before it, so that the library it compiles and loads may be. Memory of the
// arena then comes from calloc (kernels/pool.c), with guards around it.
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openNative } from '../../src/engine/backends/native/backend.ts';
import { COMMON, contraction } from '../../src/engine/backends/native/compiler.ts';
import { compile } from '../../src/engine/compile.ts';
import { controlWords } from '../../src/engine/control.ts';
import { encode } from '../../src/engine/encode.ts';
import type { Plan } from '../../src/engine/plan.ts';
import { resolveConfig } from '../../src/gan/config.ts';
import { makeModel, startComputation } from '../../src/gan/model.ts';
import type { ConfigOverrides } from '../../src/gan/schema.ts';
import { trainingStep } from '../../src/gan/step.ts';

const run = promisify(execFile);
const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The path of a library of GCC's, or null where it has none. */
function gccLibrary(name: string): string | null {
  const { stdout } = spawnSync('gcc', [`-print-file-name=${name}`], { encoding: 'utf8' });
  return stdout?.startsWith('/') ? stdout.trim() : null;
}

const [asan, ubsan, tsan] = ['libasan.so', 'libubsan.so', 'libtsan.so'].map(gccLibrary);
const linux = process.platform === 'linux';
const missing = !linux || !asan || !ubsan || !tsan ? 'it takes Linux and gcc with its sanitizers' : null;
const suffix = missing ? ` (skipped: ${missing})` : '';

let folder: string;
let compiler: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dcgan-sanitizers-'));
  compiler = join(folder, 'gcc');
  // The compiler itself runs without libasan, under which it would be slow. These flags come last,
  // so that they win: instrumented code at -O3 takes minutes to compile.
  const flags = '-O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all';
  writeFileSync(compiler, `#!/bin/sh\nunset LD_PRELOAD\nexec gcc "$@" ${flags}\n`, { mode: 0o700 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs Node with kernels under both sanitizers (address, undefined behaviour); returns its output. */
async function sanitized(args: readonly string[], defines = ''): Promise<string> {
  const { VITEST: _, VITEST_WORKER_ID: __, VITEST_POOL_ID: ___, ...environment } = process.env;
  const env = {
    ...environment,
    // Under CI a skip fails a run of vitest, and the suite of the kernels leaves other devices out.
    CI: '',
    CC: [compiler, defines].join(' ').trim(),
    DCGAN_CACHE_DIR: join(folder, 'cache'),
    LD_PRELOAD: `${asan} ${ubsan}`,
    ASAN_OPTIONS: 'detect_leaks=0:exitcode=99',
    UBSAN_OPTIONS: 'print_stacktrace=1:exitcode=99',
  };
  const { stdout, stderr } = await run(process.execPath, args, { env, cwd: at('.'), maxBuffer: 2 ** 26 });
  return stdout + stderr;
}

const FINDING = /runtime error|AddressSanitizer|ThreadSanitizer/;

describe.skipIf(missing)(`AddressSanitizer and UBSan find nothing${suffix}`, () => {
  const GOLDEN = ['scripts/golden.mjs', 'test/golden/tf2018-b8.safetensors', '--device', 'native'];

  it.each([
    ['direct', ''],
    ['fast', '-DWINO_LEAST=1'],
  ])('in the golden replay by %s convolutions', async (_, defines) => {
    const said = await sanitized(GOLDEN, defines);
    expect(said).not.toMatch(FINDING);
    expect(said.match(/^pass /gm)).toHaveLength(7);
  });

  it('in the suite of the kernels', async () => {
    const suite = ['test/kernels.test.ts', 'test/unknown-opcode.test.ts', '-t', 'native'];
    const said = await sanitized(['node_modules/vitest/vitest.mjs', 'run', ...suite]);
    expect(said).not.toMatch(FINDING);
    expect(said).toMatch(/^[1-9]\d* passed, 0 failed/m);
  });

  it('notices a kernel that writes past the arena', async () => {
    const script = join(folder, 'overrun.mjs');
    writeFileSync(
      script,
      `import { openNative } from ${JSON.stringify(at('dist/engine/backends/native/backend.js'))};
const backend = await openNative({ stateFloats: 0, threads: 1 });
const transpose = { kind: 'transpose', x: 16, y: 64, rows: 64, columns: 64 };
const none = new Map();
const plan = { name: 'overrun', precision: 'float32', stateFloats: 0, scratchFloats: 128, control: 0, inputs: none, injections: none, outputs: none, instructions: [transpose] };
await backend.run(await backend.compile(plan));
`,
    );
    await expect(sanitized([script])).rejects.toThrow('AddressSanitizer');
  });
});

/** A plan and a whole arena as test/long/pool.c reads them. */
async function dump(plan: Plan, arena: Float32Array, file: string): Promise<void> {
  const words = encode(plan);
  const header = Int32Array.of(words.length, plan.stateFloats, plan.scratchFloats, plan.control);
  writeFileSync(file, Buffer.concat([header, words, arena].map((part) => new Uint8Array(part.buffer))));
}

/** Dumps a step of the preset `tiny`, changed by `options`, after its initialization. */
async function dumpStep(options: ConfigOverrides, file: string): Promise<void> {
  const model = makeModel(resolveConfig('tiny', { ...options, batchSize: 13 }));
  const { floats } = model.layout;
  const start = compile(startComputation(model), model.layout);
  const step = compile(trainingStep(model, 13), model.layout);
  const backend = await openNative({ stateFloats: floats, threads: 1 });
  const key = controlWords({ seed: 3, step: 0 });
  const begin = await backend.compile(start);
  await backend.write(start.control, key);
  await backend.run(begin);
  const arena = new Float32Array(step.stateFloats + step.scratchFloats);
  arena.set(await backend.read(0, floats));
  await backend.dispose();
  arena.set(new Float32Array(key.buffer), step.control);
  for (const { address, shape } of step.inputs.values()) arena.fill(0.001, address, address + shape.reduce((a, b) => a * b, 1)); // biome-ignore format: short
  await dump(step, arena, file);
}

/** Layers whose channels fill no vector. */
const UNEVEN: ConfigOverrides = { channels: 3, generatorWidths: [15, 9, 6], discriminatorWidths: [5, 7], upsampling: 'nearest', r1: 1 }; // biome-ignore format: short
/** Flags for narrower vectors than this processor's: which values a thread reads depends on them. */
const NARROWER = [
  ['at most 256-bit', ['-mno-avx512f']],
  ['128-bit', ['-march=x86-64']],
] as const;

describe.skipIf(missing)(`ThreadSanitizer finds nothing${suffix}`, () => {
  it.each([["this processor's", []] as const, ...(process.arch === 'x64' ? NARROWER : [])])(
    'in the pool with %s vectors, over many steps of small trainings by 1 to 4 threads',
    async (_, narrower) => {
      const sources = readdirSync(at('kernels')).filter((name) => name.endsWith('.c'));
      const flags = [...COMMON, '-O1', '-g1', '-march=native', ...narrower, '-fsanitize=thread'];
      const objects = await Promise.all(
        sources.map(async (unit) => {
          const object = join(folder, `${unit}.o`);
          await run('gcc', [...flags, contraction(unit), '-c', unit, '-o', object], { cwd: at('kernels') });
          return object;
        }),
      );
      const driver = join(folder, 'pool');
      execFileSync('gcc', [...flags, at('test/long/pool.c'), ...objects, '-o', driver]);
      const file = join(folder, 'plan');
      const env = { ...process.env, TSAN_OPTIONS: 'halt_on_error=1:exitcode=99' };
      for (const [options, runs] of [
        [{}, 20],
        [UNEVEN, 2],
      ] as const) {
        await dumpStep(options, file);
        const { stdout, stderr } = await run(driver, [file, String(runs)], { env });
        expect(stderr).not.toMatch(FINDING);
        expect(stdout).toBe('the same bits\n');
      }
    },
  );
});
