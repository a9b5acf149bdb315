// The commands that examine the program and the machine: bench, verify-resume, doctor.
import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { firstDifference as differ } from '../src/cli/checks/difference.ts';
import { KERNEL_CHECKS, relativeError, TOLERANCE } from '../src/cli/checks/kernels.ts';
import { precisionText } from '../src/cli/checks/precision.ts';
import type { Speed } from '../src/cli/checks/speed.ts';
import { DEVICES } from '../src/engine/backends/backend.ts';
import { presets } from '../src/gan/presets.ts';
import type { Snapshot } from '../src/gan/snapshot.ts';
import { dcgan, start } from './support/cli.ts';
import { TEST_DEVICES } from './support/devices.ts';
import { temporaryFolder } from './support/folders.ts';

const AUTO = TEST_DEVICES.filter(({ name, missing }) => ['native', 'wasm'].includes(name) && missing === null);

it('bench prints exactly one JSON object', async () => {
  const { code, stdout, stderr } = await dcgan(
    ['bench', '--preset', 'tiny', '--steps', '4', '--threads', '2', '--json'],
    {
      cwd: temporaryFolder(),
    },
  );
  expect([code, stderr]).toEqual([0, '']);
  const seconds = { min: expect.any(Number), median: expect.any(Number), max: expect.any(Number) };
  const report = JSON.parse(stdout);
  expect(report).toEqual({
    device: expect.stringMatching(/^(native|wasm)$/),
    threads: 2,
    preset: 'tiny',
    precision: 'float32',
    batch: 64,
    steps: 4,
    secondsPerStep: seconds,
    imagesPerSecond: expect.any(Number),
    gflopsPerSecond: expect.any(Number),
    machine: {
      cpu: expect.any(String),
      cores: expect.any(Number),
      node: process.version,
      variant: expect.any(String),
    },
  });
  const { min, median, max } = report.secondsPerStep;
  expect(min <= median && median <= max && min > 0).toBe(true);
  expect(report.imagesPerSecond).toBeCloseTo(64 / median, 3);
  expect(report.gflopsPerSecond).toBeCloseTo(0.8293 / median, 0);
});

it('verify-resume passes on each device that may be taken by itself', async () => {
  const { code, stdout, stderr } = await dcgan(['verify-resume', '--json'], { cwd: temporaryFolder() });
  expect([code, stderr]).toEqual([0, '']);
  const checks = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(checks.map(({ device }) => device)).toEqual(AUTO.map(({ name }) => name));
  for (const check of checks)
    expect(check).toMatchObject({ difference: null, steps: 16, interruptedAfterSteps: [3, 8, 14], tensors: 55 });
});

it('verify-resume leaves nothing behind when Ctrl-C ends it', async () => {
  const cwd = temporaryFolder();
  const env = { TMPDIR: cwd };
  const { child, ended } = start(['verify-resume', '--limit', '20000'], { cwd, env });
  await expect.poll(() => readdirSync(cwd).length, { timeout: 60_000 }).toBe(1);
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ signal: 'SIGINT', stdout: '', stderr: '' });
  expect(readdirSync(cwd)).toEqual([]);
});

it('verify-resume would name the first difference', () => {
  const firstDifference = (a: Snapshot, b: Snapshot): string | null =>
    differ(a, b, { first: 'straight', second: 'interrupted' });
  const state = (change: (values: Float32Array) => void = () => {}): Snapshot => {
    const data = Float32Array.of(1, 0, 3);
    change(data);
    const tensors = new Map([['generator/base', { shape: [3], data }]]);
    return { config: presets.tiny, seed: 1, step: 16, epoch: 2, tensors };
  };
  expect(firstDifference(state(), state())).toBe(null);
  const nan = state((values) => values.fill(Number.NaN));
  expect(firstDifference(nan, nan)).toBe(null);
  const changed = state((values) => values.set([3.0000002], 2));
  expect(firstDifference(state(), changed)).toBe(
    'tensor generator/base, index 2: 3 straight, 3.000000238418579 interrupted',
  );
  // They are equal as numbers but differ as bits.
  const zero = state((values) => values.set([-0], 1));
  expect(firstDifference(state(), zero)).toMatch(/^tensor generator\/base, index 1/);
  expect(firstDifference(state(), { ...state(), step: 15 })).toBe('step: 16 straight, 15 interrupted');
  expect(firstDifference(state(), { ...state(), tensors: new Map() })).toBe(
    'tensor generator/base: 3 values straight, none interrupted',
  );
});

it('doctor finds every kernel right and times the best device', async () => {
  const { code, stdout, stderr } = await dcgan(['doctor', '--json'], { cwd: temporaryFolder() });
  expect([code, stderr]).toEqual([0, '']);
  const report = JSON.parse(stdout);
  expect(report.devices.map(({ device }: { device: string }) => device)).toEqual([...DEVICES]);
  for (const { device, ok, kernels, reason, todo, bf16 } of report.devices) {
    if (device === 'reference') continue;
    if (device === 'native' && ok)
      expect(bf16).toEqual(
        bf16.ok
          ? { ok: true, variant: expect.stringMatching(/^avx512 bf16 (amx )?\S+ [0-9a-f]{12}$/) }
          : { ok: false, reason: expect.stringContaining('AVX512-BF16') },
      );
    if (ok) expect(kernels).toMatchObject({ passed: KERNEL_CHECKS.map(({ name }) => name), problems: [] });
    else expect([reason, todo]).toEqual([expect.any(String), expect.any(String)]);
  }
  expect(report.speed).toMatchObject({ device: AUTO[0]!.name, preset: 'tf2018', batch: 256, precision: 'float32' });
  const hasBf16 = report.devices.some(({ bf16 }: { bf16?: { ok: boolean } }) => bf16?.ok);
  if (hasBf16) expect(report.bf16Speed).toMatchObject({ device: 'native', precision: 'bf16', batch: 256 });
  else expect(report.bf16Speed).toBe(null);
});

it('doctor says which precision to take, by what it measured', () => {
  const speed = (median: number) => ({ secondsPerStep: { min: median, median, max: median } }) as Speed;
  expect(precisionText(speed(0.2), speed(0.08))).toBe(
    'in bf16: 0.080 s a step, 0.40 of the time in float32: "--precision bf16" is worth it where rounded operands are good enough (docs/options.md)',
  );
  expect(precisionText(speed(0.2), speed(0.256))).toBe(
    'in bf16: 0.256 s a step, 1.28 of the time in float32: stay with float32, which is the default',
  );
});

it("doctor's comparison lets no NaN, no other length and no small error pass", () => {
  const right = Float32Array.of(1, 2, 3);
  expect(relativeError(right, right)).toBe(0);
  for (const wrong of [
    [1, 2, Number.NaN],
    [1, 2],
    [1, 2, 3.001],
    [1, 2, Number.POSITIVE_INFINITY],
  ])
    expect(relativeError(Float32Array.from(wrong), right)).toBeGreaterThan(TOLERANCE);
});

it('doctor --plan prints a plan', async () => {
  const { code, stdout } = await dcgan(['doctor', '--plan', 'tiny'], { cwd: temporaryFolder() });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^plan step on 64 reals: \d+ instructions, float32, \d+\.\d MB\n/);
});
