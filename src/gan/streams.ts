// Lists every random number of a run in one place. A draw has a stream, which Philox counts by. A
// draw inside a plan also has a name and a site, by which values can be injected in its place.
// Equal (seed, step, stream) give equal numbers, so no two draws share a stream.
import type { DrawSource } from '../engine/ops/index.ts';
import { DcganError } from '../platform/errors.ts';

/**
 * Step 0 of a seed is the start: initial values and the fixed noise. Training steps count from 1.
 */
export const START = 0;

const STREAM = {
  noise: 0,
  fixedNoise: 1,
  sampleNoise: 2,
  epochOrder: 3,
  mixing: 4,
  augment: 5,
  realMasks: 16,
  fakeMasks: 32,
  mixedMasks: 48,
  start: 64,
} as const;
/** Sites 1 to 7 are masks on reals, 8 to 14 on fakes, and 15 to 21 on mixtures of both. */
const MASKS = 7;
const MIXING_SITE = 1 + 3 * MASKS;
const AUGMENT_SITE = MIXING_SITE + 1;
/** The number of draws that augment an image. */
const AUGMENTS = 4;

/**
 * The images that the discriminator judges: reals, fakes, or points between them, where its
 * gradient is penalised.
 */
export type Judged = 'real' | 'fake' | 'mixed';

/** The training noise [N, latent]. */
export const NOISE: DrawSource = { name: 'noise', stream: STREAM.noise, site: 0 };
/** The noise of the progress pictures. */
export const FIXED_NOISE: DrawSource = { name: 'noise/fixed', stream: STREAM.fixedNoise, site: 0 };
/** The noise of samples, keyed by the sample's seed. */
export const SAMPLE_NOISE: DrawSource = { name: 'noise', stream: STREAM.sampleNoise, site: 0 };
/** The stream that shuffles an epoch; the key's step is the epoch's number. */
export const EPOCH_ORDER_STREAM = STREAM.epochOrder;

/** The share of each real in its mixture with a fake, uniform in [0, 1). */
export const MIXING: DrawSource = { name: 'mixing', stream: STREAM.mixing, site: MIXING_SITE };

/** Returns the draws that decide how each image is augmented. */
export function augmentSources(of: 'real' | 'fake') {
  const first = of === 'real' ? 0 : AUGMENTS;
  const source = (part: string, index: number): DrawSource => ({
    name: `augment/${of}/${part}`,
    stream: STREAM.augment + first + index,
    site: AUGMENT_SITE + first + index,
  });
  return {
    brightness: source('brightness', 0),
    saturation: source('saturation', 1),
    contrast: source('contrast', 2),
    place: source('place', 3),
  };
}

/** Returns the dropout mask after the discriminator's layer 1, 2, ... */
export function maskSource(of: Judged, layer: number): DrawSource {
  if (layer > MASKS) throw new DcganError({ what: `dropout layer ${layer}`, expected: `at most ${MASKS}` });
  const [stream, site] = {
    real: [STREAM.realMasks, 0],
    fake: [STREAM.fakeMasks, MASKS],
    mixed: [STREAM.mixedMasks, 2 * MASKS],
  }[of] as [number, number];
  return { name: `mask/${of}/${layer}`, stream: stream + layer, site: site + layer };
}

/** Returns the draw of a variable's start. The variable is the `index`-th that draws one. */
export function startSource(name: string, index: number): DrawSource {
  return { name: `start/${name}`, stream: STREAM.start + index, site: 1 + index };
}
