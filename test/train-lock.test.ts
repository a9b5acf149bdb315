// run.lock: one training in a folder at a time, whoever began it, and no lock that outlives what holds it.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { stopRun } from '../src/cli/stop-run.ts';
import { ownIdentity, type ProcessIdentity, stateOf } from '../src/platform/process.ts';
import { LOCK_NAME, RunLock, whoTrains } from '../src/train/lock.ts';
import { train } from '../src/train/train.ts';
import { dcgan, SMALLEST, start } from './support/cli.ts';
import { temporaryFolder } from './support/folders.ts';
import { events, SMALL, timelessMetrics } from './support/training.ts';

const OWN = ownIdentity();

/** A lock as another process would have left it. */
function leave(run: string, holder: Partial<ProcessIdentity> | string): void {
  const whole = { ...OWN, since: '2026-01-01T00:00:00.000Z', command: 'dcgan train', id: 'theirs' };
  const text = typeof holder === 'string' ? holder : JSON.stringify({ ...whole, ...holder });
  writeFileSync(join(run, LOCK_NAME), text);
}

/** A process that does nothing. */
function idle(): ChildProcess {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function gone(): Promise<number> {
  const child = idle();
  child.kill('SIGKILL');
  await new Promise((resolve) => child.on('exit', resolve));
  return child.pid!;
}

it('is refused while another holds it, and free again afterwards', () => {
  const run = temporaryFolder();
  const lock = RunLock.acquire(run);
  expect(readdirSync(run)).toEqual([LOCK_NAME]);
  expect(() => RunLock.acquire(run)).toThrow(
    new RegExp(
      `^${run} is being trained by process ${process.pid} since .*: .*\\. Wait for it, or stop it: kill -INT ${process.pid}\\.$`,
    ),
  );
  expect(readdirSync(run)).toEqual([LOCK_NAME]);
  expect(whoTrains(run)).toMatchObject({ pid: process.pid });
  lock.release();
  lock.release();
  expect(whoTrains(run)).toBe(null);
  expect(readdirSync(run)).toEqual([]);
  RunLock.acquire(run).release();
});

it('is taken over from a process that is gone, and from one whose number another has now', async () => {
  const run = temporaryFolder();
  const living = idle().pid!;
  leave(run, { pid: living, started: null });
  expect(() => RunLock.acquire(run)).toThrow(`is being trained by process ${living} since 2026-01-01`);
  for (const holder of [{ pid: await gone() }, ...(OWN.started === null ? [] : [{ pid: living, started: '1' }])]) {
    leave(run, holder);
    expect(whoTrains(run)).toBe(null);
    RunLock.acquire(run).release();
    expect(readdirSync(run)).toEqual([]);
  }
});

it.skipIf(OWN.started === null)('of a process that does not hold it sends nobody a signal', async () => {
  const run = temporaryFolder();
  const child = idle();
  const [pid, path] = [child.pid!, join(run, LOCK_NAME)];
  let ended = false;
  child.once('exit', () => (ended = true));
  const started = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[19]!;
  for (const holder of [
    { pid, started: null },
    { pid, started },
  ]) {
    leave(run, holder);
    expect(whoTrains(run)).toMatchObject(holder);
    expect(() => stopRun(run)).toThrow(
      `the run's run.lock names process ${pid}, of which nothing shows that it trains this run`,
    );
    expect(() => RunLock.acquire(run)).toThrow(`Wait for it; if that process does not train there: rm ${path}.`);
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(ended).toBe(false);
});

it.skipIf(OWN.boot === null)('is left to other machines and containers, and says what to do', () => {
  const run = temporaryFolder();
  const elsewhere = [
    { boot: 'another', host: 'far-away', machine: 'another' },
    { boot: 'another', host: 'far-away', machine: OWN.machine },
    { boot: 'another', machine: null },
    { boot: null, started: null, space: null, host: 'far-away' },
    { space: 'pid:[1]', host: 'far-away' },
  ];
  for (const holder of elsewhere) {
    leave(run, { pid: 7, ...holder });
    expect(() => RunLock.acquire(run), JSON.stringify(holder)).toThrow(
      new RegExp(
        `by process 7 on .*, another machine or container, since .*if that machine or container is gone: rm ${run}/run\\.lock\\.$`,
      ),
    );
    expect(existsSync(join(run, LOCK_NAME))).toBe(true);
    expect(whoTrains(run)).toMatchObject({ pid: 7 });
  }
});

it.skipIf(OWN.boot === null)('is taken over when its machine was started again since', () => {
  const machine = OWN.machine ?? 'this';
  const before = { ...OWN, machine, boot: 'an earlier one' };
  expect(stateOf(before, { ...OWN, machine })).toBe('gone');
  expect(stateOf(before, { ...OWN, machine, host: 'renamed' })).toBe('elsewhere');
});

it.each([
  ['empty', ''],
  ['torn', '{'],
  ['a list', '[]'],
  ['too little', '{"pid":1}'],
  ['zeros', '\0'.repeat(300)],
])('one that cannot be understood is named: %s', (_, text) => {
  const run = temporaryFolder();
  leave(run, text);
  expect(() => RunLock.acquire(run)).toThrow(
    new RegExp(`^${run}/run\\.lock cannot be understood: got .*If nobody trains there: rm ${run}/run\\.lock\\.$`),
  );
});

it('of several that want a lock that was left behind one gets it', async () => {
  const run = temporaryFolder();
  leave(run, { pid: await gone() });
  const script = `
    import { RunLock } from ${JSON.stringify(new URL('../dist/train/lock.js', import.meta.url).href)};
    process.stdin.resume();
    process.stdin.once('end', () => process.exit());
    process.stdin.once('data', () => {
      try { globalThis.lock = RunLock.acquire(process.argv[1]); console.log('won'); } catch (error) { console.log('lost', error.message); }
    });
    console.log('ready');`;
  const all = Array.from({ length: 6 }, () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, run], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const line = (): Promise<string> =>
      new Promise((resolve) => child.stdout.once('data', (part) => resolve(`${part}`)));
    return { child, line, ready: line(), ended: new Promise((resolve) => child.on('exit', resolve)) };
  });
  await Promise.all(all.map(({ ready }) => ready));
  const answers = all.map(({ line }) => line());
  for (const { child } of all) child.stdin.write('go');
  expect((await Promise.all(answers)).map((answer) => answer.slice(0, 4).trim()).sort()).toEqual([
    ...Array(5).fill('lost'),
    'won',
  ]);
  for (const { child } of all) child.stdin.end();
  await Promise.all(all.map(({ ended }) => ended));
  expect(readdirSync(run)).toEqual([]);
});

