// Records the film at the top of the README: Explore and Draw in Chromium, over a page of one file.
// A hand that nobody sees moves the sliders and draws, and each frame is a screenshot, so that the
// film is the same however slow the machine is.
//   npm run build && node scripts/film.mjs RUN|CHECKPOINT [-o docs/images/explore.webp] [--chromium PATH]
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { exportHtml } from '../dist/studio/still/html.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    output: { type: 'string', short: 'o', default: 'docs/images/explore.webp' },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
    frames: { type: 'string' },
  },
});
const [WIDTH, HEIGHT] = [1000, 620];
/** Milliseconds that a frame is shown: on its way, and where the film rests. */
const [MOVING, RESTING] = [90, 900];
const MOST_BYTES = 1.5e6;

const scratch = mkdtempSync(join(tmpdir(), 'dcgan-film-'));
const frames = [];
const browser = await chromium.launch({ executablePath: values.chromium, args: ['--no-sandbox'] });
try {
  const { html } = await exportHtml(positionals[0], { title: 'dcgan' });
  writeFileSync(join(scratch, 'film.html'), html);
  const page = await browser.newPage({ viewport: { width: WIDTH, height: HEIGHT }, locale: 'en-GB' });
  await page.goto(pathToFileURL(join(scratch, 'film.html')).href);
  const look = async (milliseconds = MOVING) => {
    frames.push({ png: await page.screenshot(), milliseconds });
  };
  const settled = () => page.waitForFunction(() => document.querySelector('ul.samples')?.ariaBusy !== 'true');
  /** Moves a slider from place to place in steps, and looks after each. */
  const slide = async (name, places, step) => {
    const slider = page.getByRole('slider', { name });
    for (let i = 1; i < places.length; i++) {
      const [from, to] = [places[i - 1], places[i]];
      const count = Math.round(Math.abs(to - from) / step);
      for (let k = 1; k <= count; k++) {
        await slider.fill(String(Math.round(10 * (from + ((to - from) * k) / count)) / 10));
        await settled();
        await look();
      }
    }
  };
  await page.getByRole('slider', { name: /^Direction 1/ }).waitFor();
  await page.evaluate(() => document.querySelector('.explore').scrollIntoView());
  await look(RESTING);
  await slide(/^Direction 1/, [0, 4, -4, 0], 0.8);
  await slide(/^Direction 2/, [0, 4, -4, 0], 0.8);
  await page.getByRole('button', { name: 'Other samples' }).click();
  await settled();
  await look(RESTING);
  await page.getByRole('link', { name: 'Draw' }).click();
  const paper = page.getByRole('application');
  await paper.scrollIntoViewIfNeeded();
  await look(RESTING);
  const box = await paper.boundingBox();
  /** A seven, as a hand draws it, in shares of the paper's width. */
  const stroke = [
    [0.28, 0.28],
    [0.4, 0.27],
    [0.52, 0.27],
    [0.66, 0.28],
    [0.6, 0.4],
    [0.54, 0.52],
    [0.48, 0.64],
    [0.44, 0.76],
  ];
  const at = ([x, y]) => [box.x + x * box.width, box.y + y * box.width];
  await page.mouse.move(...at(stroke[0]));
  await page.mouse.down();
  for (const point of stroke) {
    await page.mouse.move(...at(point), { steps: 4 });
    await look();
  }
  await page.mouse.up();
  const over = page.getByText('The search is over.');
  for (let i = 0; i < 40 && !(await over.isVisible()); i++) {
    await look(2 * MOVING);
    await page.waitForTimeout(200);
  }
  await over.waitFor();
  await look(3 * RESTING);
  if (values.frames)
    for (const [i, { png }] of frames.entries())
      writeFileSync(join(values.frames, `${String(i).padStart(3, '0')}.png`), png);
  const joined = sharp(
    frames.map(({ png }) => png),
    { join: { animated: true } },
  );
  const delay = frames.map(({ milliseconds }) => milliseconds);
  await joined.webp({ delay, loop: 0, quality: 70, effort: 6, mixed: true }).toFile(values.output);
  const { size } = statSync(values.output);
  console.log(`${values.output}: ${frames.length} frames, ${(size / 1e6).toFixed(2)} MB`);
  if (size > MOST_BYTES) throw new Error(`the film has ${size} bytes: at most ${MOST_BYTES} are wanted`);
} finally {
  await browser.close();
  rmSync(scratch, { recursive: true, force: true });
}
