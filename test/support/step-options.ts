// A small model, and the options that change its training step.
import type { ConfigOverrides } from '../../src/gan/schema.ts';

export const SMALL_MODEL = {
  imageSize: 16,
  latent: 6,
  generatorWidths: [8, 4, 4],
  discriminatorWidths: [4, 8],
} satisfies ConfigOverrides;

export const STEP_OPTIONS: Readonly<Record<string, ConfigOverrides>> = {
  plain: {},
  'r1, clipped gradients and an average': { r1: 5, clipGradient: 0.1, ema: 0.99 },
  'wgan-gp with two steps of the discriminator': { loss: 'wgan-gp', discriminatorSteps: 2, ema: 0.9 },
  'repeated pixels, r1 in every other step and an average': {
    upsampling: 'nearest',
    r1: 0.5,
    r1Every: 2,
    ema: 0.9,
    channels: 3,
  },
  'batch norm in the discriminator and least squares': { discriminatorBatchNorm: true, loss: 'ls', dropout: 0 },
  'spectral norm, hinge and classes': { spectralNorm: true, loss: 'hinge', classes: 3 },
  'groups, smoothed labels and changed images': {
    classes: 4,
    groups: 4,
    labelSmoothing: 0.1,
    augment: 'diffaugment',
    channels: 3,
  },
};
