// The process that reads damaged files. Its parent sends cases and ends it when it does not answer; a crash ends only this process.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { damaged } from './damage.mjs';
import { folderName, outcomeOf, SUBJECTS } from './subjects.mjs';

const [folder] = process.argv.slice(2);
const samples = new Map();
let under = null;

// What a library throws in a callback nobody can catch: it is a crash of the case under way.
for (const event of ['uncaughtException', 'unhandledRejection'])
  process.on(event, (error) => {
    process.send({ ...under, outcome: 'crash', ended: true, why: `${event}: ${error?.stack ?? error}` });
  });

async function sampleOf(subject) {
  const known = samples.get(subject);
  if (known) return known;
  const { name, make, read } = SUBJECTS[subject];
  const at = join(folder, folderName(subject));
  mkdirSync(at, { recursive: true });
  const path = join(at, name);
  const made = await make(path);
  if (made) writeFileSync(path, made);
  const sample = { path, bytes: readFileSync(path), whole: await read(path) };
  samples.set(subject, sample);
  return sample;
}

/** The most bytes that this process has held since the last call, where Linux says it. */
function peak() {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'));
    writeFileSync('/proc/self/clear_refs', '5');
    return Number(kilobytes) * 1024;
  } catch {
    return 0;
  }
}

process.on('message', async ({ subject, seed }) => {
  under = { subject, seed };
  let sample;
  try {
    sample = await sampleOf(subject);
  } catch (error) {
    process.send({ unmade: error.stack, ended: true });
    return;
  }
  // The limit of time is for the damaged file, not for making a whole one.
  process.send({ began: true });
  const { kind, bytes } = damaged(sample.bytes, seed);
  writeFileSync(sample.path, bytes);
  peak();
  const before = process.memoryUsage.rss();
  const start = performance.now();
  const result = await outcomeOf(SUBJECTS[subject], sample.path, sample.whole);
  const grown = Math.max(0, peak() - before);
  process.send({ subject, seed, kind, grown, ms: performance.now() - start, ...result });
});
