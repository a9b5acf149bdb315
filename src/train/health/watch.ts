// Watches a training for the usual problems of GANs, using the numbers that it has anyway. It
// receives each step and each epoch in order and returns warnings, each condition once. The same
// numbers give the same warnings, so a resumed run replays its metrics and repeats none. Each
// threshold stands beside the values that were measured on sound and on provoked trainings: the
// first 120 epochs of tf2018, nine of its variants over five epochs (`--lr 1e-3`, `--bn-d`, `--ema`
// ...), and 45 short ones of `tiny`.
import type { StepResult } from '../../gan/dcgan.ts';
import type { Config } from '../../gan/schema.ts';
import { meansOf } from '../epoch.ts';
import type { MetricsLine } from '../metrics.ts';
import { adviceOn, type Condition } from './advice.ts';
import type { Diversities } from './diversity.ts';
import type { GradientNorms } from './state.ts';

/** Describes what goes wrong in a run, and what usually helps. */
export interface Warning {
  /** What goes wrong, as one word. */
  readonly condition: Condition;
  /** The step in which it was seen. */
  readonly step: number;
  /** The step with which it began. */
  readonly since: number;
  /** What was seen, in one sentence without a full stop. */
  readonly seen: string;
  /** What usually helps, in one sentence without a full stop. */
  readonly help: string;
}

export interface WatchedStep extends StepResult {
  readonly step: number;
}

export interface WatchedEpoch extends Diversities, GradientNorms {
  readonly epoch: number;
  readonly step: number;
}

/**
 * Warns after this many steps in a row in which the discriminator tells all images apart. Sound: at
 * most 30; provoked: 390 and more.
 */
const WON_STEPS = 200;
/** The gap is the mean D(x) minus the mean D(G(z)). */
const WON_GAP = 0.95;
/**
 * With loss ls the discriminator's loss decides, because scores mean nothing there. Sound: 0.014;
 * provoked: 0.002.
 */
const WON_LEAST_SQUARES = 0.005;
/**
 * Warns when the discriminator changes this often between telling most images apart and telling
 * few. Sound: 12 times in 1,000 steps; provoked: 37 in 768.
 */
const SWINGS = 20;
const SWING_STEPS = 1000;
const SWING_GAPS = { high: 0.8, low: 0.2 } as const;
/**
 * Warns after this many steps in a row with such a loss. Sound: below 15; provoked: 1e4 to 1e10.
 */
const EXPLODED_STEPS = 20;
const EXPLODED_LOSS = 1000;
/**
 * Warns when two epochs in a row end below a quarter of the best diversity or below 0.02. Sound:
 * half of the best, and 0.06.
 */
const COLLAPSED_SHARE = 1 / 4;
const COLLAPSED = 0.02;
/**
 * The same after this many steps, below this diversity. Sound: 0.59 after 1,175 steps of tf2018;
 * 2,000 portraits without groups: 0.05 to 0.09 in all of 3,000 steps.
 */
const NEVER_DIVERSE = 0.15;
const NEVER_DIVERSE_AFTER = 2000;
/**
 * Warns when two epochs in a row end with less diversity within classes, after this many steps.
 * Sound (MNIST, Fashion-MNIST): 0.64 to 1.03; collapsed (28 groups of 51 images): 0.27 falling to
 * 0.09.
 */
const CLASS_COLLAPSED = 0.15;
const CLASS_COLLAPSED_AFTER = 1000;
/**
 * Warns of little variety after an epoch whose recall is below this while its coverage says that
 * the networks have learned enough, or with so little diversity within classes while all samples
 * together are diverse. It takes `after` steps to tell, because before them sound trainings have
 * the same figures. Measured from then on. Sound (`best` on 2,000 portraits of two sets, 2,000
 * icons, 714 emoji and 2,000 digits, `quick` on 10,000 digits): a recall of 0.09 to 0.82, and 0.53
 * to 0.89 within classes. Little variety: a recall of 0 to 0.04 with a coverage of 0.7 to 0.99
 * (both sets of portraits with DiffAugment and without R1), or 0.20 to 0.27 within classes
 * (portraits without either, emoji with DiffAugment in batches of 64). Learned little: a coverage
 * of 0.11 to 0.27 (`tiny`, in batches of 4), and of 0.33 with a recall of 0.05 (`tf2018` in step
 * 2,115).
 */
