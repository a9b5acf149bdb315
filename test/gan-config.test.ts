// The values of the presets, overrides and their errors, and the layers that each image size gives.

import { describe, expect, it } from 'vitest';
import { sidesOf } from '../src/data/image-size.ts';
import { architecture } from '../src/gan/architecture.ts';
import { parseConfig, resolveConfig } from '../src/gan/config.ts';
import { presets } from '../src/gan/presets.ts';
import type { ConfigOverrides } from '../src/gan/schema.ts';

const TF2018 = {
  preset: 'tf2018',
  imageSize: 28,
  channels: 1,
  latent: 100,
  generatorWidths: [64, 64, 32],
  discriminatorWidths: [64, 128],
  strideOneLayer: true,
  upsampling: 'transposed',
  initializer: 'glorot',
  generatorSlope: 0,
  discriminatorSlope: 0.2,
  dropout: 0.3,
  batchNormMomentum: 0.99,
  batchNormEpsilon: 0.001,
  unbiasedMovingVariance: true,
  discriminatorBatchNorm: false,
  spectralNorm: false,
  classes: 0,
  groups: 0,
  groupsBy: 'copies',
  loss: 'ns',
  labelSmoothing: 0,
  r1: 0,
  r1Every: 1,
  augment: 'none',
  batchSize: 256,
  epochs: 150,
  learningRate: 0.0001,
  generatorLearningRate: null,
  discriminatorLearningRate: null,
  halvedAfter: [],
  beta1: 0.9,
  beta2: 0.999,
  adamEpsilon: 1e-8,
  discriminatorSteps: 1,
  clipGradient: 0,
  ema: 0,
  precision: 'float32',
  convolutions: 'fast',
  shards: 1,
};

it('presets are frozen', () => {
  expect(presets).toMatchObject({
    tf2018: TF2018,
    tf2: {
      ...TF2018,
      preset: 'tf2',
      generatorWidths: [256, 128, 64],
      generatorSlope: 0.3,
      discriminatorSlope: 0.3,
      unbiasedMovingVariance: false,
      adamEpsilon: 1e-7,
      epochs: 50,
    },
    tiny: {
      ...TF2018,
      preset: 'tiny',
      generatorWidths: [16, 16, 8],
      discriminatorWidths: [16, 32],
      batchSize: 64,
      epochs: 10,
    },
    quick: {
      ...presets.best,
      preset: 'quick',
      generatorWidths: [32, 32, 16],
      discriminatorWidths: [16, 32],
      batchSize: 32,
      epochs: 10,
      learningRate: 1e-3,
    },
    paper: { imageSize: 64, channels: 3, initializer: 'normal', learningRate: 2e-4, beta1: 0.5, batchSize: 128 },
  });
  expect(Object.keys(presets)).toEqual(['tf2018', 'tf2', 'tiny', 'quick', 'best', 'paper']);
  for (const preset of Object.values(presets)) expect(Object.isFrozen(preset)).toBe(true);
  expect(Object.isFrozen(presets)).toBe(true);
});

describe('overrides', () => {
  it('replace single values', () => {
    expect(resolveConfig('tf2', { batchSize: 8, dropout: undefined })).toEqual({ ...presets.tf2, batchSize: 8 });
    expect(resolveConfig()).toEqual(TF2018);
  });

  it.each([
    [
      () => resolveConfig('tf20'),
      'unknown preset "tf20": expected tf2018, tf2, tiny, quick, best, paper. Did you mean tf2?',
    ],
    [
      () => resolveConfig('tiny', { dropout: 1 }),
      'the configuration: dropout has an invalid value: expected number to be <=0.95, got 1.',
    ],
    [() => resolveConfig('tiny', { imageSize: 30 }), 'the configuration: imageSize has an invalid value: '],
    [
      () => resolveConfig('tiny', { imageSize: 260 }),
      'the configuration: imageSize has an invalid value: expected number to be <=256, got 260.',
    ],
    [() => resolveConfig('tiny', { channels: 2 as 3 }), 'the configuration: channels has an invalid value: '],
    [() => resolveConfig('tiny', { generatorWidths: [] }), 'the configuration: generatorWidths has an invalid value: '],
    [
      () => resolveConfig('tiny', { batchsize: 4 } as object),
      'the configuration: unknown key batchsize. Did you mean batchSize?',
    ],
  ])('refuse what has an invalid value: %#', (make, message) => {
    expect(make).toThrow(message);
  });
});

