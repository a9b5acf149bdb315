// Which device `auto` takes, with made-up GPUs and measurements.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { chooseBest, type Surroundings } from '../src/engine/backends/auto.ts';
import { chooseDevice } from '../src/engine/backends/index.ts';
import { finding, keepFinding } from '../src/platform/findings.ts';
import { temporaryFolder } from './support/folders.ts';
import { ROOT } from './support/pack.ts';

const CARD = { name: 'acme turbo', hardware: true };

/**
 * A machine that has native. Its findings last as long as the test; `measured` lists what it was
 * asked to measure.
 */
function machine(given: Partial<Surroundings> & { readonly times?: Readonly<Record<string, number>> } = {}) {
  const measured: string[] = [];
  const findings = new Map<string, unknown>();
  const { times = { webgpu: 0.004, native: 0.07 }, ...rest } = given;
  const around: Surroundings = {
    processor: { device: 'native', reason: 'the fastest here', variant: 'avx2 gcc' },
    gpu: async () => CARD,
    work: () => 'the step',
    measure: async (device) => {
      measured.push(device);
      return times[device]!;
    },
    finding: async (name) => findings.get(name),
    keepFinding: async (name, value) => void findings.set(name, value),
    ...rest,
  };
  return { around, measured, findings };
}

describe('auto', () => {
  it('takes a GPU that is hardware and measured faster, says both numbers, and measures once', async () => {
    const { around, measured } = machine();
    const chosen = {
      device: 'webgpu',
      reason: 'measured faster: 0.00400 s a step on acme turbo, 0.0700 s on native',
      fallback: 'cpu',
    };
    expect(await chooseBest(around)).toEqual(chosen);
    expect(await chooseBest(around)).toEqual(chosen);
    expect(measured).toEqual(['webgpu', 'native']);
  });

  it('stays on the processor where the GPU is no faster', async () => {
    const { around } = machine({ times: { webgpu: 0.07, native: 0.07 } });
    expect(await chooseBest(around)).toEqual({
      device: 'native',
      reason: 'measured faster: 0.0700 s a step, 0.0700 s on the GPU acme turbo',
    });
  });

  it('says what a GPU needs that there may be, and measures nothing', async () => {
    const { around, measured } = machine({ gpu: async () => 'a GPU needs the npm package webgpu' });
    expect(await chooseBest(around)).toEqual({
      device: 'native',
      reason: 'the fastest here; a GPU needs the npm package webgpu',
    });
    expect(measured).toEqual([]);
  });

  it('never takes a software adapter, nor measures it', async () => {
    const { around, measured } = machine({ gpu: async () => ({ name: 'SwiftShader', hardware: false }) });
    expect(await chooseBest(around)).toEqual({
      device: 'native',
      reason: 'the fastest here; SwiftShader is a software adapter, which auto never takes',
    });
    expect(measured).toEqual([]);
  });

  it('says nothing of GPUs where there is none, and asks nothing about the step', async () => {
    const work = (): string => {
      throw new Error('asked');
    };
    const { around } = machine({ gpu: async () => null, work });
    expect(await chooseBest(around)).toEqual({ device: 'native', reason: 'the fastest here' });
  });

  it('measures again for another adapter, another driver, other kernels and another step', async () => {
    const { around, measured } = machine();
    await chooseBest(around);
    await chooseBest({ ...around, gpu: async () => ({ ...CARD, name: 'acme turbo driver 2' }) });
    await chooseBest({ ...around, processor: { ...around.processor, variant: 'avx512 gcc' } });
    await chooseBest({ ...around, work: () => 'another step' });
    expect(measured.length).toBe(8);
  });

  it('tries a GPU that fails, or takes the process with it, twice and no more', async () => {
    let tries = 0;
    const { around } = machine({
      measure: async () => {
        tries++;
        throw new Error('webgpu: the GPU was lost.');
      },
    });
    const failed = 'the fastest here; the GPU acme turbo failed when it was measured (webgpu: the GPU was lost)';
    expect((await chooseBest(around)).reason).toBe(failed);
    expect((await chooseBest(around)).reason).toBe(failed);
    expect(await chooseBest(around)).toEqual({
      device: 'native',
      reason: 'the fastest here; the GPU acme turbo failed twice when it was measured',
    });
    expect(tries).toBe(2);
  });

  it('measures again what was kept by halves', async () => {
    const { around, findings } = machine();
    await chooseBest(around);
    for (const broken of [null, 'text', { gpu: 1 }, { gpu: 'fast', processor: 1 }]) {
      for (const name of findings.keys()) findings.set(name, broken);
      expect((await chooseBest(around)).device).toBe('webgpu');
    }
  });

  it('is cpu where nothing is said of the work', async () => {
    expect(await chooseDevice('auto')).toEqual(await chooseDevice('cpu'));
  });
});

const card = ['/dev/dri', '/dev/nvidiactl', '/dev/dxg'].find((path) => existsSync(path));

it.skipIf(card)(`loads no GPU library where no card shows${card ? ` (skipped: ${card} is here)` : ''}`, async () => {
  const program = `
    const { DCGAN } = await import('./dist/index.js');
    const gan = await DCGAN.create({ preset: 'tiny' });
    const { sharedObjects } = process.report.getReport();
    console.log(JSON.stringify([gan.info.device, sharedObjects.filter((name) => /dawn|vulkan/.test(name))]));
    await gan.dispose();`;
  // This holds even where a driver is installed, as on many machines without a card.
  const env = { ...process.env, VK_ICD_FILENAMES: '/usr/lib/chromium/vk_swiftshader_icd.json' };
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program, '--input-type=module'], {
    cwd: ROOT,
    env,
  });
  const [device, loaded] = JSON.parse(stdout);
  expect(device).toMatch(/^(native|wasm)$/);
  expect(loaded).toEqual([]);
});

it('keeps findings in the cache, and does without one', async () => {
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('DCGAN_CACHE_DIR', temporaryFolder());
  expect(await finding('a')).toBe(undefined);
  await keepFinding('a', { gpu: 1 });
  expect(await finding('a')).toEqual({ gpu: 1 });
});
