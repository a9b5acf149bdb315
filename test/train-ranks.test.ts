// A training over several ranks, which are parts of one process here: its files are those of one
// rank, byte for byte, it stops and resumes on other numbers of ranks, and a rank that differs is
// refused by name before anything is written.
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type RankFlags, refuseOtherOptions } from '../src/cli/ranks.ts';
import { Dataset } from '../src/data/dataset.ts';
import { openDataset } from '../src/data/open.ts';
import { cardsOfHost, choiceOfCard, noteOnCards } from '../src/ranks/cards.ts';
import { launchOf, refuseBareSrun } from '../src/ranks/launcher.ts';
import { shimFor } from '../src/ranks/mpicc.ts';
import type { World } from '../src/ranks/world.ts';
import type { TrainEvent } from '../src/train/events.ts';
import { type FollowOptions, follow } from '../src/train/ranks/follower.ts';
import { Leader } from '../src/train/ranks/leader.ts';
import { decodeOrder, encodeOrder } from '../src/train/ranks/orders.ts';
import type { RankedTrainOptions } from '../src/train/run-options.ts';
import { temporaryFolder } from './support/folders.ts';
import { worldsTogether } from './support/ranks.ts';
import { events, expectPicturesOf, isStep, newestBytes, SMALL, timelessMetrics } from './support/training.ts';

const WITH_4 = { ...SMALL, threads: 1, shards: 4 } as const satisfies RankedTrainOptions;

interface Trained {
  readonly seen: TrainEvent[];
  /** The run's folder, as each follower heard it. */
  readonly folders: string[];
}

/** Trains on so many ranks. `until` leaves the iteration; `worlds` are the ranks, if not new ones. */
async function together(
  count: number,
  options: RankedTrainOptions,
  until?: (event: TrainEvent) => boolean,
  worlds: readonly World[] = worldsTogether(count),
): Promise<Trained> {
  const folders: string[] = [];
  const onBegin: FollowOptions['onBegin'] = (folder) => void folders.push(folder);
  const following = worlds.slice(1).map((world) => follow(world, { onBegin }));
  const leader = new Leader(worlds[0]!);
  const stop = new AbortController();
  leader.stopped.addEventListener('abort', () => stop.abort());
  try {
    return { seen: await events({ ...options, ranks: leader, signal: stop.signal }, until), folders };
  } finally {
    await leader.end();
    await Promise.all(following);
  }
}

const refused = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing was refused',
    (error: Error) => error.message,
  );

describe('a training over ranks', () => {
  it('leaves the files of one rank, with classes too', async () => {
    const folder = temporaryFolder();
    for (const options of [WITH_4, { ...WITH_4, preset: 'best', groups: 4, epochs: 1 }]) {
      const [alone, two] = ['alone', 'two'].map((name) => join(folder, `${options.preset}-${name}`));
      await events({ ...options, out: alone });
      const { folders } = await together(2, { ...options, out: two });
      expect(folders).toEqual([two]);
      expect(newestBytes(two!).equals(newestBytes(alone!))).toBe(true);
      expect(timelessMetrics(two!)).toEqual(timelessMetrics(alone!));
      expectPicturesOf(two!, alone!);
    }
  });

  it('stops on 4 ranks and resumes on 1, and the other way round', async () => {
    const folder = temporaryFolder();
    const [straight, down, up] = ['straight', 'down', 'up'].map((name) => join(folder, name));
    await events({ ...WITH_4, out: straight });
    await together(4, { ...WITH_4, out: down }, isStep(4));
    await events({ resume: down, threads: 1 });
    await events({ ...WITH_4, out: up }, isStep(5));
    await together(4, { resume: up, threads: 1 });
    for (const run of [down, up]) expect(newestBytes(run!).equals(newestBytes(straight!))).toBe(true);
  });

  it('saves and ends when another rank wishes to stop', async () => {
    const out = join(temporaryFolder(), 'run');
    const worlds = worldsTogether(2);
    const stopAt = (event: TrainEvent): boolean => {
      if (isStep(2)(event)) worlds[1]!.wishToStop();
      return false;
    };
    const { seen } = await together(2, { ...WITH_4, out }, stopAt, worlds);
    expect(seen.at(-1)).toMatchObject({ type: 'interrupted', step: 3 });
  });

  it('goes back with half the learning rates on all ranks', async () => {
    const wild = { ...WITH_4, limit: 32, epochs: 2, beta2: 0, learningRate: 1, seed: 2, onNan: 'lower-lr' } as const;
    const folder = temporaryFolder();
    const [alone, two] = [join(folder, 'alone'), join(folder, 'two')];
    const ends = (run: Promise<unknown>): Promise<string> => refused(run).then((text) => text.replaceAll(two, alone));
    const one = await ends(events({ ...wild, out: alone }));
    expect(await ends(together(2, { ...wild, out: two }))).toBe(one);
    expect(newestBytes(two).equals(newestBytes(alone))).toBe(true);
  });
});

