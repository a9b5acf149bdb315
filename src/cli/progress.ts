// Shows a training to a person. A terminal gets one live line, and a picture that each epoch
// replaces. A pipe gets plain lines, a few for each epoch. Only the text depends on that; events
// are the same.
import { hasMatrixUnit } from '../engine/backends/native/matrix-unit.ts';
import { MEASURE_NAMES } from '../metrics/gauge.ts';
import { commandLine } from '../platform/command.ts';
import type { Picture } from '../render/grid.ts';
import type {
  DoneEvent,
  EpochEvent,
  EvaluationEvent,
  RunEvent,
  StepEvent,
  TrainEvent,
  WarningEvent,
} from '../train/events.ts';
import { LONG_SECONDS, timeInWords } from './estimate.ts';
import { clock, count, duration, grouped } from './format.ts';
import type { Screen } from './output.ts';
import type { StopSignal } from './stop.ts';

/** The live line is redrawn no more often than this. */
const REDRAW_MS = 100;
/**
 * Plain lines come at every tenth of an epoch, at least `SOONEST_MS` and at most `LATEST_MS` apart.
 */
const TENTH = 0.1;
const SOONEST_MS = 5_000;
const LATEST_MS = 30_000;
/** After this many steps it is known whether the training takes long. */
const STEPS_TO_KNOW = 5;
/** A training that takes longer than this says how long it takes. */
const WORTH_SAYING_SECONDS = 300;
/** The shown speed follows the real one by this share in each step. */
const SMOOTHING = 0.1;
/**
 * The time left follows from the pace of the whole run. Steps that lie back longer than this count
 * for less and less.
 */
const PACE_SECONDS = 300;

export class Progress {
  readonly #screen: Screen;
  readonly #quiet: boolean;
  readonly #pictures: boolean;
  readonly #matrixUnit: () => boolean;
  #run: RunEvent | null = null;
  #secondsPerStep = 0;
  #measured = 0;
  /** Steps and the seconds that they took, old ones at a discount. */
  #pace = { steps: 0, seconds: 0 };
  /** Beyond its steps, of the newest epoch that was seen whole. */
  #secondsPerEnd = 0;
  /** Of the epoch under way: the steps that were seen, and their time. */
  #seen = { steps: 0, seconds: 0 };
  #drawn = 0;
  #plain = { at: performance.now(), share: 0 };
  #stopping = false;

  /**
   * @param pictures whether pictures are drawn on a terminal
   * @param matrixUnit whether the processor has a unit for products in bf16
   */
  constructor(screen: Screen, quiet: boolean, pictures = true, matrixUnit = () => hasMatrixUnit()) {
    this.#screen = screen;
    this.#quiet = quiet;
    this.#pictures = pictures;
    this.#matrixUnit = matrixUnit;
  }

  /** The run's folder. It is empty before the first event. */
  get folder(): string {
    return this.#run?.folder ?? '';
  }