it('what older files do not say is what they meant', () => {
  const { ema: _, loss: __, classes: ___, ...older } = presets.tiny;
  expect(parseConfig(older, 'old.safetensors')).toEqual(presets.tiny);
  expect(() => parseConfig({ ...older, dropout: 'much' }, 'old.safetensors')).toThrow(
    'old.safetensors: dropout has an invalid value',
  );
});

it.each<[ConfigOverrides, string]>([
  [{ labelSmoothing: 0.1, loss: 'hinge' }, 'labelSmoothing needs loss ns'],
  [{ loss: 'wgan-gp', discriminatorBatchNorm: true }, 'loss wgan-gp and discriminatorBatchNorm exclude each other'],
  [{ r1: 1, discriminatorBatchNorm: true }, 'r1 and discriminatorBatchNorm exclude each other'],
  [{ loss: 'wgan-gp', r1: 1 }, 'loss wgan-gp and r1 exclude each other: the one draws'],
  [{ loss: 'wgan-gp', spectralNorm: true }, 'loss wgan-gp and spectralNorm exclude each other'],
  [{ spectralNorm: true, discriminatorBatchNorm: true }, 'spectralNorm and discriminatorBatchNorm exclude each other'],
])('%o is refused with the reason', (overrides, message) => {
  expect(() => resolveConfig('tiny', overrides)).toThrow(message);
});

it.each([
  [64, [1024, 512, 256, 128], [128, 256, 512, 1024]],
  [32, [512, 256, 128], [128, 256, 512]],
  [128, [1024, 1024, 512, 256, 128], [128, 256, 512, 1024, 1024]],
])('the networks of the paper for %i pixels', (imageSize, generatorWidths, discriminatorWidths) => {
  expect(architecture(resolveConfig('paper', { imageSize }))).toMatchObject({ generatorWidths, discriminatorWidths });
});

it.each([
  [16, 4, [64, 64, 32], [64, 128]],
  [20, 5, [64, 64, 32], [64, 128]],
  [24, 6, [64, 64, 32], [64, 128]],
  [28, 7, [64, 64, 32], [64, 128]],
  [32, 4, [128, 64, 64, 32], [64, 128, 256]],
  [36, 9, [64, 64, 32], [64, 128]],
  [40, 5, [128, 64, 64, 32], [64, 128, 256]],
  [48, 6, [128, 64, 64, 32], [64, 128, 256]],
  [64, 4, [256, 128, 64, 64, 32], [64, 128, 256, 512]],
  [96, 6, [256, 128, 64, 64, 32], [64, 128, 256, 512]],
  [128, 4, [512, 256, 128, 64, 64, 32], [64, 128, 256, 512, 512]],
  [8, 4, [64, 32], [64]],
  [256, 4, [512, 512, 256, 128, 64, 64, 32], [64, 128, 256, 512, 512, 512]],
  [
    [64, 96],
    [4, 6],
    [256, 128, 64, 64, 32],
    [64, 128, 256, 512],
  ],
  [
    [28, 64],
    [7, 16],
    [64, 64, 32],
    [64, 128],
  ],
  [[256, 8], [128, 4], [64, 32], [64]],
] as const)('images of %j pixels start at %j', (imageSize, base, generatorWidths, discriminatorWidths) => {
  expect(architecture(resolveConfig('tf2018', { imageSize }))).toEqual({
    base: sidesOf(base),
    generatorWidths,
    discriminatorWidths,
  });
});

it.each([
  [28, [64, 64, 32, 32]],
  [64, [256, 128, 64, 64, 32, 32]],
  [8, [64, 32, 32]],
] as const)('repeated pixels need one more layer: %i pixels', (imageSize, generatorWidths) => {
  const config = resolveConfig('tf2018', { imageSize, upsampling: 'nearest' });
  expect(architecture(config)).toMatchObject({ generatorWidths });
});