it('says what to do when there is no compiler of MPI', async () => {
  const nonsense = refused(shimFor(['mpicc'], { ...process.env, MPICC: 'no-such-mpicc' }));
  expect(await nonsense).toMatch(/got no-such-mpicc: .*\. Unset MPICC, or install .*"apt-get install libopenmpi-dev"/);
  const none = refused(shimFor(['no-such-mpicc'], { ...process.env, MPICC: undefined }));
  expect(await none).toMatch(
    /expected no-such-mpicc, or another in \$MPICC, got .*\. Install the files for developers/,
  );
});

describe('a rank that differs is refused by name', () => {
  it('because of its images', async () => {
    const out = join(temporaryFolder(), 'run');
    const mnist = openDataset('mnist');
    const data = new Dataset({
      name: 'mine',
      images: mnist.bytes(5, 45),
      count: 40,
      height: 28,
      width: 28,
      channels: 1,
    });
    const message = await refused(together(2, { ...WITH_4, data, out }));
    expect(message).toBe(
      'rank 1 on host-1: the images were given to rank 0 as a dataset. Give a name or a path that all ranks can open.',
    );
    expect(existsSync(out)).toBe(false);
  });

  it.each([
    ['version', '0.0.9', /another version of the program: expected 0\.0\.9 as on rank 0, got .*Install the same/],
    [
      'variant',
      'wasm-none',
      /other kernels, which round differently: expected wasm-none as on rank 0, got .*--device wasm/,
    ],
  ] as const)('because of its %s', async (field, value, words) => {
    const out = join(temporaryFolder(), 'run');
    const [first, second] = worldsTogether(2) as [World, World];
    // The follower hears of another leader.
    const broadcast: World['broadcast'] = async (bytes) => {
      const order = decodeOrder(await second.broadcast(bytes));
      return encodeOrder(order.order === 'prepare' ? { ...order, [field]: value } : order);
    };
    const message = await refused(
      together(2, { ...WITH_4, device: 'wasm', out }, undefined, [first, { ...second, broadcast }]),
    );
    expect(message).toMatch(/^rank 1 on host-1: /);
    expect(message).toMatch(words);
    expect(existsSync(out)).toBe(false);
  });

  it('because of its options, but for threads', async () => {
    const compare = (flags: RankFlags[]): Promise<string> => {
      const worlds = worldsTogether(flags.length);
      return refused(Promise.all(flags.map((own, rank) => refuseOtherOptions(worlds[rank]!, own))));
    };
    const flags: Readonly<Record<string, unknown>> = { preset: 'tiny', seed: 7 };
    expect(await compare([flags, { ...flags, threads: 2 }])).toBe('nothing was refused');
    expect(await compare([flags, flags, { ...flags, seed: 9 }])).toBe(
      'rank 2 on host-2 was started with another seed: expected 7 as on rank 0, got 9. Start all ranks with the same options; only --threads may differ.',
    );
  });

  it('because there are too many ranks', async () => {
    const out = join(temporaryFolder(), 'run');
    const message = await refused(together(2, { ...WITH_4, shards: 1, out }));
    expect(message).toMatch(/^shards 1 cannot be spread over 2 ranks: .*Start the run with --shards 4, for example\.$/);
    expect(existsSync(out)).toBe(false);
  });
});

