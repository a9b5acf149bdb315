// Draws a conclusion from all figures of samples, in one word and one sentence. No figure can be
// read alone: grey static has a precision of 1.00, because all of it lies in one place among the
// data. Therefore the rules have an order, and the first rule that holds decides.
//
// The thresholds are shares of the floors, which are the same figures of held-out images. The
// sliced Wasserstein distance is the exception: its excess over the floor is used, as a difference
// of squares. Patches are normalised to deviation 1 (1,000 in its units), so this excess depends
// neither on the number of samples nor on their contrast. Each threshold stands beside the values
// that were measured: MNIST, with 100, 500 and 2,000 samples, by the digit classifier, by pixels
// and without features. The samples were static, plain grey and black, one digit and ten digits
// repeated, sevens alone, digits blurred over 3 x 3 and 5 x 5 pixels, training images, held-out
// images, and those of `tf2018` and `best` before the first epoch, after it and after the second.
import type { Evaluation, FeatureFigures } from './figures.ts';
import type { Verdict } from './verdict-kind.ts';

type Figures = Omit<Evaluation, 'verdict'>;

/**
 * Fewer samples say too little. The verdicts on 100 samples equal those on 2,000, except near a
 * threshold.
 */
const LEAST = 50;
/** Excess of some level. Black: 700; all else: at most 305. */
const BLANK = 400;
/**
 * Excess of every level. Static, grey, `tf2018` until its second epoch: 126 and more; one digit:
 * 85; blurred: 71.
 */
const NOISE = 100;
/**
 * Excess of the finest level, and its ratio to that of the others. Blurred: 54 to 129, ratio 1.8 to
 * 2.1; sevens: 41, ratio 0.5.
 */
const BLURRED = { excess: 40, times: 1.4 } as const;
/**
 * Share of samples assigned to one class, when the data are not covered. One digit, sevens: 0.99;
 * sound: 0.13.
 */
const ONE_CLASS = 0.9;
/**
 * Shares of the floor. One to ten pictures repeated: recall 0, coverage below 0.11 from 500 samples
 * on; sound: 0.78.
 */
const COLLAPSED = { recall: 0.05, coverage: 0.12 } as const;
/**
 * Shares of the floor. Ten digits, sevens: recall at most 0.26; `best` after an epoch: 0.78 and
 * 0.78. Portraits of which those of one group are nearly one picture: recall 0.01, coverage 0.99.
 */
const LITTLE_VARIETY = { recall: 0.3, coverage: 0.4 } as const;
/**
 * Share of samples that are nearer to the data than 99 of 100 held-out images. Held-out images: up
 * to 0.032; half copies: 0.5.
 */
const MEMORISED = 0.1;
/**
 * Shares of the floor, and excess of every level. Held-out images: 0.96 and 20; `best` after two
 * epochs: 0.81 and 15.
 */
const GOOD = { share: 0.8, excess: 30 } as const;

/** Returns the verdict on samples, from all of their figures. */
export function verdictOf(evaluation: Figures): Verdict {
  const { samples, slicedWasserstein, features } = evaluation;
  if (samples.count < LEAST)
    return { kind: 'too-few', text: `too few samples for a verdict: ${samples.count}, where ${LEAST} are needed` };
  const excess = slicedWasserstein.map(({ value, floor }) => Math.sqrt(Math.max(0, value ** 2 - floor ** 2)));
  const structure = byStructure(excess);
  if (structure) return structure;
  if (features) return byFeatures(features, samples.count, Math.max(...excess));
  return Math.max(...excess) <= GOOD.excess
    ? {
        kind: 'plausible',
        text: 'plausible: patches are like those of the data; copies and lack of variety would not show',
      }
    : { kind: 'fair', text: 'fair: patches differ from those of the data; copies and lack of variety would not show' };
}

/**
 * Returns whether precision and density are meaningful with this verdict. Both may be high when all
 * samples lie in one place.
 */
export function trustsPrecision({ kind }: Verdict): boolean {
  return ['memorised', 'good', 'fair', 'plausible'].includes(kind);
}

/** Returns what the patches alone prove, whatever the features say. */
function byStructure(excess: readonly number[]): Verdict | null {
  const [finest = 0, ...coarser] = excess;
  if (excess.some((level) => level > BLANK))
    return { kind: 'blank', text: 'blank: the samples are plain, without any structure' };
  if (excess.every((level) => level > NOISE)) return { kind: 'noise', text: 'noise: far from the data at every scale' };
  const others = coarser.reduce((total, level) => total + level, 0) / Math.max(1, coarser.length);
  if (finest > BLURRED.excess && finest > BLURRED.times * Math.max(0, others))
    return { kind: 'blurred', text: 'blurred: fine detail differs from that of the data more than the rest does' };
  return null;
}

function byFeatures(features: FeatureFigures, count: number, excess: number): Verdict {
  const { precision, recall, density, coverage, copying, classes } = features;
  const share = ({ value, floor }: { value: number; floor: number }): number => (floor > 0 ? value / floor : 1);
  const most = classes ? Math.max(...classes.histogram) / count : 0;
  const few = share(coverage) < LITTLE_VARIETY.coverage;
  if (classes && most >= ONE_CLASS && few)
    return {
      kind: 'collapsed',
      text: `collapsed: ${percent(most)} are taken for one class (${classes.histogram.indexOf(Math.max(...classes.histogram))})`,
    };
  const covers = `they cover ${percent(coverage.value)} of the data, and held-out images ${percent(coverage.floor)}`;
  if (share(recall) <= COLLAPSED.recall && share(coverage) < COLLAPSED.coverage)
    return { kind: 'collapsed', text: `collapsed: the samples are a few pictures again and again; ${covers}` };
  if (few) return { kind: 'little-variety', text: `little variety: ${covers}` };
  if (share(recall) < LITTLE_VARIETY.recall) {
    const lies = `${percent(recall.value)} of the data lie among the samples (recall), and ${percent(recall.floor)} among held-out images`;
    return { kind: 'little-variety', text: `little variety: ${lies}` };
  }
  if (copying.near.value > MEMORISED)
    return {
      kind: 'memorised',
      text: `memorised: ${grouped(Math.round(copying.near.value * count))} of ${grouped(count)} are copies of images of the data, or nearly so`,
    };
  const weakest = Object.entries({ precision, recall, density, coverage })
    .map(([name, found]) => ({ name, found, share: share(found) }))
    .reduce((a, b) => (b.share < a.share ? b : a));
  if (weakest.share >= GOOD.share && excess <= GOOD.excess)
    return { kind: 'good', text: 'good: by every figure nearly as near to the data as held-out images' };
  const { name, found } = weakest;
  return {
    kind: 'fair',
    text: `fair: not as near to the data as held-out images; ${name} is ${found.value.toFixed(2)}, and ${found.floor.toFixed(2)} of held-out images`,
  };
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;
const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');