  preparing(): void {
    if (!this.#quiet) this.#screen.live('Preparing; the first time, kernels are compiled for this machine ...');
  }

  stopping(signal: StopSignal): void {
    this.#stopping = true;
    if (this.#quiet) return;
    const again = signal === 'SIGINT' ? '; Ctrl-C again stops at once' : '';
    this.#screen.print(`Finishing the step and saving${again}.`);
  }

  show(event: TrainEvent): void {
    if (event.type === 'run') this.#run = event;
    if (event.type === 'step') this.#measure(event);
    if (event.type === 'epoch') this.#measureEnd(event);
    if (this.#quiet) return;
    if (event.type === 'run') this.#begin(event);
    else if (event.type === 'step') this.#step(event);
    else if (event.type === 'picture') this.#picture(event.picture);
    else if (event.type === 'epoch') this.#epoch(event);
    else if (event.type === 'evaluation') this.#evaluation(event);
    else if (event.type === 'warning') this.#warning(event);
    else if (event.type === 'done') this.#done(event);
  }

  #picture(picture: Picture): void {
    if (this.#pictures) this.#screen.pictureInPlace(picture);
  }

  #begin({ folder, config, seed, data, info, stepsPerEpoch, resumed, notes }: RunEvent): void {
    const print = (text: string): void => this.#screen.print(text);
    print(`Device: ${info.device} (${info.variant}), ${count(info.threads, 'thread')}: ${info.reason}`);
    print(
      `Run: ${folder}, preset ${config.preset}, seed ${seed}, ${grouped(data.count)} images of ${data.name}, ` +
        `${count(config.epochs, 'epoch')} of ${count(stepsPerEpoch, 'step')}`,
    );
    if (resumed && resumed.epoch < config.epochs)
      print(`Goes on after epoch ${resumed.epoch}, step ${resumed.step}, from ${resumed.path ?? 'the start'}`);
    for (const note of notes) print(`Note: ${note}.`);
    if (!resumed) print(whatToExpect(folder, config.preset, data.name));
    this.#plain = { at: performance.now(), share: 0 };
  }

  /** Takes the mean of the first steps, then an exponential moving average. */
  #measure({ seconds }: StepEvent): void {
    this.#seen = { steps: this.#seen.steps + 1, seconds: this.#seen.seconds + seconds };
    this.#measured++;
    this.#secondsPerStep += Math.max(SMOOTHING, 1 / this.#measured) * (seconds - this.#secondsPerStep);
    const kept = Math.exp(-seconds / PACE_SECONDS);
    this.#pace = { steps: kept * this.#pace.steps + 1, seconds: kept * this.#pace.seconds + seconds };
  }

  /**
   * Returns the seconds that the rest of the run takes at its pace, pictures and checkpoints
   * included.
   */
  #secondsLeft(step: number): number {
    const { config, stepsPerEpoch } = this.#run!;
    const steps = config.epochs * stepsPerEpoch - step;
    return (steps * this.#pace.seconds) / this.#pace.steps + this.#endsLeft(step);
  }

  /**
   * Takes the time of an epoch beyond its steps: of its picture, its figures and its checkpoint.
   */
  #measureEnd({ seconds }: EpochEvent): void {
    const whole = this.#seen.steps === this.#run!.stepsPerEpoch;
    if (whole) this.#secondsPerEnd = Math.max(0, seconds - this.#seen.seconds);
    this.#seen = { steps: 0, seconds: 0 };
  }

