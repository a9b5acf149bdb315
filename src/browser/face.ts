// What a page's Worker does when it is asked: it holds one model, or one training, and nothing of
// the page.
import { type ExportOptions, exportModel } from '../export/export-model.ts';
import { type CreateOptions, DCGAN, type StepOptions, type StepResult } from '../gan/dcgan.ts';
import type { MachineOptions } from '../gan/machine.ts';
import type { TrainEvent } from './events.ts';
import type { SentOptions } from './page-options.ts';
import { PageRun } from './page-run.ts';

/** The values of its Worker's model that a page knows without asking. */
export type Mirror = Pick<DCGAN, 'config' | 'info' | 'seed' | 'epoch' | 'steps' | 'classNames'>;
type Tensors = Awaited<ReturnType<DCGAN['tensors']>>;

export class Face {
  #model: DCGAN | undefined;
  #run: PageRun | undefined;
  #events: AsyncGenerator<TrainEvent, void, undefined> | undefined;

  async create(options: CreateOptions): Promise<Mirror> {
    this.#model = await DCGAN.create(options);
    return mirror(this.#model);
  }

  async load(source: string | Blob | Uint8Array, isUrl: boolean, options: MachineOptions): Promise<Mirror> {
    this.#model = await DCGAN.load(isUrl ? new URL(source as string) : source, options);
    return mirror(this.#model);
  }

  step(images: Float32Array, options: StepOptions): Promise<StepResult> {
    return this.#model!.step(images, options);
  }

  prepareStep(reals: number): Promise<void> {
    return this.#model!.prepareStep(reals);
  }

  generate(...args: Parameters<DCGAN['generate']>): Promise<Float32Array> {
    return this.#model!.generate(...args);
  }

  sampleNoise(count: number, seed: number): Promise<Float32Array> {
    return this.#model!.sampleNoise(count, seed);
  }

  fixedNoise(): Promise<Float32Array> {
    return this.#model!.fixedNoise();
  }

  judge(...args: Parameters<DCGAN['judge']>): ReturnType<DCGAN['judge']> {
    return this.#model!.judge(...args);
  }

  layers(...args: Parameters<DCGAN['layers']>): ReturnType<DCGAN['layers']> {
    return this.#model!.layers(...args);
  }

  project(...args: Parameters<DCGAN['project']>): ReturnType<DCGAN['project']> {
    return this.#model!.project(...args);
  }

  tensors(): Promise<Tensors> {
    return this.#model!.tensors();
  }

  restore(tensors: Parameters<DCGAN['restore']>[0]): Promise<void> {
    return this.#model!.restore(tensors);
  }

  toBytes(epoch: number): Promise<Uint8Array<ArrayBuffer>> {
    this.#model!.epoch = epoch;
    return this.#model!.toBytes();
  }

  save(name: string, epoch: number): Promise<void> {
    this.#model!.epoch = epoch;
    return this.#model!.save(name);
  }

  /** Needs no model of its own. */
  exportModel(bytes: Uint8Array, options: ExportOptions): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
    return exportModel(bytes, options);
  }

  async dispose(): Promise<void> {
    await this.#model!.dispose();
  }

  async train(options: SentOptions): Promise<void> {
    this.#run = await PageRun.open(options);
    this.#events = this.#training();
  }

  async *#training(): AsyncGenerator<TrainEvent, void, undefined> {
    for (;;)
      try {
        return yield* this.#run!.events();
      } catch (error) {
        const change = this.#run!.deviceChange(error);
        if (!change) throw error;
        this.#run = await this.#run!.goOnOn(change.device);
        yield change.warning;
      }
  }

  next(): Promise<IteratorResult<TrainEvent, void>> {
    return this.#events!.next();
  }

  /** This is called at once, not in its turn, because a step may be in progress. */
  abort(): void {
    this.#run?.abort();
  }

  async finish(): Promise<void> {
    await this.#run?.finish();
  }
}

function mirror({ config, info, seed, epoch, steps, classNames }: DCGAN): Mirror {
  return { config, info, seed, epoch, steps, classNames };
}
