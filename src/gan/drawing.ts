// Images from a trained generator: what is asked of it, and how many are made at once. A whole
// model (dcgan.ts, machine.ts) and a generator alone (src/generate) draw by these functions, and so
// give the same images.

import type { Computation } from '../engine/compile.ts';
import type { Feeds, Handed, RunOptions } from '../engine/session.ts';
import { floats } from '../platform/arrays.ts';
import { usage } from '../platform/errors.ts';
import { wholeNumber } from '../platform/whole.ts';
import { allClasses, GENERATION_INPUT, type GeneratorModel, generation, sampling } from './model.ts';
import type { Config } from './schema.ts';
import type { ClassNames } from './snapshot.ts';
import { START } from './streams.ts';

/** Options of `generate`. */
export interface GenerateOptions {
  /**
   * A whole number below 2^53 that decides the noise when a count is given. The default is a random
   * one.
   */
  readonly seed?: number | undefined;
  /**
   * One class for all images, or several that are used in turn. The default is 0, 1, 2, ... Only a
   * conditional model takes classes.
   */
  readonly classes?: number | ArrayLike<number> | undefined;
  /**
   * How much of each class every image has, [N, classes]; it replaces `classes`. A row with a
   * single 1 is that class. A row with several shares gives a mixture of classes.
   */
  readonly shares?: Float32Array | undefined;
}

/** Runs a computation, which is compiled once for each name, and returns the outputs asked for. */
export type Run = (
  name: string,
  computation: () => Computation,
  options: RunOptions,
) => Promise<readonly Float32Array[]>;

/** What `generateImages` needs of a model on its device. */
export interface Drawer {
  readonly model: GeneratorModel;
  /**
   * Makes several runs with no other call between them. Later calls take their turn once `calls`
   * has settled.
   */
  together<T>(calls: (runs: { readonly run: Run }) => Promise<Handed<T>>): Promise<T>;
}

/** One plan generates at most this many images. */
const GENERATE_AT_ONCE = 256;

/** Returns a fresh random seed. */
export function randomSeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}

/** Returns the seed. @throws a usage error when it is not a whole number from 0 to 2^53 - 1 */
export function checkSeed(seed: number): number {
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw usage({ what: 'seed has an invalid value', expected: 'a whole number from 0 to 2^53 - 1', got: String(seed) });
}

/**
 * Generates images [N, H, W, channels] in [-1, 1] as they were asked for; see `DCGAN.generate`. All
 * of them are of the state at the call, and the caller may change its arrays at once.
 */
export async function generateImages(
  drawer: Drawer,
  from: Float32Array | number,
  { seed = randomSeed(), classes, shares }: GenerateOptions,
  classNames: ClassNames | null,
): Promise<Float32Array> {
  const { model } = drawer;
  const { config } = model;
  const noise = typeof from === 'number' ? null : checkNoise(from, config);
  const count = typeof from === 'number' ? checkCount(from) : from.length / config.latent;
  if (!noise) checkSeed(seed);
  const given = typeof classes === 'number' ? [classes] : classes;
  if (given) {
    checkClasses(config, given, given.length);
    checkLearned(given, classNames);
  }
  if (shares) checkShares(config, shares, count, given !== undefined);
  const labels = given ?? classesInTurn({ config, classNames }, noise ? 0 : seed);
  const rows = shares?.slice() ?? oneHot(labels, count, config.classes);
  const own = noise?.slice();
  return drawer.together(async ({ run }) =>
    drawImages(model, own ?? (await drawNoise(model, count, seed, run)), count, rows, run),
  );
}

/** Returns standard normal noise [count, latent] that was asked for; see `DCGAN.sampleNoise`. */
export async function sampleNoise(drawer: Drawer, count: number, seed: number): Promise<Float32Array> {
  checkCount(count);
  checkSeed(seed);
  return drawer.together(async ({ run }) => ({ done: drawNoise(drawer.model, count, seed, run) }));
}

function checkNoise(noise: Float32Array, { latent }: Config): Float32Array {
  const what = 'generate: the noise does not match the latent size';
  floats(what, noise);
  if (noise.length > 0 && noise.length % latent === 0) return noise;
  throw usage({ what, expected: `a multiple of ${latent} values, [N, ${latent}]`, got: `${noise.length}` });
}

function checkCount(count: number): number {
  return wholeNumber('the number of samples', count, 1);
}

/**
 * Generates images [N, H, W, channels] in [-1, 1] from noise [N, latent], with running statistics.
 * `shares` [N, classes] says how much of each class every image has. It settles when all runs were
 * asked for.
 */
