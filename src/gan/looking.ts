// Looking into a model on its device: judgements, layers, and the noise nearest to a picture. Plans
// are compiled for each number of images once, and kept.
import { imageShape } from '../data/image-size.ts';
import { size } from '../engine/graph.ts';
import type { Handed } from '../engine/session.ts';
import { floats } from '../platform/arrays.ts';
import { usage } from '../platform/errors.ts';
import { drawImages, drawNoise, oneHot } from './drawing.ts';
import { approach, discriminatorLayers, generatorLayers, INSIDE_INPUT, judgement } from './inside.ts';
import type { Looks, Machine } from './machine.ts';
import type { Model } from './model.ts';

/** Most images that are looked at by one run of a plan. */
const AT_ONCE = 64;

/** What the discriminator says of images. */
export interface Judgement {
  /** [N], positive for real. */
  readonly logits: Float32Array;
  /**
   * [N, H, W, channels], the gradient of each image's logit in each of its values. Where it is
   * positive, a brighter pixel speaks for a real image. Multiplied by the image, it says what each
   * pixel contributed.
   */
  readonly gradient: Float32Array;
}

/** What one layer made. */
export interface Layer {
  /** As the layer's variables are named: `fc1`, `conv1`, ... */
  readonly name: string;
  /** [N, H, W, maps], or [N, 1] for the discriminator's logits. */
  readonly shape: readonly number[];
  /** Its values, in the order of its shape. */
  readonly data: Float32Array;
}

/** Options of `DCGAN.project`. */
export interface ProjectOptions {
  /** Steps of Adam from every start (default: 400). */
  readonly steps?: number | undefined;
  /** From how many places the noise is sought (default: 8), 1 to 64. */
  readonly starts?: number | undefined;
  /** Decides the starts: a whole number below 2^53 (default: 0). */
  readonly seed?: number | undefined;
  /** The class of the result; by default every class is tried. Only for a conditional model. */
  readonly class?: number | undefined;
  /** [H, W], how much each pixel of the picture counts, from 0 on (default: 1 everywhere). */
  readonly mask?: Float32Array | undefined;
  /**
   * Noise to start from, [starts, latent], in place of noise that is drawn: that of an earlier
   * answer goes on from there. The class is then 0 unless one is given.
   */
  readonly from?: Float32Array | undefined;
  /**
   * Returns before this step, counted from 0, with what was found so far and the `search` that goes
   * on from there, so that a page shows the progress.
   */
  readonly pauseAt?: number | undefined;
  /**
   * The search of an earlier answer about the same picture and options, which goes on in its place
   * and ends with the bits of a search without pauses.
   */
  readonly resume?: Search | undefined;
}

/** A search that was paused. It holds numbers only, so that a message can carry it. */
export interface Search {
  /** Steps that were taken from every start. */
  readonly step: number;
  /** [starts, latent] */
  readonly noise: Float32Array;
  /** The class of each start. */
  readonly classes: readonly number[];
  /** Adam's moments, [starts, latent] each. */
  readonly moments: readonly [Float64Array, Float64Array];
  /** Both betas to the power of the step. */
  readonly powers: readonly [number, number];
  /** The nearest found so far: its loss, noise [latent] and class. */
  readonly best: { readonly loss: number; readonly noise: Float32Array; readonly label: number };
}

/** The nearest thing to a picture that the generator was found to make. */
export interface Projection {
  /** [latent]; `generate(noise, { classes: [class] })` makes the image. */
  readonly noise: Float32Array;
  /** Its class; null for a model without classes. */
  readonly class: number | null;
  /** [H, W, channels] in [-1, 1]. */
  readonly image: Float32Array;
  /** The mean difference from the picture in grey levels of 255, over what the mask counts. */
  readonly distance: number;
  /** What goes on with the search where it was paused; null where it is over. */
  readonly search: Search | null;
}

/** Samples that are drawn to find the places to start from. */
const CANDIDATES = 512;
export const DEFAULT_STEPS = 400;
export const DEFAULT_STARTS = 8;
/** Adam's (Kingma and Ba, 2015), on noise whose values are about 1. */
const RATE = 0.2;
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];
/** Values of noise stay within this, since the generator was never shown others. */
const FARTHEST = 4;

/** What was found, for `Machine.together`: nothing of it is still to come. */
const found = <T>(value: T): Handed<T> => ({ done: Promise.resolve(value) });

/** See `DCGAN.judge`. Shares are [N, classes]. */
export function judgeImages(machine: Machine, images: Float32Array, shares: Float32Array): Promise<Judgement> {
  return machine.together(async (looks) => found(await judged(machine.model, looks, images, shares)));
}

