// The estimated time of a training: printed before it begins and, if it takes long, again when its
// real speed is known.
import { expect, it } from 'vitest';
import { costOfStep, estimateTraining, timeInWords } from '../src/cli/estimate.ts';
import { duration } from '../src/cli/format.ts';
import { Dataset } from '../src/data/dataset.ts';
import { comparedImages } from '../src/data/groups.ts';
import { resolveConfig } from '../src/gan/config.ts';
import { presets } from '../src/gan/presets.ts';
import { TEST_DEVICES } from './support/devices.ts';

it.each([
  [0.2, 'about 1 second'],
  [100, 'about 100 seconds'],
  [130, 'about 2 minutes'],
  [5400, 'about 90 minutes'],
  [7200, 'about 2 hours'],
  [3.1 * 86_400, 'about 3 days'],
])('%d seconds are %s', (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});

it('suggests smaller settings only for a training that takes long', () => {
  expect(timeInWords(presets.tf2018, 235, 0.5)).toBe('about 5 hours for 150 epochs');
  expect(timeInWords(presets.tf2018, 1, 0.5, 1.5)).toBe('about 5 minutes for 150 epochs');
  expect(timeInWords(presets.tf2018, 1, 0.5, 1.5, 300)).toBe('about 10 minutes for 150 epochs');
  expect(timeInWords(presets.tf2018, 235, 5)).toBe(
    'about 2 days for 150 epochs; smaller: --epochs 36 (about 12 hours)',
  );
  expect(timeInWords(presets.paper, 1583, 7)).toBe(
    'about 3 days for 25 epochs; smaller: --epochs 3 (about 9 hours), or --size 32, or --preset best',
  );
  expect(timeInWords({ ...presets.paper, epochs: 1 }, 7813, 7)).toBe(
    'about 15 hours for 1 epoch; smaller: --epochs 1 --limit 789888, or --size 32, or --preset best',
  );
});

it('times any configuration: with classes, several steps of the discriminator, a batch of few images', async () => {
  const device = TEST_DEVICES.find(({ missing }) => missing === null)!.name;
  const config = resolveConfig('tiny', { imageSize: 16, classes: 10, discriminatorSteps: 3, batchSize: 8 });
  const images = new Uint8Array(20 * 16 * 16);
  const labels = Uint8Array.from({ length: 20 }, (_, i) => i % 10);
  const data = new Dataset({ name: 'few', images, labels, count: 20, height: 16, width: 16, channels: 1 });
  const estimate = await estimateTraining(config, data, { device, threads: 1 });
  const secondsPerEpochEnd = expect.any(Number);
  const seconds = { secondsPerStep: expect.any(Number), secondsPerEpochEnd, secondsForGroups: 0 };
  expect(estimate).toEqual({ device, threads: 1, ...seconds });
  expect(estimate.secondsPerEpochEnd).toBeGreaterThan(0);
  expect(estimate.secondsPerStep).toBeGreaterThan(0);
});

it('counts what finding groups takes, in proportion to the images', async () => {
  const device = TEST_DEVICES.find(({ missing }) => missing === null)!.name;
  const config = resolveConfig('tiny', { imageSize: 16, classes: 4, groups: 4, batchSize: 8 });
  const images = new Uint8Array(20 * 16 * 16).map((_, i) => (i * 37) % 251);
  // Data may have more classes of their own than groups were asked for.
  const labels = Uint8Array.from({ length: 20 }, (_, i) => i % 10);
  const data = new Dataset({ name: 'few', images, labels, count: 20, height: 16, width: 16, channels: 1 });
  const { secondsForGroups } = await estimateTraining(config, data, { device, threads: 1 });
  expect(secondsForGroups).toBeGreaterThan(0);
  expect(comparedImages(60_000) / comparedImages(1000)).toBeCloseTo(180 / 13);
});

it('a step costs as much as steps with and without R1 do on average', () => {
  const neededWith = (options: { r1: number; r1Every: number }): number =>
    costOfStep(resolveConfig('tiny', options)).needed;
  const [never, always] = [neededWith({ r1: 0, r1Every: 1 }), neededWith({ r1: 1, r1Every: 1 })];
  expect(always).toBeGreaterThan(1.2 * never);
  expect(neededWith({ r1: 1, r1Every: 4 })).toBeCloseTo(0.75 * never + 0.25 * always);
});
