// Measures the studio as a person meets it, in Chromium: how long the list of 300 runs and a run of
// 35,250 steps take to open, how long a step takes to reach the chart, how steady the frames are
// while it follows, how much memory the server holds, and what watching costs a training.
//   npm run build && node bench/studio/studio.mjs [--rounds 4] [--chromium PATH] [--markdown FILE]
import { spawn } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { load, median, publish, setting, table, whole } from '../lib.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '4' },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
    markdown: { type: 'string' },
  },
});
const rounds = whole('rounds', values.rounds);
const bin = fileURLToPath(new URL('../../bin/dcgan.js', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'dcgan-bench-'));
const before = load();

const RUNS = 300;
/** The tutorial's 150 epochs of 235 steps. */
const [EPOCHS, STEPS] = [150, 235];
const LATENCIES = 20;
/** The list and the run are opened this often; the quickest counts, because others use the machine. */
const OPENINGS = 5;
/** A run is opened this long before its opening is measured. */
const WARM_MS = 5000;

/** Runs the program to its end. */
async function dcgan(args) {
  const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  await new Promise((resolve, reject) =>
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`dcgan ${args[0]} ended with ${code}`)))),
  );
}

/** Starts a studio over a folder of runs; resolves to its process and its link. */
async function studio(folder) {
  const child = spawn(process.execPath, [bin, 'studio', folder, '--no-open'], { stdio: ['pipe', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const link = /http:\S+/.exec(line)?.[0];
    if (link) return { child, link };
  }
  throw new Error('the studio printed no link');
}

const stepLine = (step, loss) =>
  `${JSON.stringify({
    type: 'step',
    step,
    epoch: Math.ceil(step / STEPS),
    generatorLoss: loss,
    discriminatorLoss: 1 + 0.2 * Math.cos(step / 50),
    realScore: 0.6,
    fakeScore: 0.4,
    seconds: 0.1,
  })}\n`;

/** A run of the tutorial's length: steps and epochs as lines, and a picture an epoch. */
function lengthen(run) {
  const picture = join(run, 'images', 'image_at_epoch_0001.png');
  const lines = [];
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    for (let i = 1; i <= STEPS; i++) {
      const step = (epoch - 1) * STEPS + i;
      lines.push(stepLine(step, 1 + 0.3 * Math.sin(step / 100)));
    }
    const means = JSON.parse(stepLine(epoch * STEPS, 1));
    const rest = { diversity: 1, generatorGradient: 2, discriminatorGradient: 2 };
    lines.push(`${JSON.stringify({ ...means, ...rest, type: 'epoch', epoch })}\n`);
    if (epoch > 1) cpSync(picture, join(run, 'images', `image_at_epoch_${String(epoch).padStart(4, '0')}.png`));
  }
  writeFileSync(join(run, 'metrics.jsonl'), lines.join(''));
}

const megabytes = (pid) => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1000;

/** Milliseconds from an act to the moment at which the page fulfils a condition, looked at every frame. */
async function until(page, act, condition, argument) {
  const began = performance.now();
  await act();
  await page.waitForFunction(condition, argument, { polling: 'raf' });
  return performance.now() - began;
}

/** Returns the processor seconds in two neighbouring fields of Linux' /proc/PID/stat. */
function processorSeconds(pid, field) {
  const [, rest] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) (.*)/s);
  const [user, system] = rest
    .split(' ')
    .slice(field, field + 2)
    .map(Number);
  return (user + system) / 100;
}
const processSeconds = (pid) => processorSeconds(pid, 11);
/** Of all children that have ended and were waited for. */
const childrenSeconds = () => processorSeconds('self', 13);

/**
 * Trains a run on one thread; resolves to its processor seconds and to those of the studio that
 * watched it. A watched training also draws previews, as one that the studio started does.
 */
async function trainOnce(name, watched) {
  const folder = join(scratch, name);
  const run = join(folder, 'run');
  const began = childrenSeconds();
  const size = ['--limit', '1024', '--batch-size', '64', '--epochs', '4'];
  const preview = watched ? ['--preview', '2'] : [];
  const training = dcgan(['train', ...size, '--threads', '1', '--out', run, '--quiet', ...preview]);
  const side = watched ? await watch(folder) : null;
  await training;
  const seconds = childrenSeconds() - began;
  const server = side ? processSeconds(side.pid) - side.before : 0;
  await side?.end();
  return { seconds, server };
}

/** Opens a page of a studio on the run of a folder. */
async function watch(folder) {
  const { child, link } = await studio(folder);
  const page = await browser.newPage();
  await page.goto(link);
  await page.getByRole('link', { name: 'run' }).first().click();
  const ended = new Promise((resolve) => child.once('close', resolve));
  const end = async () => {
    await page.close();
    child.kill('SIGINT');
    await ended;
  };
  return { pid: child.pid, before: processSeconds(child.pid), end };
}

const best = (list) => `${Math.min(...list).toFixed(0)} ms`;
const rows = [];
/** Adds a row to the table, and says it at once: what follows takes minutes. */
function add(what, measured, most) {
  rows.push([what, measured, most]);
  console.error(`${what}: ${measured}`);
}

