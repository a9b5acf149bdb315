// The table of equal bytes: thirty steps of every kind of training, in shards, on 1, 2 and 4 ranks. And what kills do: a
// rank is killed or paused at a random moment, all end soon, and the run goes on to the bytes of one that was never
// killed. Each training meets one MPI and one number of ranks here, in turn; DCGAN_TEST_WHOLE=1 takes all of both, and
// stops and resumes each. DCGAN_TEST_KILLS says how many ranks of each MPI are killed.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeNpy } from '../../src/data/npy.ts';
import { decodeSnapshot } from '../../src/gan/snapshot.ts';
import { dcgan, sharedFolder } from '../support/cli.ts';
import { MPIS, type Mpi, rankOf, startRanks, titleOf } from '../support/mpi.ts';
import { newestBytes } from '../support/training.ts';
import { values } from '../support/values.ts';

const TRAININGS: Readonly<Record<string, string>> = {
  tiny: '--preset tiny',
  tf2018: '--preset tf2018',
  'best, with a moving average and groups': '--preset best --groups 4',
  'paper at 32 x 32, with fewer channels': '--config paper.json --data images.npy',
  'wgan-gp': '--preset tiny --loss wgan-gp --d-steps 2',
  r1: '--preset tiny --r1 5',
};
/** Ten steps an epoch, the last one with fewer images. */
const COMMON = '--limit 78 --batch-size 8 --epochs 3 --seed 5 --shards 4 --threads 1'.split(' ');
const folder = sharedFolder();

/** The networks of paper with a sixteenth of their channels, which are computed in seconds. */
const NARROW = { preset: 'paper', generatorWidths: [32, 16, 8], discriminatorWidths: [8, 16, 32] };
/** Images of that size: all of MNIST would first be resized, which takes minutes. */
const IMAGES = Uint8Array.from(values([78, 32, 32], 1), (value) => 128 + 127 * value);
beforeAll(() => {
  writeFileSync(join(folder.path, 'paper.json'), JSON.stringify(NARROW));
  writeFileSync(join(folder.path, 'images.npy'), encodeNpy(IMAGES, [78, 32, 32]));
});

const singles = new Map<string, Promise<Buffer>>();

/** The newest checkpoint of a training in one process, which runs once. */
function single(id: string, args: readonly string[]): Promise<Buffer> {
  const cwd = folder.path;
  const known =
    singles.get(id) ??
    dcgan(['train', ...args, '--out', `${id}-1`], { cwd }).then(({ stderr }) => {
      expect(stderr).toBe('');
      return newestBytes(join(cwd, `${id}-1`));
    });
  singles.set(id, known);
  return known;
}

interface Case {
  readonly device: string;
  readonly name: string;
  readonly mpi: Mpi;
  readonly counts: readonly number[];
}

const WHOLE = process.env.DCGAN_TEST_WHOLE === '1';
const PAIRS = ['native', 'wasm'].flatMap((device) => Object.keys(TRAININGS).map((name) => ({ device, name })));
/**
 * Each training meets the one MPI on one device, and the other one on the other. Ranks of MPICH
 * never yield while they wait, so more of them than there are cores take minutes.
 */
function inTurn(device: string, place: number): Pick<Case, 'mpi' | 'counts'> {
  const which = (place + Number(device === 'wasm')) % 2;
  return { mpi: MPIS[which]!, counts: [which === 0 ? 4 : 2] };
}
const CASES: readonly Case[] = WHOLE
  ? PAIRS.flatMap((pair) => MPIS.map((mpi) => ({ ...pair, mpi, counts: [2, 4] })))
  : PAIRS.map((pair, i) => ({ ...pair, ...inTurn(pair.device, i) }));

