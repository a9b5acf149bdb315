// The table of equal bytes: thirty steps of every kind of training, in shards, on 1, 2 and 4 ranks, on
// native of both MPIs and on wasm of one. And what kills do: a rank is killed or paused at a random
// moment, all end soon, and the run goes on to the bytes of one that was never killed.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeSnapshot } from '../../src/gan/snapshot.ts';
import { dcgan, sharedFolder } from '../support/cli.ts';
import { MPIS, rankOf, startRanks, titleOf } from '../support/mpi.ts';
import { newestBytes } from '../support/training.ts';

const TRAININGS: Readonly<Record<string, string>> = {
  tiny: '--preset tiny',
  'best, with a moving average and groups': '--preset best --groups 4',
  'paper at 32 x 32, with fewer channels': '--config paper.json --size 32',
  'wgan-gp': '--preset tiny --loss wgan-gp --d-steps 2',
  r1: '--preset tiny --r1 5',
};
/** Ten steps an epoch, the last one with fewer images. */
const COMMON = '--limit 78 --batch-size 8 --epochs 3 --seed 5 --shards 4 --threads 1'.split(' ');
const folder = sharedFolder();

/** The networks of paper with a sixteenth of their channels, which are computed in seconds. */
const NARROW = { preset: 'paper', generatorWidths: [32, 16, 8], discriminatorWidths: [8, 16, 32] };
beforeAll(() => writeFileSync(join(folder.path, 'paper.json'), JSON.stringify(NARROW)));

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

for (const device of ['native', 'wasm'])
  for (const [name, options] of Object.entries(TRAININGS))
    for (const mpi of device === 'native' ? MPIS : MPIS.slice(0, 1))
      it.skipIf(mpi.missing)(
        `thirty steps on ${device} of ${name} have equal bytes on 1, 2 and 4 ranks (${titleOf(mpi)})`,
        async () => {
          const args = [...options.split(' '), ...COMMON, '--device', device, '--quiet'];
          const id = `${device}-${name.replace(/\W+/g, '-')}`;
          const expected = await single(id, args);
          expect(decodeSnapshot(expected, id).step).toBe(30);
          for (const count of [2, 4]) {
            const out = `${id}-${count}-${mpi.compiler}`;
            const { code, stderr } = await startRanks(mpi, count, [...args, '--out', out], { cwd: folder.path }).ended;
            expect([code, stderr]).toEqual([0, '']);
            expect(newestBytes(join(folder.path, out)).equals(expected), out).toBe(true);
          }
        },
      );

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

const KILLS = Number(process.env.DCGAN_TEST_KILLS ?? 5);
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