it('finds launchers by their environment', () => {
  expect(launchOf({ OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: '4' })).toMatchObject({ rank: 1, count: 4 });
  expect(launchOf({ PMI_RANK: '0', PMI_SIZE: '2' })).toMatchObject({ rank: 0, count: 2 });
  expect(launchOf({ SLURM_PROCID: '3', SLURM_STEP_NUM_TASKS: '8', PMIX_RANK: '3' })).toMatchObject({ rank: 3 });
  // A batch script has the allocation's number of tasks, but is one process.
  expect(launchOf({ SLURM_PROCID: '0', SLURM_NTASKS: '8' })).toBeNull();
  expect(launchOf({ OMPI_COMM_WORLD_RANK: '0', OMPI_COMM_WORLD_SIZE: '1' })).toBeNull();
});

it('says how srun starts ranks, where it has not', () => {
  const bare = { SLURM_PROCID: '0', SLURM_STEP_NUM_TASKS: '2' };
  expect(() => refuseBareSrun(launchOf(bare)!, bare)).toThrow(
    "Slurm's srun started 2 processes, but nothing lets MPI join them",
  );
  const joined = { ...bare, PMIX_RANK: '0' };
  expect(() => refuseBareSrun(launchOf(joined)!, joined)).not.toThrow();
});

describe('the ranks of a host take a graphics card each', () => {
  const hosts = ['a', 'b', 'a', 'b', 'a'];

  it('by its PCI address, in turn', () => {
    const root = temporaryFolder();
    const addresses = ['0000:81:00.0', '0000:01:00.0'];
    for (const [i, address] of addresses.entries()) {
      const node = join(root, 'sys/class/drm', `renderD${128 + i}`);
      mkdirSync(join(root, 'devices', address), { recursive: true });
      mkdirSync(node, { recursive: true });
      symlinkSync(join(root, 'devices', address), join(node, 'device'));
    }
    // A card without a render node, and one that is also a render node.
    for (const address of ['0000:c1:00.0', '0000:01:00.0'])
      mkdirSync(join(root, 'proc/driver/nvidia/gpus', address), { recursive: true });
    expect(cardsOfHost(root).canSelect).toBe(false);
    mkdirSync(join(root, 'usr/share/vulkan/implicit_layer.d'), { recursive: true });
    writeFileSync(join(root, 'usr/share/vulkan/implicit_layer.d/VkLayer_MESA_device_select.json'), '{}');
    const cards = cardsOfHost(root);
    expect(cards).toEqual({ addresses: ['0000:01:00.0', '0000:81:00.0', '0000:c1:00.0'], canSelect: true });
    const taken = hosts.map((_, rank) => choiceOfCard({ hosts, rank }, cards, {}).DRI_PRIME);
    const [first, second, third] = ['pci-0000_01_00_0', 'pci-0000_81_00_0', 'pci-0000_c1_00_0'];
    expect(taken).toEqual([first, first, second, second, third]);
    expect(choiceOfCard({ hosts, rank: 2 }, cards, { DRI_PRIME: '1' })).toEqual({});
    expect(noteOnCards({ hosts, rank: 0 }, cards)).toBeNull();
  });

  it('or it is said that they share one', () => {
    const two = ['0000:01:00.0', '0000:02:00.0'];
    const note = (addresses: readonly string[], canSelect: boolean): string | null =>
      noteOnCards({ hosts, rank: 0 }, { addresses, canSelect });
    expect(note(two.slice(1), false)).toBe('3 ranks on a share one graphics card; start a rank for each card');
    expect(note(two, true)).toBe('3 ranks on a share 2 graphics cards; start a rank for each card');
    expect(note(two, false)).toContain('3 ranks on a may all take the same of 2 graphics cards: install Mesa');
    expect(note([], false)).toBeNull();
    expect(choiceOfCard({ hosts, rank: 0 }, { addresses: two, canSelect: false }, {})).toEqual({});
  });
});
