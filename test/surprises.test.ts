// What the engine and the library do in silence where a person may expect an error or something else. The list is ranked: what
// can spoil a training unseen comes first, what only looks odd comes last. Each test asserts what happens today. A change that
// makes one of them fail is welcome where it is meant; then the test says the new answer.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Dataset } from '../src/data/dataset.ts';
import { opener } from '../src/engine/backends/index.ts';
import { compile } from '../src/engine/compile.ts';
import type { Tensor } from '../src/engine/graph.ts';
import { layoutState, type StateLayout } from '../src/engine/layout.ts';
import { add, normal, scale, sub, variable } from '../src/engine/ops/index.ts';
import { Session } from '../src/engine/session.ts';
import { DCGAN } from '../src/gan/dcgan.ts';
import { decodeSnapshot } from '../src/gan/snapshot.ts';
import { temporaryFolder } from './support/folders.ts';
import { values } from './support/values.ts';

const BATCH = 4;
const images = (seed: number): Float32Array => values([BATCH, 28, 28, 1], seed);
const models: DCGAN[] = [];

async function model(seed = 5): Promise<DCGAN> {
  const gan = await DCGAN.create({ preset: 'tiny', batchSize: BATCH, seed, device: 'wasm', threads: 1 });
  models.push(gan);
  return gan;
}

afterAll(async () => {
  for (const gan of models) await gan.dispose();
});

describe('1. spoils a training', () => {
  // The device sees float32 alone; looking at every value would cost a walk over each batch.
  it('a step takes images of 0 to 255 as they are, although [-1, 1] is wanted', async () => {
    const gan = await model();
    const bright = images(1).map((value) => 127.5 * (value + 1));
    await expect(gan.step(bright)).resolves.toMatchObject({ realScore: expect.any(Number) });
    expect(gan.steps).toBe(1);
  });

  // A model does not look at its numbers; `train` does, with every step.
  it('a step on an image that is not a number makes the state one, and tells it only by its losses', async () => {
    const gan = await model();
    const broken = images(1);
    broken[0] = Number.NaN;
    expect((await gan.step(broken)).discriminatorLoss).toBeNaN();
    const state = [...(await gan.tensors()).values()];
    expect(state.some(({ data }) => data.some(Number.isNaN))).toBe(true);
    expect((await gan.step(images(2))).discriminatorLoss).toBeNaN();
  });

  // A dataset holds the caller's bytes without a copy, and takes their hash once: 47 MB of MNIST would else be there twice.
  it('bytes changed under a Dataset are trained on, while its hash stays that of the old ones', () => {
    const bytes = new Uint8Array(2 * 4).fill(0);
    const data = new Dataset({ name: 'two', images: bytes, count: 2, height: 2, width: 2, channels: 1 });
    const before = data.sha256;
    bytes.fill(255);
    expect(Array.from(data.batch([0]))).toEqual([1, 1, 1, 1]);
    expect(data.sha256).toBe(before);
    const same = new Dataset({ name: 'two', images: bytes, count: 2, height: 2, width: 2, channels: 1 });
    expect(same.sha256).not.toBe(before);
  });

  // Inputs are copied into the arena when the run's turn comes, not when it is asked for.
  it('images changed before their step is done are what the step sees', async () => {
    const [changed, other] = [await model(), await model()];
    const given = images(1);
    const step = changed.step(given);
    given.set(images(2));
    expect(await step).toEqual(await other.step(images(2)));
  });
});