const LITTLE_VARIETY = { recall: 0.06, coverage: 0.65, within: 0.4, all: 0.7, after: 2000 } as const;
/**
 * A network learns no more when its gradient falls below this share of its longest one. Sound: 0.04
 * and more; provoked: 3e-8 and less.
 */
const VANISHED_SHARE = 1e-6;

/** Counts since when a condition has held without a break. */
class Streak {
  #since: number | null = null;

  /**
   * Returns the step since which the condition holds, or null. It must be called for each step in
   * order.
   */
  since(step: number, holds: boolean): number | null {
    this.#since = holds ? (this.#since ?? step) : null;
    return this.#since;
  }
}

export class Watch {
  readonly #config: Config;
  readonly #warned = new Set<Condition>();
  readonly #won = new Streak();
  readonly #exploded = new Streak();
  readonly #swings: number[] = [];
  #wasHigh: boolean | null = null;
  #mostDiverse = 0;
  readonly #low = new Streak();
  readonly #lowInClasses = new Streak();
  readonly #longest = { generatorGradient: 0, discriminatorGradient: 0 };

  constructor(config: Config) {
    this.#config = config;
  }

  /** Replays a line of the metrics. Lines must come in order. */
  remember(line: MetricsLine): void {
    if (line.type === 'evaluation') return;
    const { epoch, step, diversity = null, classDiversity = null, recall = null, coverage = null } = line;
    const { generatorGradient, discriminatorGradient } = line;
    const figures = { diversity, classDiversity, recall, coverage };
    if (line.type === 'step') this.step({ step, ...meansOf([line]) });
    else if (typeof generatorGradient === 'number' && typeof discriminatorGradient === 'number')
      this.epoch({ epoch, step, ...figures, generatorGradient, discriminatorGradient });
  }

  step(numbers: WatchedStep): Warning[] {
    return [this.#seenWon(numbers), this.#seenExploded(numbers), this.#swung(numbers)].filter(
      (found) => found !== null,
    );
  }

  epoch(epoch: WatchedEpoch): Warning[] {
    return [
      this.#collapsed(epoch),
      this.#collapsedInClasses(epoch),
      this.#littleVariety(epoch),
      this.#vanished(epoch),
    ].filter((found) => found !== null);
  }