async function judged(model: Model, { look }: Looks, images: Float32Array, shares: Float32Array): Promise<Judgement> {
  const [height, width, channels] = imageShape(model.config);
  const values = height * width * channels;
  const count = images.length / values;
  const [logits, gradient] = [new Float32Array(count), new Float32Array(images.length)];
  await inParts(count, async (first, n) => {
    const inputs = { ...part(INSIDE_INPUT.images, images, first, n, count), ...sharesOf(shares, first, n, count) };
    const made = await look(`judge ${n}`, () => judgement(model, n), inputs);
    logits.set(made.get('logits')!.data, first);
    gradient.set(made.get('gradient')!.data, first * values);
  });
  return { logits, gradient };
}

/** What `layersOf` looks at. */
type Looked = { readonly noise: Float32Array } | { readonly images: Float32Array };

/** See `DCGAN.layers`. Shares are [N, classes]. */
export function layersOf(machine: Machine, from: Looked, count: number, shares: Float32Array): Promise<Layer[]> {
  return machine.together(async (looks) => found(await layersMade(machine.model, looks, from, count, shares)));
}

async function layersMade(
  model: Model,
  { look }: Looks,
  from: Looked,
  count: number,
  shares: Float32Array,
): Promise<Layer[]> {
  const layers = new Map<string, { readonly shape: readonly number[]; readonly data: Float32Array }>();
  const [name, values, computation] =
    'noise' in from
      ? ([INSIDE_INPUT.noise, from.noise, generatorLayers] as const)
      : ([INSIDE_INPUT.images, from.images, discriminatorLayers] as const);
  await inParts(count, async (first, n) => {
    const inputs = { ...part(name, values, first, n, count), ...sharesOf(shares, first, n, count) };
    const made = await look(`layers of ${name} ${n}`, () => computation(model, n), inputs);
    for (const [layer, { shape, data }] of made) {
      const whole = [count, ...shape.slice(1)];
      if (!layers.has(layer)) layers.set(layer, { shape: whole, data: new Float32Array(size(whole)) });
      layers.get(layer)!.data.set(data, (first * data.length) / n);
    }
  });
  return [...layers].map(([layer, { shape, data }]) => ({ name: layer, shape, data }));
}

/** See `DCGAN.project`. The picture is [H, W, channels]. */
export async function projectPicture(
  machine: Machine,
  picture: Float32Array,
  options: ProjectOptions,
): Promise<Projection> {
  const weights = weightsOf(machine.model, options.mask);
  return machine.together(async (looks) => found(await projected(machine.model, looks, picture, weights, options)));
}

async function projected(
  model: Model,
  looks: Looks,
  picture: Float32Array,
  weights: Float32Array,
  options: ProjectOptions,
): Promise<Projection> {
  const { steps = DEFAULT_STEPS, pauseAt = steps } = options;
  const { classes } = model.config;
  const begin = options.resume ?? (await beginning(model, looks, picture, weights, options));
  const count = begin.classes.length;
  const inputs = {
    [INSIDE_INPUT.target]: picture,
    [INSIDE_INPUT.weights]: weights,
    ...(classes > 0 && { [INSIDE_INPUT.classes]: oneHot(begin.classes, count, classes) }),
  };
  const noise = begin.noise.slice();
  const [m, v] = [begin.moments[0].slice(), begin.moments[1].slice()];
  let [power1, power2] = begin.powers;
  let { best, step } = begin;
  const { latent } = model.config;
  for (; ; step++) {
    // A search that goes on looks at its noise a second time, which changes nothing of it.
    const made = await looks.look(`approach ${count}`, () => approach(model, count), {
      ...inputs,
      [INSIDE_INPUT.noise]: noise,
    });
    made.get('loss')!.data.forEach((loss, i) => {
      if (loss < best.loss) best = { loss, noise: noise.slice(i * latent, (i + 1) * latent), label: begin.classes[i]! };
    });
    if (step >= Math.min(steps, pauseAt)) break;
    const gradient = made.get('gradient')!.data;
    power1 *= BETA1;
    power2 *= BETA2;
    const rate = ((RATE * (1 - step / steps)) / (1 - power1)) * Math.sqrt(1 - power2);
    for (let i = 0; i < noise.length; i++) {
      const slope = gradient[i]!;
      m[i] = BETA1 * m[i]! + (1 - BETA1) * slope;
      v[i] = BETA2 * v[i]! + (1 - BETA2) * slope * slope;
      const moved = noise[i]! - (rate * m[i]!) / (Math.sqrt(v[i]!) + EPSILON);
      noise[i] = Math.min(FARTHEST, Math.max(-FARTHEST, moved));
    }
  }
  const drawn = await drawImages(model, best.noise, 1, oneHot([best.label], 1, classes), looks.run);
  const image = await drawn.done;
  const distance = 127.5 * difference(image, 0, picture, weights, Math.abs);
  const rest: Search = { step, noise, classes: begin.classes, moments: [m, v], powers: [power1, power2], best };
  return {
    ...{ noise: best.noise, class: classes > 0 ? best.label : null, image, distance },
    search: step < steps ? rest : null,
  };
}