it('a training whose lock another has taken writes nothing more', async () => {
  const out = join(temporaryFolder(), 'run');
  const other = idle().pid!;
  let steps = 0;
  const training = (async () => {
    for await (const event of train({ ...SMALL, device: 'reference', out })) {
      if (event.type !== 'step' || ++steps < 2) continue;
      leave(out, { pid: other, started: null });
    }
  })();
  await expect(training).rejects.toThrow(`is being trained by process ${other}`);
  expect(timelessMetrics(out)).toHaveLength(2);
  expect(readdirSync(join(out, 'checkpoints'))).toEqual(['epoch-0000.safetensors']);
  expect(JSON.parse(readFileSync(join(out, LOCK_NAME), 'utf8'))).toMatchObject({ id: 'theirs' });
});

it('a second training of a run is refused, reading it is not, and a stop takes the lock away', async () => {
  const cwd = temporaryFolder();
  const long = ['train', ...SMALLEST, '--epochs', '1000', '--device', 'native', '--out', 'r'];
  const first = start(long, { cwd });
  await first.until(/epoch 1 is/);
  const [second, info] = await Promise.all([
    dcgan(['train', '--resume', 'r'], { cwd }),
    dcgan(['info', 'r', '--json'], { cwd }),
  ]);
  expect([second.code, second.stdout, info.code]).toEqual([1, '', 0]);
  expect(second.stderr).toMatch(
    new RegExp(
      `^dcgan: r is being trained by process ${first.child.pid} since \\S+: dcgan train .*kill -INT ${first.child.pid}\\.\\n$`,
    ),
  );
  stopRun(join(cwd, 'r'));
  expect((await first.ended).code).toBe(130);
  expect(existsSync(join(cwd, 'r', LOCK_NAME))).toBe(false);

  const killed = start(['train', '--resume', 'r'], { cwd });
  await killed.until(/Goes on/);
  await killed.until(/epoch \d+ is/);
  killed.child.kill('SIGKILL');
  await killed.ended;
  expect(existsSync(join(cwd, 'r', LOCK_NAME))).toBe(true);
  const third = start(['train', '--resume', 'r'], { cwd });
  await third.until(/epoch \d+ is/);
  third.child.kill('SIGTERM');
  expect((await third.ended).code).toBe(143);
  const steps = timelessMetrics(join(cwd, 'r')).filter((line) => (line as { type: string }).type === 'step');
  expect(steps.map((line) => (line as { step: number }).step)).toEqual(steps.map((_, i) => i + 1));
});

it('a refused or finished training leaves no lock', async () => {
  const out = join(temporaryFolder(), 'run');
  await events({ ...SMALL, epochs: 1, device: 'reference', out });
  await events({ resume: out, device: 'reference' });
  await expect(events({ resume: out, device: 'reference', seed: 3 })).rejects.toThrow('seed cannot change');
  expect(readdirSync(out)).not.toContain(LOCK_NAME);
});