describe('2. repeats what should be new', () => {
  // Random numbers are a function of the seed and the count of steps; the count is no tensor.
  it('restored tensors do not take the count of steps back, so a repeated step draws other noise', async () => {
    const gan = await model();
    const before = await gan.tensors();
    const first = await gan.step(images(1));
    await gan.restore(before);
    expect(gan.steps).toBe(1);
    expect(await gan.step(images(1))).not.toEqual(first);
  });

  // A stream is a number of its own, and so is a site. The engine asks that sites differ, not streams.
  it('two draws of one stream are equal, whatever their names', async () => {
    const w = variable('w', [8]);
    const layout = layoutState([w]);
    const [a, b] = [normal([8], { name: 'a', stream: 3, site: 0 }), normal([8], { name: 'b', stream: 3, site: 1 })];
    const [difference] = await runOnce(layout, { difference: sub(a, b) });
    expect(Array.from(difference!)).toEqual(new Array(8).fill(0));
  });

  // A draw is a value of the graph like any other: equal draws are one.
  it('a draw that is read twice gives the same numbers twice', async () => {
    const layout = layoutState([variable('w', [8])]);
    const draw = () => normal([8], { name: 'a', stream: 3, site: 0 });
    const [sum, twice] = await runOnce(layout, { sum: add(draw(), draw()), twice: scale(draw(), 2) });
    expect(sum).toEqual(twice);
  });

  // The noise of sample i depends on the seed and on i.
  it('more noise of a seed begins with that of less', async () => {
    const gan = await model();
    const { latent } = gan.config;
    const [few, many] = [await gan.sampleNoise(2, 9), await gan.sampleNoise(4, 9)];
    expect(many.subarray(0, 2 * latent)).toEqual(few);
  });

  // Noise is drawn by the device of the model but from the given seed alone.
  it('the seed of samples has nothing to do with that of the model', async () => {
    const [one, other] = [await model(1), await model(2)];
    expect(await one.sampleNoise(2, 9)).toEqual(await other.sampleNoise(2, 9));
  });
});

describe('3. loses work', () => {
  // Each file is written whole under a temporary name and renamed. A run has a lock; a path that is given has none.
  it('of two models saved to one path the later is kept, and no error tells of it', async () => {
    const path = join(temporaryFolder(), 'model.safetensors');
    const [one, other] = [await model(1), await model(2)];
    await one.save(path);
    await other.save(path);
    expect(decodeSnapshot(readFileSync(path), path).seed).toBe(2);
    await Promise.all([one.save(path), other.save(path)]);
    expect([1, 2]).toContain(decodeSnapshot(readFileSync(path), path).seed);
  });

  // A model does not know how many images the data have; `train` counts epochs.
  it('steps count no epochs: a checkpoint has what `epoch` was set to', async () => {
    const gan = await model();
    await gan.step(images(1));
    expect(decodeSnapshot(await gan.toBytes(), 'it').epoch).toBe(0);
    gan.epoch = 7;
    expect(decodeSnapshot(await gan.toBytes(), 'it')).toMatchObject({ epoch: 7, step: 1 });
  });
});

describe('4. only looks odd', () => {
  // Calls take effect in the order in which they are made: that lets a GPU work without a pause.
  it('a step asked for before the last one is done is counted at once, and both are taken in turn', async () => {
    const [together, apart] = [await model(), await model()];
    const both = [together.step(images(1)), together.step(images(2))];
    expect(together.steps).toBe(2);
    expect(await Promise.all(both)).toEqual([await apart.step(images(1)), await apart.step(images(2))]);
    expect(Buffer.compare(await together.toBytes(), await apart.toBytes())).toBe(0);
  });

  // What is read is a copy; the arena's scratch is written over by every run.
  it('outputs stay as they are when the next run is done', async () => {
    const gan = await model();
    const noise = await gan.sampleNoise(2, 3);
    const first = await gan.generate(noise);
    const copy = first.slice();
    await gan.step(images(1));
    expect(await gan.generate(noise)).not.toEqual(copy);
    expect(first).toEqual(copy);
  });

  // The batch is the caller's array, so that a training makes no garbage; only what it asks for is written.
  it('a batch written into a longer array leaves what lies behind', () => {
    const data = new Dataset({ name: 'one', images: new Uint8Array(4), count: 1, height: 2, width: 2, channels: 1 });
    const out = new Float32Array(6).fill(9);
    expect(data.batch([0], out)).toBe(out);
    expect(Array.from(out)).toEqual([-1, -1, -1, -1, 9, 9]);
  });
});

async function runOnce(layout: StateLayout, outputs: Readonly<Record<string, Tensor>>): Promise<Float32Array[]> {
  const session = new Session(await opener('wasm')({ stateFloats: layout.floats, threads: 1 }), layout);
  try {
    const plan = compile({ name: 'surprise', outputs, updates: new Map() }, layout);
    return await session.run(plan, { key: { seed: 1, step: 1 }, outputs: Object.keys(outputs) });
  } finally {
    await session.dispose();
  }
}