/** A search before its first step. */
async function beginning(
  model: Model,
  looks: Looks,
  picture: Float32Array,
  weights: Float32Array,
  { starts = DEFAULT_STARTS, seed = 0, class: asked, from }: ProjectOptions,
): Promise<Search> {
  const { latent } = model.config;
  const { noise, classes } = from
    ? { noise: from, classes: new Array<number>(from.length / latent).fill(asked ?? 0) }
    : await nearestSamples(model, looks, picture, weights, starts, seed, asked);
  return {
    ...{ step: 0, noise, classes, powers: [1, 1] },
    moments: [new Float64Array(noise.length), new Float64Array(noise.length)],
    best: { loss: Number.POSITIVE_INFINITY, noise: noise.slice(0, latent), label: classes[0]! },
  };
}

/** The samples of a seed that are nearest to the picture, and their classes. */
async function nearestSamples(
  model: Model,
  { run }: Looks,
  picture: Float32Array,
  weights: Float32Array,
  starts: number,
  seed: number,
  asked: number | undefined,
): Promise<{ readonly noise: Float32Array; readonly classes: readonly number[] }> {
  const { latent, classes } = model.config;
  const drawn = await drawNoise(model, CANDIDATES, seed, run);
  const labels = Array.from({ length: CANDIDATES }, (_, i) => asked ?? (classes > 0 ? i % classes : 0));
  const shares = oneHot(labels, CANDIDATES, classes);
  const images = await (await drawImages(model, drawn, CANDIDATES, shares, run)).done;
  const nearest = labels
    .map((label, i) => ({ i, label, far: difference(images, i, picture, weights, (d) => d * d) }))
    .sort((a, b) => a.far - b.far || a.i - b.i)
    .slice(0, starts);
  const noise = new Float32Array(nearest.length * latent);
  nearest.forEach(({ i }, at) => {
    noise.set(drawn.subarray(i * latent, (i + 1) * latent), at * latent);
  });
  return { noise, classes: nearest.map(({ label }) => label) };
}

/** The weighted mean of `of` each difference of image number `index` from the picture. */
function difference(
  images: Float32Array,
  index: number,
  picture: Float32Array,
  weights: Float32Array,
  of: (difference: number) => number,
): number {
  const channels = picture.length / weights.length;
  let total = 0;
  for (let i = 0; i < picture.length; i++)
    total += weights[Math.floor(i / channels)]! * of(images[index * picture.length + i]! - picture[i]!);
  return total;
}

/** A mask as weights that add up to 1 over all values of a picture. */
function weightsOf({ config }: Model, mask: Float32Array | undefined): Float32Array {
  const [height, width, channels] = imageShape(config);
  const what = 'project: the mask has an invalid value';
  if (mask) floats(what, mask);
  const given = mask ?? new Float32Array(height * width).fill(1);
  const total = given.reduce((sum, weight) => sum + weight, 0);
  if (given.length !== height * width || !(total > 0 && total < Number.POSITIVE_INFINITY) || given.some((w) => w < 0))
    throw usage({
      what,
      expected: `[${height}, ${width}], values from 0, of which one at least is above it`,
      got: `${given.length} values with the sum ${total}`,
    });
  return given.map((weight) => weight / (total * channels));
}

async function inParts(count: number, work: (first: number, n: number) => Promise<void>): Promise<void> {
  for (let first = 0; first < count; first += AT_ONCE) await work(first, Math.min(AT_ONCE, count - first));
}

function part(name: string, all: Float32Array, first: number, n: number, count: number): Record<string, Float32Array> {
  const each = all.length / count;
  return { [name]: all.subarray(first * each, (first + n) * each) };
}

/** Shares of classes as an input; none where the model has no classes. */
function sharesOf(shares: Float32Array, first: number, n: number, count: number): Record<string, Float32Array> {
  return shares.length > 0 ? part(INSIDE_INPUT.classes, shares, first, n, count) : {};
}
