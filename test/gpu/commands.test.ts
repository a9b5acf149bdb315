// The commands that describe a GPU: doctor and bench.
import '../support/gpu.ts';
import { expect, it } from 'vitest';
import { KERNEL_CHECKS } from '../../src/cli/checks/kernels.ts';
import { dcgan } from '../support/cli.ts';
import { temporaryFolder } from '../support/folders.ts';

it('doctor shows adapter, driver, limits, features and measured speed, and every kernel right', async () => {
  const { code, stdout, stderr } = await dcgan(['doctor', '--json'], { cwd: temporaryFolder() });
  expect([code, stderr]).toEqual([0, '']);
  const { devices, speed } = JSON.parse(stdout);
  const { ok, kernels, gpu } = devices.find(({ device }: { device: string }) => device === 'webgpu');
  expect([ok, kernels.problems, kernels.passed.length]).toEqual([true, [], KERNEL_CHECKS.length]);
  expect(gpu).toEqual({
    adapter: expect.stringMatching(/./),
    driver: expect.stringMatching(/./),
    hardware: expect.any(Boolean),
    limits: {
      maxBufferSize: expect.any(Number),
      maxStorageBufferBindingSize: expect.any(Number),
      maxComputeWorkgroupStorageSize: expect.any(Number),
      maxComputeInvocationsPerWorkgroup: expect.any(Number),
      maxComputeWorkgroupsPerDimension: expect.any(Number),
    },
    features: {
      subgroups: expect.any(Boolean),
      'shader-f16': expect.any(Boolean),
      'timestamp-query': expect.any(Boolean),
    },
    subgroups: gpu.features.subgroups ? { least: expect.any(Number), most: expect.any(Number) } : null,
    gflopsPerSecond: expect.any(Number),
    gigabytesPerSecond: expect.any(Number),
  });
  expect(gpu.gflopsPerSecond).toBeGreaterThan(0);
  expect(gpu.gigabytesPerSecond).toBeGreaterThan(0);
  if (!gpu.hardware) expect(speed.device).toMatch(/^(native|wasm)$/);
});

it('bench times a step on it', async () => {
  const words = ['bench', '--device', 'webgpu', '--preset', 'tiny', '--batch-size', '8', '--steps', '2'];
  const { code, stdout, stderr } = await dcgan(words, { cwd: temporaryFolder() });
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^device +webgpu \(.+\)/m);
  expect(stdout).toMatch(/^seconds a step +\d+\.\d{4} median/m);
});
