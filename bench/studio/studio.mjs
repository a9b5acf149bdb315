// Measures the studio as a person meets it, in Chromium: how long the list of 300 runs and a run of
// 35,250 steps take to open, how long a step takes to reach the chart, how steady the frames are
// while it follows, what the server holds, and what watching costs a training.
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

/** Seconds of a step of a training, the median; `watched`: by a page of a studio. */
async function stepSeconds(name, watched) {
  const folder = join(scratch, name);
  const run = join(folder, 'run');
  const training = dcgan(['train', '--limit', '2560', '--epochs', '3', '--threads', '1', '--out', run, '--quiet']);
  const side = watched ? await watch(folder) : null;
  await training;
  await side?.();
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return median(lines.filter(({ type }) => type === 'step').map(({ seconds }) => seconds));
}

/** Opens a studio on the run of a folder; returns what ends it. */
async function watch(folder) {
  const { child, link } = await studio(folder);
  const page = await browser.newPage();
  await page.goto(link);
  await page.getByRole('link', { name: 'run' }).first().click();
  return async () => {
    await page.close();
    child.kill('SIGINT');
  };
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
  const list = await until(
    page,
    () => page.goto(link),
    (n) => document.querySelectorAll('.card').length === n,
    RUNS,
  );
  const drawn = () => /\d/.test(document.querySelector('.legend b')?.textContent ?? '');
  const goTo = (hash) => page.evaluate((to) => location.assign(to), hash);
  const open = await until(page, () => goTo('#/run/long'), drawn);
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
  child.kill('SIGINT');
  await page.close();

  const alone = [];
  const watched = [];
  for (let round = 0; round < rounds; round++)
    for (const side of round % 2 === 0 ? [alone, watched] : [watched, alone])
      side.push(await stepSeconds(`${side === watched}-${round}`, side === watched));
  const slowdown = median(watched) / median(alone) - 1;

  const rows = [
    [`list of ${RUNS} runs, from the link to all cards`, `${list.toFixed(0)} ms`, '1,000 ms'],
    [
      `a run of ${(EPOCHS * STEPS).toLocaleString('en')} steps, from the click to its curves`,
      `${open.toFixed(0)} ms`,
      '1,000 ms',
    ],
    ['a step, from its line in the file to the chart, median', `${median(latencies).toFixed(0)} ms`, '300 ms'],
    ['the same, slowest of 20', `${Math.max(...latencies).toFixed(0)} ms`, '300 ms'],
    ['a frame while following 100 steps a second, median', `${median(gaps).toFixed(1)} ms`, '16.7 ms'],
    ['the same, 95th of 100', `${gaps[Math.floor(gaps.length * 0.95)].toFixed(1)} ms`, ''],
    ['memory of the server, three runs growing', `${held.toFixed(0)} MB`, '150 MB'],
    ['a training that is watched is slower by', `${(100 * slowdown).toFixed(1)} %`, '1 %'],
  ];
  const text = `${table(['what', 'measured', 'wanted at most'], rows)}\n\n${setting(before)}.`;
  publish('studio', text, values.markdown);
} finally {
  await browser.close();
  rmSync(scratch, { recursive: true, force: true });
}
