// What all benchmarks share: rounds that take every side in turn, medians, and tables put into docs/benchmarks.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

export const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

/**
 * Times sides in turn: `sides` are { name, step }, step does one unit of work and resolves to its seconds. Every round takes one
 * step of each that is not counted (it pays for the cold caches the side before left behind), then `steps` that are. To a step of
 * seconds caches are nothing: it counts.
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

/** Seconds that a call takes. */
export async function timed(work) {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

export const sum = (list, value) => list.reduce((total, part) => total + value(part), 0);

export const load = () => loadavg()[0].toFixed(1);

/** A whole number from 1, or an error that names the option. */
export function whole(option, text) {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new Error(`--${option} ${text}: expected a whole number from 1`);
}

/** Another program's load falls on both sides of a comparison, but not equally on both. */
export function warnIfBusy() {
  if (Number(load()) > cpus().length / 4)
    console.error(`The machine is busy (load ${load()}): wait, or mistrust the ratios.`);
}

/** One line: processor, date, versions, and how busy the machine was. */
export function setting(loadBefore, versions = {}) {
  const all = Object.entries({ Node: process.version, ...versions }).map((pair) => pair.join(' '));
  const date = new Date().toISOString().slice(0, 10);
  return `${cpus()[0].model.trim()}, ${cpus().length} cores; ${date}; ${all.join(', ')}; load ${loadBefore} before, ${load()} after`;
}

export function table(heads, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Where a document's text between the marks `<!-- bench:NAME -->` begins and ends. */
function between(name, document, file) {
  const [start, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const [from, to] = [document.indexOf(start), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} has no ${start} ... ${end}`);
  return [from + start.length, to];
}

/** Prints a result, and with `file` puts it between its marks in that document. */
export function publish(name, text, file) {
  console.log(text);
  if (!file) return;
  const document = readFileSync(file, 'utf8');
  const [from, to] = between(name, document, file);
  writeFileSync(file, `${document.slice(0, from)}\n${text}\n${document.slice(to)}`);
}

/** What was published under a name. */
export function published(name, file) {
  const document = readFileSync(file, 'utf8');
  return document.slice(...between(name, document, file)).trim();
}
