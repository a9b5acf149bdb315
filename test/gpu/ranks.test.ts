// Ranks that compute on a GPU: two of them come to the state of one process with both shards. They are parts of one
// process here and share its adapter; which card a rank takes of several is tested in train-ranks.test.ts.
import '../support/gpu.ts';
import { expect, it } from 'vitest';
import { resolveConfig } from '../../src/gan/config.ts';
import { Machine } from '../../src/gan/machine.ts';
import { valuesOf } from '../../src/gan/shards.ts';
import { ranksTogether } from '../support/ranks.ts';
import { values } from '../support/values.ts';

const NETWORKS = { imageSize: 16, latent: 6, generatorWidths: [8, 4, 4], discriminatorWidths: [4, 8] };
const config = resolveConfig('tiny', { ...NETWORKS, batchSize: 6, shards: 2 });

/** The state of each rank after two steps, the second one with fewer images. */
async function trained(count: number): Promise<Map<string, Float32Array>[]> {
  const open = ranksTogether(count).map((ranks) => Machine.open(config, { device: 'webgpu', threads: 1, ranks }));
  const machines = await Promise.all(open);
  // Ranks exchange in one order, so no step may begin before the last has ended.
  expect(machines.map(({ info }) => info.stepsAtOnce)).toEqual(machines.map(() => 1));
  await Promise.all(machines.map((machine) => machine.start(3)));
  for (const [i, reals] of [6, 5].entries()) {
    const images = values([reals, 16, 16, 1], i);
    const request = { seed: 7, step: i + 1, reals, outputs: [] };
    await Promise.all(machines.map((m) => m.step({ ...request, images: valuesOf(images, reals, m.held(reals)) })));
  }
  const states = await Promise.all(machines.map((machine) => machine.readState()));
  await Promise.all(machines.map((machine) => machine.dispose()));
  return states;
}

it('two ranks come to the state of one', async () => {
  const [alone] = await trained(1);
  for (const state of await trained(2)) expect(state).toEqual(alone);
});