  #seenWon({ step, realScore, fakeScore, discriminatorLoss }: WatchedStep): Warning | null {
    const { loss, labelSmoothing } = this.#config;
    if (loss === 'wgan-gp') return null;
    const gap = (realScore - fakeScore) / (1 - labelSmoothing);
    const won = loss === 'ls' ? discriminatorLoss < WON_LEAST_SQUARES : gap > WON_GAP;
    const since = this.#won.since(step, won);
    if (since === null || step - since + 1 < WON_STEPS) return null;
    const scores = `D(x) is ${realScore.toFixed(3)}, D(G(z)) ${fakeScore.toFixed(3)}`;
    const seen = `the discriminator has won: it tells reals and fakes apart without fail (${scores})`;
    return this.#warn('discriminator-won', step, since, seen);
  }

  #seenExploded({ step, generatorLoss, discriminatorLoss }: WatchedStep): Warning | null {
    const largest = Math.max(Math.abs(generatorLoss), Math.abs(discriminatorLoss));
    const since = this.#exploded.since(step, !(largest < EXPLODED_LOSS));
    if (since === null || step - since + 1 < EXPLODED_STEPS) return null;
    const seen = `the losses explode: G ${generatorLoss.toPrecision(3)}, D ${discriminatorLoss.toPrecision(3)}`;
    return this.#warn('explosion', step, since, seen);
  }

  #swung({ step, realScore, fakeScore }: WatchedStep): Warning | null {
    // The scores of a critic and of least squares are not probabilities, so swings in them mean
    // nothing.
    if (this.#config.loss === 'wgan-gp' || this.#config.loss === 'ls') return null;
    const gap = realScore - fakeScore;
    const isHigh = gap > SWING_GAPS.high ? true : gap < SWING_GAPS.low ? false : this.#wasHigh;
    if (this.#wasHigh !== null && isHigh !== this.#wasHigh) this.#swings.push(step);
    this.#wasHigh = isHigh;
    while (this.#swings.length > 0 && step - this.#swings[0]! >= SWING_STEPS) this.#swings.shift();
    if (this.#swings.length < SWINGS) return null;
    const since = this.#swings[0]!;
    const seen = `the networks oscillate: the discriminator went ${SWINGS} times between telling most pictures apart and few`;
    return this.#warn('oscillation', step, since, seen);
  }

  #collapsed({ step, epoch, diversity }: WatchedEpoch): Warning | null {
    if (diversity === null) return null;
    const least = step > NEVER_DIVERSE_AFTER ? NEVER_DIVERSE : COLLAPSED;
    const low = diversity < Math.max(least, COLLAPSED_SHARE * this.#mostDiverse);
    this.#mostDiverse = Math.max(this.#mostDiverse, diversity);
    const since = this.#low.since(step, low);
    if (since === null || since === step) return null;
    const share = `${(100 * diversity).toFixed(1)} % as much as the reals do`;
    const seen = `mode collapse: the pictures of epoch ${epoch} differ from each other only ${share}`;
    return this.#warn('mode-collapse', step, since, seen);
  }

  #collapsedInClasses({ step, epoch, classDiversity }: WatchedEpoch): Warning | null {
    const within = classDiversity ?? 1;
    const since = this.#lowInClasses.since(step, step > CLASS_COLLAPSED_AFTER && within < CLASS_COLLAPSED);
    if (since === null || since === step) return null;
    return this.#warn('class-collapse', step, since, `mode collapse: ${this.#alike(epoch, within)}`);
  }

  #littleVariety(figures: WatchedEpoch): Warning | null {
    const { step, epoch, diversity, classDiversity, recall, coverage } = figures;
    // Collapsed classes are a stronger word for the same.
    if (step < LITTLE_VARIETY.after || this.#warned.has('class-collapse')) return null;
    const warn = (seen: string): Warning | null => this.#warn('little-variety', step, step, `little variety: ${seen}`);
    const [share, within] = [recall ?? 1, classDiversity ?? 1];
    if (share < LITTLE_VARIETY.recall && (coverage ?? 0) >= LITTLE_VARIETY.coverage)
      return warn(`only ${(100 * share).toFixed(1)} % of the reals lie among the samples of epoch ${epoch}`);
    if (within < LITTLE_VARIETY.within && (diversity ?? 0) >= LITTLE_VARIETY.all)
      return warn(this.#alike(epoch, within));
    return null;
  }

  /** Says how alike samples of one class are. */
  #alike(epoch: number, within: number): string {
    const of = this.#config.groups > 0 ? 'group' : 'class';
    const share = `${(100 * within).toFixed(1)} % as much as its reals do`;
    return `samples of one ${of} in epoch ${epoch} differ from each other only ${share}`;
  }

  #vanished({ step, ...norms }: WatchedEpoch): Warning | null {
    let found: Warning | null = null;
    for (const network of ['generator', 'discriminator'] as const) {
      const key = `${network}Gradient` as const;
      const gone = norms[key] < VANISHED_SHARE * this.#longest[key];
      this.#longest[key] = Math.max(this.#longest[key], norms[key]);
      const seen = `the ${network} learns no more: its gradient has vanished (norm ${norms[key].toPrecision(2)})`;
      if (gone) found ??= this.#warn('vanished-gradient', step, step, seen);
    }
    return found;
  }

  #warn(condition: Condition, step: number, since: number, seen: string): Warning | null {
    if (this.#warned.has(condition)) return null;
    this.#warned.add(condition);
    return { condition, step, since, seen, help: adviceOn(condition, this.#config) };
  }
}
