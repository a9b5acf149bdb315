// A lock that was left behind, and several that want it: one of them gets it, in whatever order
// their calls of the system come, and wherever some of them are killed. The steps of each stop
// before each call (src/train/lock-file.ts), so that these tests decide who goes on.
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ownIdentity } from '../src/platform/process.ts';
import { findHolder, type Holder, LOCK_NAME, type LockSteps, runThrough, takeRun } from '../src/train/lock-file.ts';
import { temporaryFolder } from './support/folders.ts';

const OWN = ownIdentity();

/** Processes that want one run, whose steps are taken one at a time. */
class Contest {
  readonly run: string;
  readonly winners: string[] = [];
  readonly #dead = new Set<string>();
  readonly #steps = new Map<string, LockSteps<void>>();
  #next = 1;

  /** @param left whether a lock lies there whose process is gone */
  constructor(run: string, left: boolean) {
    this.run = run;
    for (const name of readdirSync(run)) rmSync(join(run, name));
    if (left) writeFileSync(join(run, LOCK_NAME), JSON.stringify(holder('left')));
    this.#dead.add('left');
  }

  begin(): string {
    const id = `p${this.#next++}`;
    this.#steps.set(
      id,
      takeRun(this.run, holder(id), (other) => (this.#dead.has(other.id) ? 'gone' : 'running')),
    );
    return id;
  }

  /** Takes one step; false when it has none left: it won, or was refused. */
  step(id: string): boolean {
    const steps = this.#steps.get(id);
    if (!steps) return false;
    try {
      if (!steps.next().done) return true;
      this.winners.push(id);
    } catch (error) {
      expect(`${error}`).toMatch(/is being trained by process/);
    }
    this.#steps.delete(id);
    return false;
  }

  /** Ends it where it is; a winner that is killed holds nothing any more. */
  kill(id: string): void {
    this.#dead.add(id);
    this.#steps.delete(id);
    const at = this.winners.indexOf(id);
    if (at >= 0) this.winners.splice(at, 1);
  }

  finish(id: string): void {
    while (this.step(id));
  }

  /** @throws when not exactly one of those that are alive holds the run, or its lock does not say so */
  check(): void {
    expect(this.winners).toHaveLength(1);
    expect(runThrough(findHolder(this.run))?.id).toBe(this.winners[0]);
  }

  /** The names of the lock's files, without the temporary ones of whoever was killed. */
  files(): string[] {
    return readdirSync(this.run).filter((name) => !name.startsWith('.tmp-'));
  }
}

function holder(id: string): Holder {
  return { ...OWN, since: '2026-01-01T00:00:00.000Z', command: 'dcgan train', id };
}

/** How many steps one takes that nobody disturbs. */
function stepsOf(run: string, left: boolean): number {
  const contest = new Contest(run, left);
  const id = contest.begin();
  let count = 1;
  while (contest.step(id)) count++;
  contest.check();
  expect(contest.files()).toEqual([LOCK_NAME]);
  return count;
}

it.each([true, false])(
  'two, with one paused before each of its calls while the other takes any number (left: %s)',
  {
    timeout: 60_000,
  },
  (left) => {
    const run = temporaryFolder();
    const most = stepsOf(run, left);
    expect(most).toBeGreaterThan(left ? 10 : 4);
    for (let i = 0; i < most; i++)
      for (let j = 0; j <= most; j++)
        for (const killed of [false, true]) {
          const contest = new Contest(run, left);
          const [a, b] = [contest.begin(), contest.begin()];
          for (let k = 0; k < i; k++) contest.step(a);
          for (let k = 0; k < j; k++) contest.step(b);
          if (killed) contest.kill(b);
          contest.finish(a);
          contest.finish(b);
          // Whoever was refused for one that was killed comes again.
          if (contest.winners.length === 0) contest.finish(contest.begin());
          contest.check();
          expect(contest.files()).toEqual([LOCK_NAME]);
        }
  },
);

it('several, in any order, some killed anywhere', { timeout: 60_000 }, () => {
  const run = temporaryFolder();
  const turn = fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 7 }));
  fc.assert(
    fc.property(fc.boolean(), fc.array(turn, { maxLength: 24 }), (left, turns) => {
      const contest = new Contest(run, left);
      const all = Array.from({ length: 4 }, () => contest.begin());
      for (const [who, count, fate] of turns) {
        for (let k = 0; k < count; k++) contest.step(all[who]!);
        if (fate === 0) {
          contest.kill(all[who]!);
          all[who] = contest.begin();
        }
        expect(contest.winners.length).toBeLessThanOrEqual(1);
      }
      for (const id of all) contest.finish(id);
      if (contest.winners.length === 0) contest.finish(contest.begin());
      contest.check();
      // One that was killed may leave its file, which does not count. The next holder removes it.
      if (turns.every(([, , fate]) => fate !== 0)) expect(contest.files()).toEqual([LOCK_NAME]);
      contest.kill(contest.winners[0]!);
      contest.finish(contest.begin());
      contest.check();
      expect(contest.files()).toEqual([LOCK_NAME]);
    }),
    { numRuns: 100 },
  );
});

it('names who holds it where the one that took it over was killed before it put its lock in place', () => {
  const run = temporaryFolder();
  for (const [name, id] of [
    [LOCK_NAME, 'left'],
    [`${LOCK_NAME}.after-left`, 'second'],
    [`${LOCK_NAME}.after-second`, 'third'],
    [`${LOCK_NAME}.after-nobody`, 'fourth'],
  ] as const)
    writeFileSync(join(run, name), JSON.stringify(holder(id)));
  const before = readdirSync(run);
  expect(runThrough(findHolder(run))?.id).toBe('third');
  expect(readdirSync(run)).toEqual(before);
  const gone = new Set(['left', 'second', 'third']);
  runThrough(takeRun(run, holder('new'), ({ id }) => (gone.has(id) ? 'gone' : 'running')));
  expect(readdirSync(run)).toEqual([LOCK_NAME]);
  expect(runThrough(findHolder(run))?.id).toBe('new');
});

it('a circle of such files and a name that leads elsewhere are refused', () => {
  const run = temporaryFolder();
  writeFileSync(join(run, LOCK_NAME), JSON.stringify(holder('left')));
  writeFileSync(join(run, `${LOCK_NAME}.after-left`), JSON.stringify(holder('left')));
  expect(() => runThrough(findHolder(run))).toThrow('run.lock cannot be understood: got more than 1000 files');
  writeFileSync(join(run, LOCK_NAME), JSON.stringify(holder('../../x')));
  expect(() => runThrough(findHolder(run))).toThrow('run.lock cannot be understood: got id: ');
});
