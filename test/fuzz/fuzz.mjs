// Damages every form of file that the program reads, in a process of its own with limits of time and memory, and counts what
// came of it: `node test/fuzz/fuzz.mjs [--minutes N | --cases N] [--from N] [--seed S]
// [--only SUBJECT]`. Inputs that ended in a crash, a
// hang, too much memory or a wrong acceptance are kept, and the exit code is 1.
import { fork } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { randomOf } from './damage.mjs';
import { folderName, SUBJECTS } from './subjects.mjs';

const CHILD = fileURLToPath(new URL('child.mjs', import.meta.url));
const OUTCOMES = ['refused', 'right', 'accepted', 'WRONG', 'crash', 'hang', 'memory'];
export const FAULTS = ['WRONG', 'crash', 'hang', 'memory'];
/** A damaged file of a few kilobytes that takes longer hangs. */
const LONGEST_MS = 30_000;
/** And one that makes the program hold more has made it believe a number. */
const MOST_MEMORY = 400e6;

/**
 * @param {{ minutes?: number, cases?: number, from?: number, seed?: number, only?: string }} options
 * @returns the counts by subject and outcome, and the faults with their inputs
 */
export async function fuzz({ minutes = 1, cases = Number.POSITIVE_INFINITY, from = 0, seed = 1, only }) {
  const folder = mkdtempSync(join(tmpdir(), 'dcgan-fuzz-'));
  const kept = join(folder, 'faults');
  mkdirSync(kept);
  const until = Number.isFinite(cases) ? Number.POSITIVE_INFINITY : Date.now() + minutes * 60_000;
  const next = chooser(seed, only);
  // A long count can be made in pieces.
  for (let i = 0; i < from; i++) next();
  const counts = Object.fromEntries(Object.keys(SUBJECTS).map((name) => [name, {}]));
  const faults = [];
  let child = null;
  let done = 0;
  while (done < cases && Date.now() < until) {
    child ??= start(folder);
    const task = next();
    const result = await ask(child, task);
    if (result.ended) child = null;
    if (result.unmade) {
      child?.kill('SIGKILL');
      throw new Error(`the undamaged ${task.subject} cannot be read: ${result.unmade}`);
    }
    if (result.outcome !== 'hang' && result.grown > MOST_MEMORY) {
      result.outcome = 'memory';
      result.why = `${Math.round(result.grown / 1e6)} MB`;
    }
    const row = counts[task.subject];
    row[result.outcome] = (row[result.outcome] ?? 0) + 1;
    done++;
    if (FAULTS.includes(result.outcome)) {
      const { name } = SUBJECTS[task.subject];
      const input = join(kept, `${folderName(task.subject)}-${task.seed}-${name}`);
      copyFileSync(join(folder, folderName(task.subject), name), input);
      faults.push({ ...task, ...result, input });
    }
  }
  child?.kill('SIGKILL');
  if (faults.length === 0) rmSync(folder, { recursive: true });
  return { counts, faults, done, untested: untested(counts) };
}

/** Forms whose damage their reader never noticed: it was not the damaged file that was read. */
function untested(counts) {
  return Object.entries(counts)
    .filter(([, row]) => (row.right ?? 0) > 50 && !row.refused && !row.accepted)
    .map(([name]) => name);
}

/** Subjects by their share, each with a seed of its own; the same ones for the same seed. */
function chooser(seed, only) {
  const below = randomOf(seed);
  const names = Object.keys(SUBJECTS).filter((name) => only === undefined || name === only);
  return () => {
    for (;;) {
      const subject = names[below(names.length)];
      const chosen = below(1000) < 1000 * (SUBJECTS[subject].share ?? 1);
      if (chosen || names.length === 1) return { subject, seed: below(2 ** 31) };
    }
  };
}

function start(folder) {
  return fork(CHILD, [folder], {
    execArgv: ['--max-old-space-size=1024'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

/** The child's answer; what it was when there is none. */
function ask(child, task) {
  return new Promise((resolve) => {
    const settle = (result) => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
      // Nothing that has ended a case badly goes on.
      if (result.ended) child.kill('SIGKILL');
      resolve(result);
    };
    const onMessage = (result) => (result.began ? wait() : settle(result));
    const onExit = (code, signal) => settle({ outcome: 'crash', ended: true, why: `ended with ${signal ?? code}` });
    let timer;
    const wait = () => {
      timer = setTimeout(
        () => settle({ outcome: 'hang', ended: true, why: `${LONGEST_MS / 1000} seconds` }),
        LONGEST_MS,
      );
    };
    child.on('message', onMessage);
    child.once('exit', onExit);
    child.send(task);
  });
}

/** The counts as a table of Markdown. */
export function table(counts) {
  const rows = Object.entries(counts).map(([name, row]) => [name, ...OUTCOMES.map((one) => row[one] ?? 0)]);
  const total = ['all', ...OUTCOMES.map((_, i) => rows.reduce((sum, row) => sum + row[i + 1], 0))];
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(['form', ...OUTCOMES]), line(['---', ...OUTCOMES.map(() => '--:')]), ...[...rows, total].map(line)].join(
    '\n',
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' },
      cases: { type: 'string' },
      from: { type: 'string' },
      seed: { type: 'string' },
      only: { type: 'string' },
    },
  });
  const number = (text) => (text === undefined ? undefined : Number(text));
  const options = {
    minutes: number(values.minutes),
    cases: number(values.cases),
    from: number(values.from),
    seed: number(values.seed),
    only: values.only,
  };
  const { counts, faults, done, untested } = await fuzz(options);
  console.log(`${done} damaged inputs, seed ${options.seed ?? 1}\n\n${table(counts)}`);
  for (const { outcome, subject, seed, kind, why, input } of faults)
    console.log(`\n${outcome}: ${subject}, seed ${seed}, ${kind ?? 'unknown damage'}: ${input}\n${why ?? ''}`);
  if (untested.length > 0) console.log(`\nnothing was tested: ${untested.join(', ')}`);
  process.exitCode = faults.length + untested.length > 0 ? 1 : 0;
}
