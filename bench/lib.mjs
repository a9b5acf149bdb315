// What all benchmarks share: rounds that time every side in turn, medians, and tables in documents.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

export const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

/**
 * Times sides in turn. `sides` are { name, step }; `step` does one unit of work and resolves to its
 * seconds. Every round runs one uncounted step of each side, which refills the caches that the side
 * before it emptied, and then `steps` counted ones. A first step that takes seconds counts as well,
 * because caches do not matter to it.
 */
export async function takeTurns(sides, rounds, steps) {
  const seconds = new Map(sides.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const { name, step } of sides) {
      const first = await step();
      const taken = first > 2 ? [first] : [];
      while (taken.length < steps) taken.push(await step());
      seconds.get(name).push(...taken);
    }
  return seconds;
}

/** Returns the seconds that a call takes. */
export async function timed(work) {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

export const sum = (list, value) => list.reduce((total, part) => total + value(part), 0);

export const load = () => loadavg()[0].toFixed(1);

/** Reads a whole number from 1, or throws an error that names the option. */
export function whole(option, text) {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new Error(`--${option} ${text}: expected a whole number from 1`);
}

/** Another program's load slows both sides of a comparison, but not equally. */
export function warnIfBusy() {
  if (Number(load()) > cpus().length / 4)
    console.error(`The machine is busy (load ${load()}): wait, or mistrust the ratios.`);
}

/** One line with the processor, the date, the versions, and how busy the machine was. */
export function setting(loadBefore, versions = {}) {
  const all = Object.entries({ Node: process.version, ...versions }).map((pair) => pair.join(' '));
  const date = new Date().toISOString().slice(0, 10);
  return `${cpus()[0].model.trim()}, ${cpus().length} cores; ${date}; ${all.join(', ')}; load ${loadBefore} before, ${load()} after`;
}

export function table(heads, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Finds the start and end of a document's text between the marks `<!-- bench:NAME -->`. */
function between(name, document, file) {
  const [start, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const [from, to] = [document.indexOf(start), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} has no ${start} ... ${end}`);
  return [from + start.length, to];
}

/** Prints a result; with `file`, also writes it between its marks in that document. */
export function publish(name, text, file) {
  console.log(text);
  if (!file) return;
  const document = readFileSync(file, 'utf8');
  const [from, to] = between(name, document, file);
  writeFileSync(file, `${document.slice(0, from)}\n${text}\n${document.slice(to)}`);
}

/** Reads what was published under a name. */
export function published(name, file) {
  const document = readFileSync(file, 'utf8');
  return document.slice(...between(name, document, file)).trim();
}
