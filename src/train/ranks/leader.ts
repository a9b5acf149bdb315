// Rank 0 of a run over several processes. It trains as a single process does, and tells the others
// before each step what to compute (follower.ts). Only it reads and writes the run's folder.
import type { Dataset } from '../../data/dataset.ts';
import { joinFloats, type Ranks } from '../../engine/shards.ts';
import type { DCGAN } from '../../gan/dcgan.ts';
import { DcganError } from '../../platform/errors.ts';
import { VERSION } from '../../platform/version.ts';
import { rankIn, type World } from '../../ranks/world.ts';
import type { Followers } from '../steps.ts';
import { type AskedData, bytesOf, encodeOrder, type Order, type PrepareAnswer } from './orders.ts';

export class Leader implements Ranks, Followers {
  readonly rank = 0;
  readonly count: number;
  readonly #world: World;
  readonly #onBegin: ((folder: string) => void) | undefined;
  readonly #stop = new AbortController();
  #began = false;

  /** @param onBegin learns where the run lies */
  constructor(world: World, onBegin?: (folder: string) => void) {
    this.#world = world;
    this.#onBegin = onBegin;
    this.count = world.count;
  }

  /** Is aborted before a step when another rank wishes to stop. */
  get stopped(): AbortSignal {
    return this.#stop.signal;
  }

  /** The threads of a rank where none are asked for. */
  get threads(): number {
    return this.#world.cores;
  }

  /** How many ranks there are and what joins them, for people. */
  get words(): string {
    const { hosts, library } = this.#world;
    const machines = new Set(hosts).size;
    return `${this.count} ranks on ${machines === 1 ? 'one host' : `${machines} hosts`} (${library})`;
  }

  /** Whether the followers may wait for sums of a step. */
  get began(): boolean {
    return this.#began;
  }

  sum(part: Float32Array): Promise<Float32Array> {
    return this.#world.sum(part);
  }

  /**
   * Lets all ranks open the same data and the same model.
   * @throws DcganError that names the first rank that cannot
   */
  async prepare({ config, seed, info }: DCGAN, data: Dataset, asked: AskedData['options']): Promise<void> {
    const { data: source, ...options } = asked;
    const { count, sha256 } = data;
    await this.#tell({
      order: 'prepare',
      version: VERSION,
      config,
      seed,
      device: info.device,
      variant: info.variant,
      data: { data: typeof source === 'string' ? source : null, options, count, sha256 },
    });
    if (config.classes > 0) await this.#world.broadcast(data.labels!);
    const answers = await this.#world.gather(JSON.stringify({ wrong: null } satisfies PrepareAnswer));
    for (const [rank, text] of answers.entries()) {
      const { wrong, todo } = JSON.parse(text) as PrepareAnswer;
      if (wrong !== null)
        throw new DcganError({ what: `${rankIn(this.#world, rank)}: ${wrong}`, ...(todo !== undefined && { todo }) });
    }
  }

  /** Gives all ranks the state of the model, and tells them where the run lies. */
  async begin(folder: string, gan: DCGAN): Promise<void> {
    this.#onBegin?.(folder);
    await this.#tell({ order: 'begin', folder });
    const tensors = [...(await gan.tensors()).values()];
    await this.#world.broadcast(bytesOf(joinFloats(tensors.map(({ data }) => data))));
    this.#began = true;
  }

  step(step: number, indices: Uint32Array): void {
    if (this.#world.stopping) this.#stop.abort();
    // What goes wrong here also goes wrong with the sums of the step, which are waited for.
    this.#tell({ order: 'step', step, images: [...indices] }).catch(() => {});
  }

  /** Lets all ranks end; no step is under way. */
  async end(): Promise<void> {
    await this.#tell({ order: 'end' });
    await this.#world.close();
  }

  #tell(order: Order): Promise<unknown> {
    return this.#world.broadcast(encodeOrder(order));
  }
}
