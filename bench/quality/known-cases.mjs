// Sets whose quality is known, made from the held-out half of a dataset: as it is, blurred, noisy,
// with modes left out, repeated. Figures should fall as the fault grows.
import { drawWord, wordToUniform } from '../../dist/engine/random.js';

/** Pictures [count, side, side, channels], blurred by a binomial filter again and again. */
function blurred(images, { height, width, channels }, times) {
  let from = images;
  for (let i = 0; i < times; i++)
    for (const [step, length] of [
      [channels, width],
      [channels * width, height],
    ]) {
      const to = new Float32Array(from.length);
      for (let at = 0; at < from.length; at++) {
        const place = Math.floor(at / step) % length;
        const [before, after] = [place > 0 ? at - step : at, place < length - 1 ? at + step : at];
        to[at] = (from[before] + 2 * from[at] + from[after]) / 4;
      }
      from = to;
    }
  return from;
}

/** The numbers of pictures in the order of the brightness of their upper half, darkest first. */
function brightness(images, { imageSize }) {
  return Array.from({ length: images.length / imageSize }, (_, n) => {
    let total = 0;
    for (let i = n * imageSize; i < (n + 0.5) * imageSize; i++) total += images[i];
    return { n, total };
  })
    .sort((a, b) => a.total - b.total)
    .map(({ n }) => n);
}

/** Leaves out pictures of the held-out half, and repeats others in their place. */
const only = (kept, count) => Array.from({ length: count }, (_, n) => kept[n % kept.length]);

/**
 * Cases by name, of up to `most` held-out pictures: `images`, or the `order` in which the held-out
 * ones are taken. `truth` says which values the parts of each picture of the data have.
 */
export function knownCases(data, most, truth) {
  const first = Math.ceil(data.count / 2);
  const count = Math.min(most, data.count - first);
  const all = Array.from({ length: count }, (_, n) => n);
  const held = data.batch(all.map((n) => first + n));
  const size = data.imageSize;
  const noisy = (strength) =>
    held.map((value, i) => value + strength * (2 * wordToUniform(drawWord({ seed: 1, step: 0 }, 0, i)) - 1));
  const cases = { 'held-out pictures': { order: all } };
  for (const times of [1, 2, 4, 8]) cases[`blurred ${times}`] = { images: () => blurred(held, data, times) };
  for (const strength of [0.1, 0.2, 0.4]) cases[`noise ${strength}`] = { images: () => noisy(strength) };
  cases['blends of two'] = { images: () => held.map((value, i) => (value + held[(i + size) % held.length]) / 2) };
  const sorted = brightness(held, data);
  for (const share of [0.8, 0.5, 0.2])
    cases[`the darkest ${100 * share} %`] = { order: only(sorted.slice(0, share * count), count) };
  for (const [i, [part, { length }]] of Object.entries(truth?.parts ?? {}).entries()) {
    const kept = all.filter((n) => truth.pictures[first + n][i] >= length / 2);
    cases[`half of ${part} left out`] = { order: only(kept, count) };
  }
  for (const distinct of [100, 10, 1])
    cases[`${distinct} again and again`] = { order: only(all.slice(0, distinct), count) };
  return { held, cases };
}
