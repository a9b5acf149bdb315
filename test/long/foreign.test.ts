// The kernels on other systems, by emulation: those for ARM's NEON run under qemu-user, and those
// for Windows under wine. A C driver (foreign.c) runs the trials of the kernels' own suite by the
// kernels' pool, with 1 and 3 threads, and the plain interpreter says what is right. Wine is tried
// only where it and the compiler for it are installed, because they are large.
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { COMMON, contraction } from '../../src/engine/backends/native/compiler.ts';
import { controlWords } from '../../src/engine/control.ts';
import { encode } from '../../src/engine/encode.ts';
import { ATTACHED } from '../support/attached.ts';
import { TEST_DEVICES, withBackend } from '../support/devices.ts';
import { temporaryFolder } from '../support/folders.ts';
import { planOf } from '../support/plans.ts';
import { BROADCAST, CONVOLUTIONS, MANY_IMAGES, MOVES, POINTS, REDUCES, type Trial } from '../support/trials.ts';
import { relativeError, ulps } from '../support/values.ts';

const TRIALS: readonly Trial[] = [
  ...CONVOLUTIONS,
  MANY_IMAGES,
  ...ATTACHED.map((attachable) => attachable(true)),
  ...POINTS,
  ...REDUCES,
  BROADCAST,
  ...MOVES,
];
const KEY = { seed: 9876543210123, step: 2 ** 33 + 5 };
const CONTROL = 0;
/** The bound of test/kernels.test.ts for kernels that may fuse multiply and add. */
const BOUND = 1e-6;
const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const SYSTEMS = [
  {
    name: 'arm64 under qemu',
    packages: 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user',
    compiler: 'aarch64-linux-gnu-gcc',
    flags: ['-static', '-pthread'],
    variant: /neon/,
    runner: 'qemu-aarch64',
    optional: false,
  },
  {
    name: 'Windows on x64 under wine',
    packages: 'gcc-mingw-w64-x86-64-posix wine64',
    compiler: 'x86_64-w64-mingw32-gcc-posix',
    flags: ['-static', '-pthread', '-mno-avx', '-D__USE_MINGW_ANSI_STDIO=1'],
    variant: /./,
    runner: 'wine',
    optional: true,
  },
] as const;

const isHere = (program: string): boolean => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

/** A trial's arena before its run. A stray read turns a result into NaN. */
function arenaOf(trial: Trial): Float32Array {
  const arena = new Float32Array(trial.floats).fill(Number.NaN);
  for (const [address, data] of trial.inputs) arena.set(data, address);
  arena.set(new Float32Array(controlWords(KEY).buffer), CONTROL);
  return arena;
}

/** The trials as foreign.c reads them. */
function script(): Buffer {
  return Buffer.concat(
    TRIALS.flatMap((trial) => {
      const words = encode(planOf(trial.instructions, trial.floats));
      const header = Int32Array.of(words.length, trial.floats, CONTROL);
      return [header, words, arenaOf(trial)].map((part) => new Uint8Array(part.buffer));
    }),
  );
}

function resultsIn(arena: Float32Array, { results }: Trial): Float32Array {
  return Float32Array.from(results.flatMap(([address, length]) => [...arena.subarray(address, address + length)]));
}

/** The results of all trials in the bytes that foreign.c wrote. */
function resultsOf(bytes: Buffer): Float32Array[] {
  const all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  let next = 0;
  return TRIALS.map((trial) => {
    const arena = all.subarray(next, next + trial.floats);
    next += trial.floats;
    return resultsIn(arena, trial);
  });
}

const reference = TEST_DEVICES.find(({ name }) => name === 'reference')!;

/** The right results of all trials. */
function interpreted(): Promise<Float32Array[]> {
  return withBackend(reference, 0, 1, async (backend) => {
    const all: Float32Array[] = [];
    for (const trial of TRIALS) {
      const executable = await backend.compile(planOf(trial.instructions, trial.floats));
      await backend.write(0, arenaOf(trial));
      await backend.run(executable);
      all.push(resultsIn(await backend.read(0, trial.floats), trial));
    }
    return all;
  });
}

for (const { name, packages, compiler, flags, variant, runner, optional } of SYSTEMS) {
  const missing = [compiler, runner].filter((program) => !isHere(program));
  if (optional && missing.length > 0) continue;
  const suffix = missing.length > 0 ? ` (skipped: no ${missing.join(', ')}. apt-get install ${packages})` : '';
  describe.skipIf(suffix !== '')(`the kernels for ${name}${suffix}`, () => {
    it('give the results of the plain interpreter, the same with 1 and 3 threads', { timeout: 900_000 }, async () => {
      const folder = temporaryFolder();
      const units = readdirSync(at('kernels')).filter((file) => file.endsWith('.c'));
      const all = [...COMMON.filter((flag) => flag !== '-fPIC'), ...flags];
      const objects = units.map((unit) => {
        const object = join(folder, `${unit}.o`);
        execFileSync(compiler, [...all, contraction(unit), '-c', unit, '-o', object], { cwd: at('kernels') });
        return object;
      });
      const driver = join(folder, 'foreign.exe');
      execFileSync(compiler, [...all, at('test/long/foreign.c'), ...objects, '-o', driver]);
      const input = join(folder, 'in');
      writeFileSync(input, script());
      const env = { ...process.env, WINEPREFIX: join(folder, 'wine'), WINEDEBUG: '-all' };
      const made = ['1', '3'].map((threads) => {
        const output = join(folder, `out-${threads}`);
        const said = execFileSync(runner, [driver, input, output, threads], { encoding: 'utf8', env });
        expect(said).toMatch(new RegExp(`^${TRIALS.length} plans by `));
        expect(said).toMatch(variant);
        return readFileSync(output);
      });
      const [one, three] = made.map(resultsOf);
      const right = await interpreted();
      for (const [i, trial] of TRIALS.entries()) {
        expect(three![i], `${trial.name}: 1 and 3 threads`).toEqual(one![i]);
        const [got, want] = [one![i]!, right[i]!];
        if (POINTS.includes(trial))
          expect(Math.max(...got.map((value, k) => ulps(value, want[k]!))), trial.name).toBeLessThanOrEqual(3);
        else expect(relativeError(got, want), trial.name).toBeLessThan(trial.bound ?? BOUND);
      }
    });
  });
}