for (const { device, name, mpi, counts } of CASES) {
  const args = [...TRAININGS[name]!.split(' '), ...COMMON, '--device', device, '--quiet'];
  const id = `${device}-${name.replace(/\W+/g, '-')}`;
  const on = async (count: number, what: readonly string[]): Promise<void> => {
    const { code, stderr } = await startRanks(mpi, count, what, { cwd: folder.path }).ended;
    expect([code, stderr]).toEqual([0, '']);
  };

  it.skipIf(mpi.missing)(
    `thirty steps on ${device} of ${name} have equal bytes on 1 and ${counts.join(' and ')} ranks (${titleOf(mpi)})`,
    async () => {
      const expected = await single(id, args);
      expect(decodeSnapshot(expected, id).step).toBe(30);
      for (const count of counts) {
        const out = `${id}-${count}-${mpi.compiler}`;
        await on(count, [...args, '--out', out]);
        expect(newestBytes(join(folder.path, out)).equals(expected), out).toBe(true);
      }
    },
  );

  if (!WHOLE) continue;
  it.skipIf(mpi.missing)(
    `${name} on ${device} stops on 4 ranks and resumes on 1, and the other way round (${titleOf(mpi)})`,
    async () => {
      const cwd = folder.path;
      const expected = await single(id, args);
      const [down, up] = ['down', 'up'].map((way) => `${id}-${way}-${mpi.compiler}`) as [string, string];
      const begin = [...args, '--epochs', '1', '--out'];
      const go = ['--epochs', '3', '--threads', '1', '--device', device, '--quiet'];
      await on(4, [...begin, down]);
      expect((await dcgan(['train', '--resume', down, ...go], { cwd })).stderr).toBe('');
      expect((await dcgan(['train', ...begin, up], { cwd })).stderr).toBe('');
      await on(4, ['--resume', up, ...go]);
      for (const run of [down, up]) expect(newestBytes(join(cwd, run)).equals(expected), run).toBe(true);
    },
  );
}

/** A generator of the same numbers in each run (mulberry32). */
function numbers(seed: number): () => number {
  let at = seed;
  return () => {
    at = (at + 0x6d2b79f5) | 0;
    let t = Math.imul(at ^ (at >>> 15), at | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const KILLS = Number(process.env.DCGAN_TEST_KILLS ?? 3);
const LONG = '--preset tiny --limit 640 --batch-size 16 --epochs 4 --seed 5 --shards 2 --threads 1 --quiet'.split(' ');

describe.each(MPIS)('ranks that are killed', (mpi) => {
  it.skipIf(mpi.missing)(
    `end all soon, ${KILLS} times, and the run goes on to the same bytes (${titleOf(mpi)})`,
    async () => {
      const cwd = folder.path;
      const random = numbers(22);
      const [straight, out] = ['straight', 'killed'].map((name) => `${name}-${mpi.compiler}`);
      expect((await dcgan(['train', ...LONG, '--out', straight!], { cwd })).code).toBe(0);
      const run = join(cwd, out!);
      for (let kill = 0; kill < KILLS; kill++) {
        const args = existsSync(join(run, 'config.json')) ? ['--resume', out!, '--quiet'] : [...LONG, '--out', out!];
        const running = startRanks(mpi, 2, args, { cwd });
        // A loaded machine may take long to come to the first step.
        let ended = false;
        const over = running.ended.then(() => {
          ended = true;
          return true;
        });
        while (!ended && !existsSync(join(run, 'checkpoints/epoch-0000.safetensors'))) await sleep(20);
        if (await Promise.race([over, sleep(3000 * random()).then(() => false)])) break;
        const signal = random() < 0.7 ? 'SIGKILL' : 'SIGTERM';
        const began = performance.now();
        try {
          process.kill(rankOf(running.child.pid!, random() < 0.5 ? 0 : 1), signal);
        } catch {
          continue; // It has just ended, or not begun.
        } finally {
          await running.ended;
        }
        expect(performance.now() - began).toBeLessThan(20_000);
        const checkpoints = join(run, 'checkpoints');
        for (const name of existsSync(checkpoints) ? readdirSync(checkpoints) : [])
          decodeSnapshot(readFileSync(join(checkpoints, name)), name);
      }
      const last = await dcgan(['train', '--resume', out!, '--quiet'], { cwd });
      expect(last.stderr).toBe('');
      expect(newestBytes(run).equals(newestBytes(join(cwd, straight!)))).toBe(true);
    },
    300_000,
  );

  it.skipIf(mpi.missing)(`and paused end all within 20 seconds, by name (${titleOf(mpi)})`, async () => {
    const out = `paused-${mpi.compiler}`;
    const args = [...LONG.filter((arg) => arg !== '--quiet'), '--epochs', '1000', '--out', out];
    const running = startRanks(mpi, 2, args, { cwd: folder.path });
    await running.until(/^Time taken for epoch 1 /m);
    const began = performance.now();
    process.kill(rankOf(running.child.pid!, 1), 'SIGSTOP');
    const { code, stderr } = await running.ended;
    expect(performance.now() - began).toBeLessThan(20_000);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(
      new RegExp(
        `dcgan: rank 1 on \\S+ is lost: it was not heard for 12 seconds\\. To go on: dcgan train --resume ${out}`,
      ),
    );
  });
});
