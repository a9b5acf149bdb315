// Measures the views that look into networks, on the static page in Chromium: how soon sixteen
// samples follow a slider, how soon one picture of 64 x 64 is made, how soon the directions are
// found, how soon Draw answers and settles, and how large the page and one file are. Networks are
// untrained: that costs the same.
//   npm run build && node bench/studio/lab.mjs [--chromium PATH] [--markdown FILE]
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { DCGAN } from '../../dist/index.js';
import { exportHtml } from '../../dist/studio/still/html.js';
import { load, median, publish, setting, table } from '../lib.mjs';

const { values } = parseArgs({
  options: { chromium: { type: 'string', default: '/usr/bin/chromium' }, markdown: { type: 'string' } },
});
const bin = fileURLToPath(new URL('../../bin/dcgan.js', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'dcgan-bench-'));
const before = load();
/** A slider is moved and a picture is made this often. */
const TIMES = 40;
const EPOCHS = 50;

function dcgan(...args) {
  const { status } = spawnSync(process.execPath, [bin, ...args], {
    cwd: scratch,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`dcgan ${args[0]} ended with ${status}`);
}

async function untrained(name, options) {
  const gan = await DCGAN.create({ seed: 1, device: 'wasm', threads: 1, ...options });
  await gan.save(join(scratch, name));
  await gan.dispose();
}

const rows = [];
/** Adds a row to the table, and says it at once. */
function add(what, measured, most = '') {
  rows.push([what, measured, most]);
  console.error(`${what}: ${measured}`);
}
const spread = (list) =>
  `${median(list).toFixed(0)} ms, quickest ${Math.min(...list).toFixed(0)}, slowest ${Math.max(...list).toFixed(0)}`;
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
/** A server that sends the two headers, so that the page computes on threads. */
const server = createServer((request, response) => {
  const path = new URL(request.url, 'http://x').pathname;
  try {
    const bytes = readFileSync(join(scratch, 'site', path === '/' ? 'index.html' : path));
    response.writeHead(200, {
      'Content-Type': TYPES[extname(path)] ?? (path === '/' ? 'text/html' : 'application/octet-stream'),
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    });
    response.end(bytes);
  } catch {
    response.writeHead(404).end();
  }
});

const browser = await chromium.launch({ executablePath: values.chromium, args: ['--no-sandbox'] });
try {
  dcgan('train', '--limit', '256', '--epochs', '1', '--device', 'wasm', '--out', 'run', '--quiet');
  const images = join(scratch, 'run/images');
  for (let epoch = 1; epoch <= EPOCHS; epoch++)
    cpSync(join(images, 'reals.png'), join(images, `image_at_epoch_${String(epoch).padStart(4, '0')}.png`));
  await untrained('size28.safetensors', { preset: 'tf2018' });
  await untrained('size64.safetensors', { preset: 'best', imageSize: 64, channels: 3 });
  dcgan('studio', '--export', 'site', 'size28.safetensors', 'size64.safetensors');
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${server.address().port}/`;
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(`${address}#/explore/size28`);

  const seen = (selector) =>
    page.waitForFunction((wanted) => document.querySelector(wanted), selector, { polling: 'raf' });
  await seen('ul.samples canvas');
  const began = performance.now();
  await seen('.sliders input[type=range][max="4"][min="-4"]');
  await page.getByRole('slider', { name: /^Direction 8/ }).waitFor();
  const directions = performance.now() - began;

  const sliders = await page.evaluate(async (times) => {
    const canvas = document.querySelector('ul.samples canvas');
    const slider = document.querySelector('.sliders input[type=range]');
    const look = () => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.join();
    const taken = [];
    for (let i = 1; i <= times; i++) {
      const old = look();
      const start = performance.now();
      slider.value = String(((i % 2 ? 1 : -1) * (i % 40)) / 10 || 4);
      slider.dispatchEvent(new Event('input', { bubbles: true }));
      while (look() === old) await new Promise((resolve) => setTimeout(resolve));
      taken.push(performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return taken.slice(5);
  }, TIMES);
  add('a slider of Explore, from the move to sixteen pictures of 28 x 28 (tf2018)', spread(sliders), '50 ms');
  add('the directions that change most, from the first samples on', `${directions.toFixed(0)} ms`, '2,000 ms');

  const single = await page.evaluate(async (times) => {
    const { DCGAN: Model } = await import(new URL('engine.js', location.href).href);
    const file = await (await fetch('runs/2/size64.safetensors')).blob();
    const gan = await Model.load(file, { device: 'cpu' });
    const taken = [];
    for (let i = 0; i < times; i++) {
      const noise = await gan.sampleNoise(1, i);
      const start = performance.now();
      await gan.generate(noise);
      taken.push(performance.now() - start);
    }
    await gan.dispose();
    return taken.slice(5);
  }, TIMES);
  add('one picture of 64 x 64 in colour (best), asked of the Worker', spread(single), '16.7 ms');

  const answers = [];
  for (let i = 0; i < 3; i++) {
    await page.evaluate(() => {
      location.hash = '#/draw/size28';
    });
    const paper = page.getByRole('application');
    await paper.waitFor();
    if (i > 0) await page.getByRole('button', { name: 'Clear' }).click();
    const { x, y, width } = await paper.boundingBox();
    await page.mouse.move(x + 0.3 * width, y + 0.3 * width);
    await page.mouse.down();
    await page.mouse.move(x + 0.7 * width, y + 0.3 * width, { steps: 3 });
    await page.mouse.move(x + 0.5 * width, y + 0.8 * width, { steps: 3 });
    await page.mouse.up();
    const start = performance.now();
    await page.getByText(/grey levels away/).waitFor();
    const first = performance.now() - start;
    await page.getByText('The search is over.').waitFor();
    answers.push([first, performance.now() - start]);
  }
  add('Draw, from the end of a stroke to its first answer', spread(answers.map(([first]) => first)), '1,000 ms');
  add('Draw, to the end of the search', spread(answers.map(([, end]) => end)), '5,000 ms');

  const { html } = await exportHtml(join(scratch, 'run'));
  add(`one file of tf2018 with the pictures of ${EPOCHS} epochs`, megabytes(html.length), '3 MB');
  writeFileSync(join(scratch, 'one.html'), html);
  const still = await browser.newPage();
  const opening = performance.now();
  await still.goto(pathToFileURL(join(scratch, 'one.html')).href);
  await still.waitForFunction(() => document.querySelector('ul.samples canvas'), null, { polling: 'raf' });
  add('one file, until its samples show', `${(performance.now() - opening).toFixed(0)} ms`);
  const own = ['index.html', 'site.js', 'engine.js', 'page-style.css', 'service-worker.js'];
  const weigh = (names, bytesOf) => names.reduce((sum, name) => sum + bytesOf(join(scratch, 'site', name)), 0);
  const plain = weigh([...own, 'digits.gz'], (path) => statSync(path).size);
  const packed = weigh(own, (path) => gzipSync(readFileSync(path), { level: 9 }).length);
  add(
    'a static page without runs, as files',
    `${megabytes(plain)}, of them the lesson's digits ${megabytes(statSync(join(scratch, 'site/digits.gz')).size)}`,
  );
  add('the same compressed, without the digits', megabytes(packed));
  add(
    'a run of tf2018 in it: its checkpoint',
    megabytes(
      statSync(
        join(
          scratch,
          'site/runs/1',
          readdirSync(join(scratch, 'site/runs/1')).find((name) => name.endsWith('.safetensors')),
        ),
      ).size,
    ),
  );
  publish('studio-lab', `${setting(before)}\n\n${table(['what', 'measured', 'at most'], rows)}`, values.markdown);
} finally {
  await browser.close();
  server.close();
  rmSync(scratch, { recursive: true, force: true });
}
