// The library's `evaluate` compares samples with data in one call, as `dcgan evaluate` does.

import { Dataset } from '../data/dataset.ts';
import { imageShape } from '../data/image-size.ts';
import { DCGAN } from '../gan/dcgan.ts';
import { classesInTurn } from '../gan/drawing.ts';
import type { MachineOptions } from '../gan/machine.ts';
import { ownClasses } from '../gan/schema.ts';
import { EVALUATION_SEED, SAMPLES } from '../metrics/comparison.ts';
import { type ExtractorChoice, evaluationChoice, openExtractor } from '../metrics/extractors.ts';
import type { Evaluation } from '../metrics/figures.ts';
import { Judge } from '../metrics/judge.ts';
import type { ImageSet } from '../metrics/pyramid.ts';
import { allOf, type ExtractionProgress, setOf } from '../metrics/sets.ts';
import { floats } from '../platform/arrays.ts';
import { usableCores } from '../platform/cores.ts';
import { usage } from '../platform/errors.ts';
import { heldOutFor, openData } from './run-data.ts';

/** Options of `evaluate`. */
export interface EvaluateOptions extends MachineOptions, ExtractorChoice {
  /** The samples are compared with this data: a name (`mnist`, default), a path, or a dataset. */
  readonly data?: string | Dataset | undefined;
  /**
   * Other images of the same kind, for the floors. By default a known dataset takes its test set.
   * Others are split into halves that are compared with each other.
   */
  readonly heldOut?: Dataset | undefined;
  /**
   * The number of samples, and of images that they are compared with: 10,000, or as many as there
   * are.
   */
  readonly count?: number | undefined;
  /** Decides the noise of the samples and which images are taken; the default is 1. */
  readonly seed?: number | undefined;
  /** Called while features are extracted. */
  readonly onProgress?: ExtractionProgress | undefined;
}

/**
 * Measures how good samples are. Each figure stands beside its floor, which is the same figure of
 * held-out images. See docs/metrics.md.
 * @param samples a model, which makes them; a dataset; or images [N, H, W, channels] in [-1, 1]
 * of the data's size
 * @throws DcganError for options that don't match, data that can't be read, and samples of another
 * size
 */
export async function evaluate(
  samples: DCGAN | Dataset | Float32Array,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { seed = EVALUATION_SEED, count: most = SAMPLES, device, onProgress } = options;
  const machine = { device, threads: options.threads ?? usableCores() };
  const size = samples instanceof DCGAN ? samples.config : {};
  const data = await openData({ ...size, data: options.data });
  const count = Math.min(most, data.count);
  const { set, asked } = await samplesOf(samples, data, count, seed);
  const extractor = await openExtractor(evaluationChoice(options, data), data, machine);
  let judge: Judge | null = null;
  try {
    const heldOut = options.heldOut ?? (await heldOutFor(data));
    judge = await Judge.open(data, heldOut, { ...machine, seed, count, extractor, onProgress });
    return await judge.judge(set, asked);
  } finally {
    await judge?.dispose();
    await extractor?.dispose();
  }
}

/**
 * Samples as the figures take them, and the classes they were made for; null when no class was
 * asked for.
 */
interface Samples {
  readonly set: ImageSet;
  readonly asked: Uint8Array | null;
}

async function samplesOf(
  samples: DCGAN | Dataset | Float32Array,
  data: Dataset,
  count: number,
  seed: number,
): Promise<Samples> {
  if (samples instanceof DCGAN) return generated(samples, count, seed);
  if (!(samples instanceof Dataset)) floats('evaluate: the samples', samples);
  const { height, width, channels, imageSize } = data;
  const number = samples instanceof Dataset ? samples.count : samples.length / imageSize;
  const fits =
    samples instanceof Dataset
      ? samples.imageSize === imageSize && samples.height === height
      : Number.isInteger(number);
  if (!fits || number < 2)
    throw usage({
      what: 'the samples do not match the data',
      expected: `two images or more of ${height} x ${width} x ${channels}, as those of ${data.name}`,
      got:
        samples instanceof Dataset
          ? `${samples.height} x ${samples.width} x ${samples.channels}`
          : `${samples.length} values`,
    });
  const taken = Math.min(number, count);
  if (samples instanceof Dataset) return { set: setOf(samples, allOf(samples).subarray(0, taken)), asked: null };
  return {
    set: { images: samples.subarray(0, taken * imageSize), count: taken, height, width, channels },
    asked: null,
  };
}

/** Makes samples with a model. A conditional model takes its classes in turn. */
export async function generated(gan: DCGAN, count: number, seed: number): Promise<Samples> {
  const [height, width, channels] = imageShape(gan.config);
  const images = await gan.generate(count, { seed });
  const turn = ownClasses(gan.config) > 0 ? classesInTurn(gan, seed) : [];
  const asked = turn.length > 0 ? Uint8Array.from({ length: count }, (_, i) => turn[i % turn.length]!) : null;
  return { set: { images, count, height, width, channels }, asked };
}
