// A page's training in its Worker. It uses the loop of train/loop.ts, so it has Node's bits. Events
// carry what Node writes into a folder, and the page keeps it if it is asked to.
import { nameOfState } from '../checkpoint/names.ts';
import { Dataset } from '../data/dataset.ts';
import { DCGAN } from '../gan/dcgan.ts';
import { checkSeed, randomSeed } from '../gan/drawing.ts';
import { decodeSnapshot, encodeSnapshot, type Snapshot } from '../gan/snapshot.ts';
import { DcganError, usage } from '../platform/errors.ts';
import { type DeviceChange, deviceChange } from '../train/device-change.ts';
import type { Divergence } from '../train/health/divergence.ts';
import { Loop, type State } from '../train/loop.ts';
import { progressPicture } from '../train/progress-pictures.ts';
import { classNamesOf, configOn, continuedConfig, refuseSettled, withGroups } from '../train/settle.ts';
import type { CheckpointEvent, PictureEvent, TrainEvent } from './events.ts';
import * as kept from './kept.ts';
import { checkPageOptions, type SentOptions } from './page-options.ts';

export class PageRun extends Loop<PictureEvent, CheckpointEvent> {
  readonly #options: SentOptions;
  readonly #kept: string | null;
  readonly #unlock: () => void;
  readonly #resumed: boolean;
  #aborted = false;
  /** The last checkpoint if the run may change to another device; else null. */
  #retreat: Snapshot | null = null;

  private constructor(
    gan: DCGAN,
    data: Dataset,
    options: SentOptions,
    { kept, unlock, resumed }: { readonly kept: string | null; readonly unlock: () => void; readonly resumed: boolean },
  ) {
    super({ gan, data, pictureEvery: options.pictureEvery });
    this.#options = options;
    this.#kept = kept;
    this.#unlock = unlock;
    this.#resumed = resumed;
  }

  static async open(options: SentOptions): Promise<PageRun> {
    checkPageOptions(options);
    const { resume, keep } = options;
    const name = keep ?? (typeof resume === 'string' ? resume : null);
    const unlock = name === null ? () => {} : await kept.lock(name);
    try {
      if (name !== null && name !== resume && (await kept.newest(name)))
        throw usage({
          what: `this page keeps a run ${name} already`,
          todo: 'Resume it, remove it, or choose another name',
        });
      const data = await openData(options);
      const gan = resume === undefined ? await openFresh(options, data) : await openAt(resume, options, data);
      if (name !== null && name !== resume) await kept.noteData(name, data);
      const grouped = await withGroups(data, gan.config);
      return new PageRun(gan, grouped, options, { kept: name, unlock, resumed: resume !== undefined });
    } catch (error) {
      unlock();
      throw error;
    }
  }

  /** Finishes the step in progress, saves it, and stops. */
  abort(): void {
    this.#aborted = true;
  }

  /** Returns how this run continues after `error`; null when the error ends it. */
  deviceChange(error: unknown): DeviceChange | null {
    return this.#retreat && deviceChange(error, { gan: this.gan, taken: this.taken });
  }

  /**
   * Returns the same run on another device, from its last checkpoint. It disposes of this run's
   * model.
   */
  async goOnOn(device: string): Promise<PageRun> {
    await this.gan.dispose();
    const gan = await DCGAN.fromSnapshot(this.#retreat!, { device, threads: this.#options.threads });
    const rest = { kept: this.#kept, unlock: this.#unlock, resumed: true };
    const run = new PageRun(gan, this.data, { ...this.#options, device }, rest);
    run.#aborted = this.#aborted;
    return run;
  }

  async *events(): AsyncGenerator<TrainEvent, void, undefined> {
    if (this.gan.info.fallback !== null) this.#retreat = this.#snapshot(await this.gan.tensors());
    const { config, seed, info, epoch, steps: step } = this.gan;
    const { name, count } = this.data;
    yield {
      type: 'run',
      kept: this.#kept,
      config,
      seed,
      data: { name, count },
      info,
      stepsPerEpoch: this.stepsPerEpoch,
      resumed: this.#resumed ? { epoch, step } : null,
      notes: [],
    };
    const already = this.isDone;
    // Every step has a checkpoint before it, as in Node.
    if (step === 0 && this.#kept !== null) await this.saveNow();
    if (!already) yield* this.epochs();
    const saved = this.isDone ? null : await this.saveNow();
    if (this.divergence) throw diverged(this.divergence);
    if (saved) yield { ...saved, type: 'interrupted' };
    else yield { type: 'done', epochs: this.gan.epoch, already };
  }

  /** Keeps the work that a broken iteration would lose, and frees the device. */
  async finish(): Promise<void> {
    try {
      if (this.#kept !== null) await this.saveUnsaved();
    } finally {
      this.#unlock();
      await this.gan.dispose();
    }
  }

  protected override get stopping(): boolean {
    return this.#aborted;
  }

  protected override picture(epoch: number, images: Float32Array): PictureEvent {
    const picture = progressPicture(images, this.gan, this.#options.contrast ?? 'fixed');
    return { type: 'picture', epoch, step: this.gan.steps, picture };
  }

  #snapshot(tensors: State): Snapshot {
    const { config, seed, epoch, steps: step, classNames } = this.gan;
    return { config, seed, epoch, step, ...(classNames && { classNames }), tensors };
  }

  protected override async save(tensors: State): Promise<CheckpointEvent> {
    const snapshot = this.#snapshot(tensors);
    const { epoch, step } = snapshot;
    const name = nameOfState({ epoch, step }, this.stepsPerEpoch);
    const bytes = encodeSnapshot(snapshot);
    if (this.#kept !== null) await kept.add(this.#kept, name, bytes);
    if (this.#retreat) this.#retreat = snapshot;
    return { type: 'checkpoint', epoch, step, name, bytes };
  }
}

async function openData({ data: parts, resume }: SentOptions): Promise<Dataset> {
  const data = new Dataset(parts);
  return typeof resume === 'string' ? kept.dataOf(resume, data) : data;
}

function diverged({ step, seen }: Divergence): DcganError {
  return new DcganError({
    what: `the training has diverged: in step ${step} ${seen}`,
    todo:
      'Start a new run with a lower learningRate, or go on from the last checkpoint in Node: ' +
      'npx dcgan train --resume FILE --on-nan lower-lr',
  });
}

function openFresh({ seed, device, threads, ...options }: SentOptions, data: Dataset): Promise<DCGAN> {
  const config = configOn(data, options);
  const classNames = classNamesOf(config, data);
  return DCGAN.create({ ...config, classNames, seed: checkSeed(seed ?? randomSeed()), device, threads });
}

async function openAt(resume: string | Uint8Array, options: SentOptions, data: Dataset): Promise<DCGAN> {
  refuseSettled({ ...options });
  const snapshot = await snapshotOf(resume);
  const config = continuedConfig(snapshot, data, options.epochs);
  const machine = { device: options.device, threads: options.threads };
  return DCGAN.fromSnapshot({ ...snapshot, config }, machine);
}

async function snapshotOf(resume: string | Uint8Array): Promise<Snapshot> {
  if (typeof resume !== 'string') return decodeSnapshot(resume, 'the checkpoint');
  const newest = await kept.newest(resume);
  if (!newest)
    throw usage({
      what: `this page keeps no run ${resume}`,
      todo: 'Check the name, or give a checkpoint: a Blob or its bytes',
    });
  return decodeSnapshot(new Uint8Array(await newest.file.arrayBuffer()), newest.name);
}