export async function drawImages(
  model: GeneratorModel,
  noise: Float32Array,
  count: number,
  shares: Float32Array,
  run: Run,
): Promise<Handed<Float32Array>> {
  const { latent, classes } = model.config;
  let images: Float32Array | undefined;
  // The next run is requested before the images of the last one are copied.
  let last = Promise.resolve();
  for (let first = 0; first < count; first += GENERATE_AT_ONCE) {
    const n = Math.min(GENERATE_AT_ONCE, count - first);
    const inputs: Feeds = {
      [GENERATION_INPUT.noise]: noise.subarray(first * latent, (first + n) * latent),
      ...(classes > 0 && { [GENERATION_INPUT.classes]: shares.subarray(first * classes, (first + n) * classes) }),
    };
    const before = last;
    last = run(`generate ${n}`, () => generation(model, n), {
      key: { seed: 0, step: 0 },
      inputs,
      outputs: ['images'],
    }).then(([made]) => {
      images ??= new Float32Array((made!.length / n) * count);
      images.set(made!, (first * made!.length) / n);
    });
    // If both fail, the first failure is thrown.
    last.catch(() => {});
    await before;
  }
  return { done: last.then(() => images ?? new Float32Array(0)) };
}

/**
 * Returns standard normal noise [count, latent]. It depends only on the seed, not on the model's
 * state.
 */
export async function drawNoise(model: GeneratorModel, count: number, seed: number, run: Run): Promise<Float32Array> {
  const options = { key: { seed, step: START }, outputs: ['noise'] };
  const [noise] = await run(`noise ${count}`, () => sampling(model, count), options);
  return noise!;
}

/** [count, classes]: 1 in the column of each row's class. `labels` are used in turn. */
export function oneHot(labels: ArrayLike<number>, count: number, classes: number): Float32Array {
  const rows = new Float32Array(count * classes);
  for (let i = 0; i < count && classes > 0; i++) rows[i * classes + labels[i % labels.length]!] = 1;
  return rows;
}

/**
 * Returns the classes of samples when none are requested: in turn all that the data had images of.
 * For groups, the seed decides the first one.
 */
export function classesInTurn(
  { config, classNames }: { readonly config: Config; readonly classNames: ClassNames | null },
  seed: number,
): number[] {
  const all = allClasses(config).filter((label) => classNames?.[label] !== null);
  const first = config.groups > 0 ? seed % config.groups : 0;
  return [...all.slice(first), ...all.slice(0, first)];
}

/**
 * @throws a usage error for classes of a model that is not conditional, for missing ones or too
 * few, or for one that does not exist
 */
export function checkClasses({ classes }: Config, labels: ArrayLike<number> | undefined, count: number): void {
  const wrong = (what: string, expected: string, got: string): never => {
    throw usage({ what, expected, got });
  };
  if (classes === 0 && labels)
    wrong('classes were given, but this model is not conditional', 'none', String(labels.length));
  if (classes === 0) return;
  if (!labels || labels.length !== count || count === 0)
    wrong(
      'the number of classes does not match the number of images',
      `one for each of ${count} images`,
      String(labels?.length ?? 'none'),
    );
  const other = Array.from(labels!).find((label) => !(Number.isInteger(label) && label >= 0 && label < classes));
  if (other !== undefined)
    wrong('a class does not exist in this model', `whole numbers from 0 to ${classes - 1}`, String(other));
}

/** @throws a usage error for a class that the data had no image of: nothing was learned of it */
function checkLearned(labels: ArrayLike<number>, classNames: ClassNames | null): void {
  const unknown = Array.from(labels).find((label) => classNames?.[label] === null);
  if (unknown === undefined) return;
  const known = classNames!.flatMap((name, label) => (name === null ? [] : [label]));
  throw usage({
    what: `generate: the data had no image of class ${unknown}, so nothing was learned of it`,
    expected: `one of ${known.slice(0, 20).join(', ')}${known.length > 20 ? ', ...' : ''}`,
    todo: 'shares [N, classes] draw it all the same',
  });
}

function checkShares({ classes }: Config, shares: Float32Array, count: number, beside: boolean): void {
  if (beside) throw usage({ what: 'generate: give classes or shares, not both' });
  if (classes === 0)
    throw usage({
      what: 'generate: shares were given, but this model is not conditional',
      expected: 'none',
      got: `${shares.length} values`,
    });
  const what = 'generate: the shares do not match the images and classes';
  floats(what, shares);
  if (shares.length !== count * classes)
    throw usage({
      what,
      expected: `${count * classes} values, [${count}, ${classes}]`,
      got: `${shares.length}`,
    });
}