  /** Returns the seconds that the ends of the epochs take that are still to come. */
  #endsLeft(step: number): number {
    const { config, stepsPerEpoch } = this.#run!;
    return (config.epochs - Math.floor((step - 1) / stepsPerEpoch)) * this.#secondsPerEnd;
  }

  /** Says once how long the rest of the training takes. */
  #sayIfLong({ step }: StepEvent): void {
    const { config, stepsPerEpoch } = this.#run!;
    const left = config.epochs * stepsPerEpoch - step;
    const seconds = left * this.#secondsPerStep + this.#endsLeft(step);
    if (this.#measured !== STEPS_TO_KNOW || seconds <= WORTH_SAYING_SECONDS) return;
    const time =
      seconds <= LONG_SECONDS
        ? duration(seconds)
        : timeInWords(config, stepsPerEpoch, this.#secondsPerStep, this.#secondsPerEnd);
    this.#screen.print(`Note: at this speed it takes ${time}.${this.#fasterWay()}`);
  }

  /** Names the option that makes steps faster on this processor, where there is one. */
  #fasterWay(): string {
    const { config, info } = this.#run!;
    if (info.device !== 'native' || config.precision === 'bf16' || !this.#matrixUnit()) return '';
    const doctor = commandLine(['doctor']);
    return ` A new run with --precision bf16 may take half the time, because this processor has a matrix unit (${doctor} times both).`;
  }

  #step(event: StepEvent): void {
    this.#sayIfLong(event);
    const now = performance.now();
    if (this.#screen.terminal) {
      if (now - this.#drawn < REDRAW_MS || this.#stopping) return;
      this.#drawn = now;
      this.#screen.live(this.#line(event, this.#screen.columns - 1));
      return;
    }
    const share = event.stepInEpoch / this.#run!.stepsPerEpoch;
    if (share < this.#plain.share) this.#plain.share = 0;
    const since = now - this.#plain.at;
    const due = since >= LATEST_MS || (since >= SOONEST_MS && share - this.#plain.share >= TENTH);
    if (!due || share === 1) return;
    this.#plain = { at: now, share };
    this.#screen.print(this.#line(event, Number.POSITIVE_INFINITY));
  }

  /** Returns the whole line where there is room, else the same numbers with fewer words. */
  #line(event: StepEvent, room: number): string {
    const { config, stepsPerEpoch } = this.#run!;
    const seconds = this.#secondsPerStep;
    const epoch = `${event.epoch}/${config.epochs}`;
    const step = `${event.stepInEpoch}/${stepsPerEpoch}`;
    const eta = `ETA ${clock(this.#secondsLeft(event.step))}`;
    const speed = Math.round(Math.min(config.batchSize, this.#run!.data.count) / seconds);
    const measures = [
      `G ${event.generatorLoss.toFixed(3)}`,
      `D ${event.discriminatorLoss.toFixed(3)}`,
      `D(x) ${event.realScore.toFixed(2)}`,
      `D(G(z)) ${event.fakeScore.toFixed(2)}`,
      `${Math.round(process.memoryUsage.rss() / 1e6)} MB`,
    ];
    const full = [`epoch ${epoch}`, `step ${step}`, eta, `${speed} images/s`, ...measures].join('  ');
    return full.length <= room ? full : [epoch, step, eta, `${speed}/s`, ...measures].join(' ');
  }

  #epoch({ epoch, seconds, generatorLoss, discriminatorLoss, realScore, fakeScore }: EpochEvent): void {
    this.#plain = { at: performance.now(), share: 0 };
    const print = (text: string): void => this.#screen.print(text);
    print(`Time taken for epoch ${epoch} is ${seconds.toFixed(2)} sec`);
    print(
      `  generator loss ${generatorLoss.toFixed(3)}, discriminator loss ${discriminatorLoss.toFixed(3)}, ` +
        `D(x) ${realScore.toFixed(2)}, D(G(z)) ${fakeScore.toFixed(2)}`,
    );
  }

  #evaluation({ measure, value, samples, best, seconds }: EvaluationEvent): void {
    const name = `${MEASURE_NAMES[measure]} of ${grouped(samples)} samples`;
    this.#screen.print(`  ${name} ${value.toFixed(2)}${best ? ', the best so far' : ''} (${seconds.toFixed(1)} s)`);
  }

  #warning({ step, since, seen, help }: WarningEvent): void {
    const when = since === step ? `in step ${step}` : `since step ${since}, seen in step ${step}`;
    this.#screen.print(`Warning, ${when}: ${seen}. ${help}.`);
  }

  #done({ folder, epochs, gif, already }: DoneEvent): void {
    const print = (text: string): void => this.#screen.print(text);
    if (already) print(`${folder} is finished: ${count(epochs, 'epoch')}. --epochs N with a larger N goes on.`);
    else print(`Done: ${count(epochs, 'epoch')} in ${folder}`);
    print(`Film: ${gif}  (${commandLine(['show', folder, '--gif'])} plays it here)`);
  }
}

/**
 * Says where the pictures are and what the first ones are like, so that nobody stops a sound
 * training.
 */
function whatToExpect(folder: string, preset: string, data: string): string {
  const where = `A picture after each epoch: ${folder}/images`;
  if (preset !== 'tf2018' || data !== 'mnist') return `${where}.`;
  return (
    `${where}. The first two show one grey pattern sixteen times; digits come later. ` +
    'Legible digits after two epochs: --preset best --epochs 2.'
  );
}
