// `dcgan train` as one of several processes. Rank 0 trains and speaks; the others follow it and
// say nothing unless they fail, or are the first that are left.
import { usage } from '../platform/errors.ts';
import { onNotice } from '../platform/notices.ts';
import { launchAsked, launchOf } from '../ranks/launcher.ts';
import { joinWorld } from '../ranks/mpi-world.ts';
import { rankIn, type World } from '../ranks/world.ts';
import { follow } from '../train/ranks/follower.ts';
import { explain, wayOn, withWayOn } from './failure.ts';
import { warn } from './output.ts';
import { Stop } from './stop.ts';

export const DISTRIBUTED = ['auto', 'mpi', 'off'] as const;
/** Whether to join the ranks of MPI: where a launcher is found, always, or never. */
export type Distributed = (typeof DISTRIBUTED)[number];

/** The options of the command line, of which a rank uses the threads itself. */
export interface RankFlags {
  readonly threads?: number;
}

/** Where the run lies, once it is known. */
export interface Place {
  folder: string;
}

/** Joins the ranks that a launcher started; null for a process that trains alone. */
export async function joinRanks(distributed: Distributed = 'auto', place: Place): Promise<World | null> {
  const found = distributed === 'mpi' ? launchAsked(process.env) : launchOf(process.env);
  if (!found || distributed === 'off') return null;
  return joinWorld({ launch: found, onLost: (error) => warn(`dcgan: ${withWayOn(error, place.folder).message}\n`) });
}

/** Whether a launcher started this process as another than the first. */
export function isFollower(distributed: Distributed = 'auto'): boolean {
  return distributed !== 'off' && (launchOf(process.env)?.rank ?? 0) > 0;
}

/**
 * Lets all ranks compare their options. Rank 0's decide the run, so a rank with others was started
 * by mistake. Hosts may differ in their number of threads.
 * @throws DcganError on rank 0, when another rank has other options; it names rank and option
 */
export async function refuseOtherOptions(world: World, flags: RankFlags): Promise<void> {
  const all = await world.gather(JSON.stringify(flags));
  if (world.rank > 0) return;
  const [first, ...others] = all.map((text) => JSON.parse(text) as Readonly<Record<string, unknown>>);
  const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));
  for (const [i, own] of others.entries())
    for (const name of Object.keys({ ...first, ...own })) {
      const [expected, got] = [first!, own].map((one) => shown(one[name])) as [string, string];
      if (name === 'threads' || expected === got) continue;
      throw usage({
        what: `${rankIn(world, i + 1)} was started with another ${name}`,
        expected: `${expected} as on rank 0`,
        got,
        todo: 'Start all ranks with the same options; only --threads may differ',
      });
    }
}

/** Follows rank 0 to its end; returns the exit code. */
export async function followRank0(world: World, place: Place, flags: RankFlags): Promise<number> {
  onNotice(() => {});
  const stop = new Stop(() => {
    world.wishToStop();
    if (world.first) warn(`dcgan: the ranks before this one have ended. ${wayOn(place.folder)}\n`);
  });
  try {
    await refuseOtherOptions(world, flags);
    await follow(world, {
      threads: flags.threads,
      onBegin: (folder) => {
        place.folder = folder;
      },
    });
    return 0;
  } catch (error) {
    // A loss was told when it was found, and ends this process soon.
    if (!world.lost)
      warn(`dcgan: ${rankIn(world, world.rank)}: ${explain(error, false).text} ${wayOn(place.folder)}\n`);
    return await world.abort(1);
  } finally {
    stop.dispose();
  }
}
