// Every random number of a run, in one place: its stream (what Philox counts by), and for draws inside plans the name
// and site by which values can be injected instead. Same (seed, step, stream) means same numbers: no two uses share one.
import type { DrawSource } from '../engine/ops/index.ts';
import { DcganError } from '../platform/errors.ts';

/** Step 0 of a seed is the start: initial values, the fixed noise. Training steps count from 1. */
export const START = 0;

const STREAM = {
  noise: 0,
  fixedNoise: 1,
  sampleNoise: 2,
  epochOrder: 3,
  realMasks: 16,
  fakeMasks: 32,
  start: 64,
} as const;
/** Sites 1 to 15 are masks on reals, 16 to 30 masks on fakes. */
const MASKS = 15;

/** The training noise [N, latent]. */
export const NOISE: DrawSource = { name: 'noise', stream: STREAM.noise, site: 0 };
/** The noise of the progress pictures. */
export const FIXED_NOISE: DrawSource = { name: 'noise/fixed', stream: STREAM.fixedNoise, site: 0 };
/** Noise for samples, keyed by the sample's seed. */
export const SAMPLE_NOISE: DrawSource = { name: 'noise', stream: STREAM.sampleNoise, site: 0 };
/** The shuffling of epoch e: its key's step is e. */
export const EPOCH_ORDER_STREAM = STREAM.epochOrder;

/** The dropout mask after the discriminator's layer 1, 2, ... */
export function maskSource(of: 'real' | 'fake', layer: number): DrawSource {
  if (layer > MASKS) throw new DcganError({ what: `dropout layer ${layer}`, expected: `at most ${MASKS}` });
  const [stream, site] = of === 'real' ? [STREAM.realMasks, 0] : [STREAM.fakeMasks, MASKS];
  return { name: `mask/${of}/${layer}`, stream: stream + layer, site: site + layer };
}

/** The start of the variable that is the `index`-th to draw one. */
export function startSource(name: string, index: number): DrawSource {
  return { name: `start/${name}`, stream: STREAM.start + index, site: 1 + index };
}
