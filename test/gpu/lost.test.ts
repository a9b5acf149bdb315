// A GPU that is lost in mid-training, in Node. With `auto`, which the test makes take the software
// adapter, the run goes on on the processor from its last checkpoint. With the device's name it
// ends with an error that says how to go on.
import '../support/gpu.ts';
import { join } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { openDataset } from '../../src/data/open.ts';
import { openGpu } from '../../src/engine/backends/webgpu/adapter.ts';
import { nodeGpu, webGpuAvailability } from '../../src/engine/backends/webgpu/node.ts';
import type { TrainEvent } from '../../src/train/events.ts';
import type { TrainOptions } from '../../src/train/run-options.ts';
import { train } from '../../src/train/train.ts';
import { dcgan } from '../support/cli.ts';
import { temporaryFolder } from '../support/folders.ts';
import { events, SMALL, timelessMetrics } from '../support/training.ts';

vi.mock('../../src/platform/findings.ts', () => import('../support/gpu-wins.ts'));
vi.mock('../../src/engine/backends/webgpu/node.ts', async (load) => ({
  ...(await load<object>()),
  likelyGpu: async () => ({ name: 'pretended', hardware: true }),
}));

beforeEach(async () => expect(await webGpuAvailability()).toMatchObject({ ok: true }));

/**
 * All events of a training whose GPU is lost after step `at`, and the error that ended it, if any.
 */
async function loseAt(at: number, options: TrainOptions): Promise<{ seen: TrainEvent[]; error: unknown }> {
  const seen: TrainEvent[] = [];
  let lost = false;
  try {
    for await (const event of train(options)) {
      seen.push(event);
      if (lost || event.type !== 'step' || event.step !== at) continue;
      lost = true;
      const { device } = await openGpu((await nodeGpu())!);
      device.destroy();
      await device.lost;
    }
    return { seen, error: null };
  } catch (error) {
    return { seen, error };
  }
}

it('goes on from the last checkpoint: by itself where auto took the GPU, else by the way that the error names', async () => {
  const out = join(temporaryFolder(), 'run');
  const named = await loseAt(4, { ...SMALL, limit: 48, data: openDataset(), device: 'webgpu', out });
  expect((named.error as Error).message).toMatch(
    /^webgpu: the GPU was lost: got device was destroyed\. Go on from the last checkpoint: (npx )?dcgan train --resume; on the processor with --device cpu\.$/,
  );
  const onCpu = await events({ resume: out, device: 'cpu' }, ({ type }) => type === 'epoch');
  expect(onCpu[0]).toMatchObject({ type: 'run', resumed: { epoch: 1, step: 3 } });

  const { seen, error } = await loseAt(8, { resume: out });
  expect(error).toBe(null);
  const runs = seen.filter((event) => event.type === 'run');
  expect(runs.map(({ info }) => info.device)).toEqual(['webgpu', expect.stringMatching(/^(native|wasm)$/)]);
  expect(runs[0]!.info.reason).toMatch(/^measured faster: 1\.00 s a step on pretended, 2\.00 s on (native|wasm)$/);
  expect(runs[1]!.notes.join()).toContain('this run was on webgpu');
  const warning = seen.find(({ type }) => type === 'warning');
  expect(warning).toEqual({
    type: 'warning',
    condition: 'gpu-failed',
    step: 8,
    since: 8,
    seen: 'webgpu: the GPU was lost (got device was destroyed)',
    help: 'The training continues on the processor from its last checkpoint',
  });
  expect(seen.indexOf(warning!)).toBe(seen.indexOf(runs[1]!) - 1);
  const steps = seen.filter((event) => event.type === 'step').map(({ step }) => step);
  expect(steps).toEqual([7, 8, 7, 8, 9]);
  expect(seen.at(-1)).toMatchObject({ type: 'done', epochs: 3 });
  // The files on disk describe one run, with each step once.
  const lines = timelessMetrics(out) as { type: string; step: number }[];
  expect(lines.filter(({ type }) => type === 'step').map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

it('verify-resume passes', async () => {
  const words = ['verify-resume', '--device', 'webgpu', '--limit', '48', '--batch-size', '16', '--json'];
  const { code, stdout, stderr } = await dcgan(words, { cwd: temporaryFolder() });
  expect([code, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout)).toMatchObject({ device: 'webgpu', difference: null, interruptedAfterSteps: [2, 3, 6] });
});