const browser = await chromium.launch({ executablePath: values.chromium, args: ['--no-sandbox'] });
try {
  const runs = join(scratch, 'runs');
  const long = join(runs, 'long');
  await dcgan(['train', '--preset', 'tiny', '--limit', '640', '--epochs', '2', '--out', long, '--quiet']);
  for (let i = 1; i < RUNS; i++) {
    const filter = (path) => !path.endsWith('.safetensors');
    cpSync(long, join(runs, `run-${i}`), { recursive: true, filter });
  }
  lengthen(long);
  const { child, link } = await studio(runs);
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const listed = (n) => document.querySelectorAll('.card').length === n;
  // A run comes in parts, and the last step's number is shown once all of it is there.
  const number = () => document.querySelector('.legend b')?.textContent;
  const drawn = (last) => document.querySelector('.legend b')?.textContent === last;
  const goTo = (hash) => page.evaluate((to) => location.assign(to), hash);
  const first = await until(page, () => page.goto(link), listed, RUNS);
  await goTo('#/run/long');
  await sleep(WARM_MS);
  const last = await page.evaluate(number);
  await goTo('#/');
  const [lists, opens] = [[first], []];
  for (let i = 0; i < OPENINGS; i++) {
    opens.push(await until(page, () => goTo('#/run/long'), drawn, last));
    await goTo('#/');
    lists.push(await until(page, () => page.reload(), listed, RUNS));
  }
  await until(page, () => goTo('#/run/long'), drawn, last);
  add(`list of ${RUNS} runs, from the address to all cards, quickest of ${lists.length}`, best(lists), '1,000 ms');
  add('the same by the link, the first time', `${first.toFixed(0)} ms`, '');
  const steps = (EPOCHS * STEPS).toLocaleString('en');
  add(`a run of ${steps} steps, from the click to its curves, quickest of ${OPENINGS}`, best(opens), '1,000 ms');
  await page.getByLabel('Smoothing').selectOption('0');
  const metrics = join(long, 'metrics.jsonl');
  const latencies = [];
  let step = EPOCHS * STEPS;
  for (let i = 0; i < LATENCIES; i++) {
    await sleep(130);
    const loss = 3 + i / 1000;
    const write = async () => appendFileSync(metrics, stepLine(++step, loss));
    const shown = (text) => document.querySelector('.legend b')?.textContent === text;
    latencies.push(await until(page, write, shown, String(loss)));
  }
  add('a step, from its line in the file to the chart, median', `${median(latencies).toFixed(0)} ms`, '300 ms');
  add(`the same, slowest of ${LATENCIES}`, `${Math.max(...latencies).toFixed(0)} ms`, '300 ms');
  // A hundred steps a second in three runs, the page on the first of them.
  const frames = page.evaluate(
    () =>
      new Promise((resolve) => {
        const gaps = [];
        let last = performance.now();
        const tick = (now) => {
          gaps.push(now - last);
          last = now;
          if (gaps.length < 300) requestAnimationFrame(tick);
          else resolve(gaps);
        };
        requestAnimationFrame(tick);
      }),
  );
  let done = false;
  frames.then(() => {
    done = true;
  });
  while (!done) {
    for (const name of ['long', 'run-1', 'run-2'])
      appendFileSync(join(runs, name, 'metrics.jsonl'), stepLine(++step, 1 + Math.random()));
    await sleep(10);
  }
  const gaps = (await frames).sort((a, b) => a - b);
  const held = megabytes(child.pid);
  const slow = gaps[Math.floor(gaps.length * 0.95)];
  add('a frame while following 100 steps a second in three runs, median', `${median(gaps).toFixed(1)} ms`, '16.7 ms');
  add('the same, 95th of 100', `${slow.toFixed(1)} ms`, '');
  add('memory of the server, three runs growing', `${held.toFixed(0)} MB`, '150 MB');
  child.kill('SIGINT');
  await page.close();

  const sides = { alone: [], watched: [] };
  let served = 0;
  for (let round = 0; round < rounds; round++)
    for (const side of round % 2 === 0 ? ['alone', 'watched'] : ['watched', 'alone']) {
      const { seconds, server } = await trainOnce(`${side}-${round}`, side === 'watched');
      sides[side].push(seconds);
      served += server;
      console.error(`${side}: ${seconds.toFixed(2)} s of processor time, the studio ${server.toFixed(2)} s`);
    }
  const slowdown = Math.min(...sides.watched) / Math.min(...sides.alone) - 1;
  const ofServer = served / sides.watched.reduce((sum, seconds) => sum + seconds, 0);
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  add('processor time that a training takes more when it is watched', percent(slowdown), '1 %');
  add("processor time of the studio's server meanwhile, of the training's", percent(ofServer), '');
  const text = `${setting(before)}\n\n${table(['what', 'measured', 'at most'], rows)}`;
  publish('studio', text, values.markdown);
} finally {
  await browser.close();
  rmSync(scratch, { recursive: true, force: true });
}
