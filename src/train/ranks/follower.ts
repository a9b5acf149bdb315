// A rank of a run that is not the first. It does what the leader tells it (leader.ts): it opens
// the same data and the same model, takes the leader's state, and computes its shards of each step
// on its own share of the images. It touches no run folder.
import type { Dataset } from '../../data/dataset.ts';
import { size } from '../../engine/graph.ts';
import { Machine } from '../../gan/machine.ts';
import { DcganError } from '../../platform/errors.ts';
import { VERSION } from '../../platform/version.ts';
import type { World } from '../../ranks/world.ts';
import { openData } from '../run-data.ts';
import { answerOf, decodeOrder, type PrepareAnswer, type PrepareOrder } from './orders.ts';

export interface FollowOptions {
  /** The default is the rank's share of its host's cores. */
  readonly threads?: number | undefined;
  /** Learns where the run lies, as the leader sees it. */
  readonly onBegin?: (folder: string) => void;
}

interface Ready {
  readonly order: PrepareOrder;
  readonly data: Dataset;
  readonly machine: Machine;
  /** Room for the images of a step, which is reused. */
  readonly room: Float32Array<ArrayBuffer>;
}

/**
 * Follows the leader until it ends.
 * @throws DcganError when this rank fails in a step; then all ranks have to be ended
 */
export async function follow(world: World, { threads = world.cores, onBegin }: FollowOptions = {}): Promise<void> {
  const now: { ready: Ready | null } = { ready: null };
  try {
    for (;;) {
      const order = decodeOrder(await world.broadcast(null));
      if (order.order === 'end') break;
      if (order.order === 'prepare') {
        const labels = order.config.classes > 0 ? await world.broadcast(null) : null;
        const known = now.ready?.data;
        await now.ready?.machine.dispose();
        now.ready = null;
        const answer = await prepared(world, { order, labels, known, threads }).then((opened): PrepareAnswer => {
          now.ready = opened;
          return { wrong: null };
        }, answerOf);
        await world.gather(JSON.stringify(answer));
      } else if (order.order === 'begin') {
        onBegin?.(order.folder);
        await takeState(now.ready!.machine, await world.broadcast(null));
      } else await step(now.ready!, order.step, order.images);
    }
  } finally {
    await now.ready?.machine.dispose();
  }
  await world.close();
}

interface Asked {
  readonly order: PrepareOrder;
  readonly labels: Uint8Array | null;
  /** The data of the model before, which may be the same. */
  readonly known: Dataset | undefined;
  readonly threads: number;
}

async function prepared(world: World, { order, labels, known, threads }: Asked): Promise<Ready> {
  const differs = (what: string, expected: string, got: string, todo: string): DcganError =>
    new DcganError({ what, expected: `${expected} as on rank 0`, got, todo });
  if (order.version !== VERSION)
    throw differs('another version of the program', order.version, VERSION, 'Install the same version on all hosts');
  const data = await openSame(order, known);
  const { config, device, variant } = order;
  const machine = await Machine.open(config, { device, variant, threads, ranks: world });
  try {
    await machine.prepareStep(config.batchSize);
    if (machine.info.variant !== variant)
      throw differs(
        'other kernels, which round differently',
        variant,
        machine.info.variant,
        'Use hosts with equal processors and compilers, or --device wasm, which is the same everywhere',
      );
  } catch (error) {
    await machine.dispose();
    throw error;
  }
  const room = new Float32Array(machine.held(config.batchSize).count * data.imageSize);
  return { order, machine, data: labels ? data.labelled(labels) : data, room };
}

async function openSame({ data: asked }: PrepareOrder, known: Dataset | undefined): Promise<Dataset> {
  const same = (one: Dataset): boolean => one.count === asked.count && one.sha256 === asked.sha256;
  if (known && same(known)) return known;
  if (asked.data === null)
    throw new DcganError({
      what: 'the images were given to rank 0 as a dataset',
      todo: 'Give a name or a path that all ranks can open',
    });
  const data = await openData({ ...asked.options, data: asked.data });
  if (same(data)) return data;
  throw new DcganError({
    what: `the images of ${asked.data} are others`,
    expected: `${asked.count} with SHA-256 ${asked.sha256.slice(0, 12)}... as on rank 0`,
    got: `${data.count} with ${data.sha256.slice(0, 12)}...`,
    todo: 'Copy the same files to all hosts, or use a shared file system',
  });
}

/** Takes the values of all tensors in the order of their places. */
async function takeState(machine: Machine, bytes: Uint8Array): Promise<void> {
  const all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const state = new Map<string, Float32Array>();
  let at = 0;
  for (const [name, { shape }] of machine.model.layout.slots) {
    state.set(name, all.subarray(at, at + size(shape)));
    at += size(shape);
  }
  await machine.writeState(state);
}

async function step({ order, data, machine, room }: Ready, number: number, indices: readonly number[]): Promise<void> {
  const { seed, config } = order;
  const { first, count } = machine.held(indices.length);
  const images = data.batch(indices.slice(first, first + count), room.subarray(0, count * data.imageSize));
  const classes = config.classes > 0 ? indices.map((i) => data.labels![i]!) : undefined;
  await machine.step({ seed, step: number, images, reals: indices.length, classes, outputs: [] });
}
