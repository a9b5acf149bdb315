// Presets are what they are, overrides and their errors, and the layers that image sizes mean.
import { describe, expect, it } from 'vitest';
import { architecture, presets, resolveConfig } from '../src/gan/config.ts';

const TF2018 = {
  preset: 'tf2018',
  imageSize: 28,
  channels: 1,
  latent: 100,
  generatorWidths: [64, 64, 32],
  discriminatorWidths: [64, 128],
  generatorSlope: 0,
  discriminatorSlope: 0.2,
  dropout: 0.3,
  batchNormMomentum: 0.99,
  batchNormEpsilon: 0.001,
  unbiasedMovingVariance: true,
  batchSize: 256,
  epochs: 150,
  learningRate: 0.0001,
  beta1: 0.9,
  beta2: 0.999,
  adamEpsilon: 1e-8,
};

it('presets are frozen', () => {
  expect(presets).toEqual({
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
  });
  for (const preset of Object.values(presets)) expect(Object.isFrozen(preset)).toBe(true);
  expect(Object.isFrozen(presets)).toBe(true);
});

describe('overrides', () => {
  it('replace single values', () => {
    expect(resolveConfig('tf2', { batchSize: 8, dropout: undefined })).toEqual({ ...presets.tf2, batchSize: 8 });
    expect(resolveConfig()).toEqual(TF2018);
  });

  it.each([
    [() => resolveConfig('tf20'), 'unknown preset "tf20": expected tf2018, tf2, tiny. Did you mean tf2.'],
    [
      () => resolveConfig('tiny', { dropout: 1 }),
      'the configuration: dropout does not fit: expected number to be <=0.95, got 1.',
    ],
    [() => resolveConfig('tiny', { imageSize: 30 }), 'the configuration: imageSize does not fit: '],
    [
      () => resolveConfig('tiny', { imageSize: 132 }),
      'the configuration: imageSize does not fit: expected number to be <=128, got 132.',
    ],
    [() => resolveConfig('tiny', { channels: 2 as 3 }), 'the configuration: channels does not fit: '],
    [() => resolveConfig('tiny', { generatorWidths: [8] }), 'the configuration: generatorWidths does not fit: '],
    [
      () => resolveConfig('tiny', { batchsize: 4 } as object),
      'the configuration: unknown key batchsize. Did you mean batchSize.',
    ],
  ])('refuse what does not fit: %#', (make, message) => {
    expect(make).toThrow(message);
  });
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
])('images of %i pixels start at %i', (imageSize, baseSize, generatorWidths, discriminatorWidths) => {
  expect(architecture(resolveConfig('tf2018', { imageSize }))).toEqual({
    baseSize,
    generatorWidths,
    discriminatorWidths,
  });
});
