// The studio as a person uses it, in real Chromium, by role and label: a run is started from the
// form, watched, stopped, resumed, compared and deleted, on a wide page by mouse and on a narrow one
// by keyboard alone. Axe finds nothing, the console stays silent, and pages of other origins get nothing.
import {
  appendFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, inChromium, launch, openPage, serve } from './support/chromium.ts';
import { type Running, sharedFolder, startStudio } from './support/cli.ts';
import { expectAccessible, focusByTab } from './support/page-checks.ts';
import { noisy, png } from './support/pictures.ts';
import { events, newestBytes, SMALL } from './support/training.ts';

const shared = sharedFolder();
const path = (...parts: string[]): string => join(shared.path, 'runs', ...parts);

let browser: Browser;
let running: Running;

/** The names of all files below a folder. */
const everyFile = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => !name.includes('sweep/long/'));

/** A copy of the run that is to have more epochs than it has. */
function unfinished(name: string, epochs: number): void {
  cpSync(path('00001-mnist-tiny'), path(name), { recursive: true });
  const config = readFileSync(path(name, 'config.json'), 'utf8').replace('"epochs": 4', `"epochs": ${epochs}`);
  writeFileSync(path(name, 'config.json'), config);
}

function stepLine(step: number, generatorLoss: number | null): string {
  const numbers = { generatorLoss, discriminatorLoss: 1, realScore: 0.5, fakeScore: 0.5, seconds: 0.1 };
  return JSON.stringify({ type: 'step', step, epoch: Math.ceil(step / 3), ...numbers });
}

/** A run of 10,000 epochs, whose metrics have a line that was torn. */
function long(name: string): void {
  unfinished(name, 10_000);
  const lines = ['{"type":"st'];
  for (let epoch = 1; epoch <= 10_000; epoch++) {
    const more = { type: 'epoch', diversity: 1, generatorGradient: 1, discriminatorGradient: 1 };
    lines.push(stepLine(3 * epoch, 1), JSON.stringify({ ...JSON.parse(stepLine(3 * epoch, 1)), ...more }));
    const picture = path(name, 'images', `image_at_epoch_${String(epoch).padStart(4, '0')}.png`);
    if (epoch > 4) linkSync(path(name, 'images', 'image_at_epoch_0004.png'), picture);
  }
  writeFileSync(path(name, 'metrics.jsonl'), `${lines.join('\n')}\n`);
}

describe.skipIf(!CHROMIUM)(inChromium('the studio'), () => {
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    mkdirSync(path(), { recursive: true });
    await events({ ...SMALL, epochs: 4, device: 'wasm', out: path('00001-mnist-tiny') });
    cpSync(path('00001-mnist-tiny'), path('00002-damaged'), { recursive: true });
    writeFileSync(path('00002-damaged', 'config.json'), '{}');
    unfinished('sweep/diverged', 6);
    appendFileSync(path('sweep/diverged', 'metrics.jsonl'), `${stepLine(13, null)}\n`);
    mkdirSync(path('.studio'));
    writeFileSync(path('.studio', 'sweep~diverged.log'), 'dcgan: the losses are not finite.\n');
    long('sweep/long');
    const pictures = join(shared.path, 'pictures');
    mkdirSync(pictures);
    await png(noisy(20, 1), join(pictures, 'a.png'));
    await png(noisy(24, 2), join(pictures, 'b.png'));
    cpSync(join(pictures, 'a.png'), join(pictures, 'c.png'));
    writeFileSync(join(pictures, 'broken.png'), 'no picture');
    const studio = await startStudio(shared.path, 41800);
    running = studio.running;
    browser = await launch();
    ({ page, complaints } = await openPage(await browser.newContext(), studio.link));
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    running?.child.kill('SIGKILL');
  });

  const named = (role: Parameters<Page['getByRole']>[0], name: string | RegExp) => page.getByRole(role, { name });
  const go = (view: string): Promise<unknown> => page.evaluate(`location.hash = ${JSON.stringify(view)}`);
  const home = async (): Promise<void> => {
    await named('link', 'DCGAN studio').click();
    await named('heading', 'Runs').waitFor();
  };

  it('lists the runs, the damaged one with the reason', async () => {
    await named('heading', '00001-mnist-tiny').waitFor();
    await page.getByText('config.json: format').waitFor();
    expect(await page.getByText('epoch 4 of 4').isVisible()).toBe(true);
  });

  it('shows the list for an address that means nothing', async () => {
    for (const address of ['/run/50%', '/nowhere', '/explore/%E0%A4']) {
      await go('/learn');
      await named('heading', 'Runs').waitFor({ state: 'detached' });
      await go(address);
      await named('heading', 'Runs').waitFor();
    }
    await go('/run/50%');
    await page.reload();
    await named('heading', 'Runs').waitFor();
  });

  it('says what a diverged and a damaged run mean', async () => {
    await go('/run/sweep%2Fdiverged');
    await page.getByText('Its losses became infinite or NaN.').waitFor();
    expect(await page.getByText('Nothing goes wrong').count()).toBe(0);
    // Its output is open.
    expect(await page.getByText('dcgan: the losses are not finite').isVisible()).toBe(true);
    await go('/run/00002-damaged');
    await page.getByText('Its files cannot be read as a run. config.json').waitFor();
  });

  it('shows a run of 10,000 epochs with a torn line in its metrics', async () => {
    await go('/run/sweep%2Flong');
    await named('img', 'sweep/long, epoch 10000').waitFor();
    await page.getByText('1 line of its metrics cannot be understood and is left out.').waitFor();
    await named('slider', 'Time of training').press('ArrowLeft');
    await named('img', 'sweep/long, epoch 9999').waitFor();
  });

  it('says so when a run is deleted while it is shown', async () => {
    cpSync(path('00001-mnist-tiny'), path('sweep/passing'), { recursive: true });
    await page.getByRole('link', { name: 'DCGAN studio' }).click();
    await named('link', 'sweep/passing').click();
    await named('img', 'sweep/passing, epoch 4').waitFor();
    rmSync(path('sweep/passing'), { recursive: true });
    await page.getByText('This run is not there any more').waitFor();
    await named('link', 'All runs').click();
    await named('heading', 'Runs').waitFor();
  });

  it('shows a run: its pictures by a slider, its charts by keyboard, its warnings', async () => {
    await named('link', '00001-mnist-tiny').click();
    await named('heading', 'Charts').waitFor();
    await named('img', '00001-mnist-tiny, epoch 4').waitFor();
    await page
      .getByRole('listitem')
      .filter({ hasText: /Generator [0-9]/ })
      .first()
      .waitFor();
    const slider = named('slider', 'Time of training');
    await slider.press('ArrowLeft');
    await named('img', '00001-mnist-tiny, epoch 3').waitFor();
    await slider.press('Home');
    await named('img', '00001-mnist-tiny, before training').waitFor();
    await named('application', 'Losses').press('End');
    await page.getByText(/^epochs 4: Generator/).waitFor();
    await named('img', '00001-mnist-tiny, epoch 4').waitFor();
    await named('button', 'Play').click();
    await named('button', 'Pause').waitFor();
    await named('button', 'Play').waitFor();
    await named('button', 'Numbers as a table').first().click();
    await named('columnheader', 'Generator').waitFor();
  });

  it('starts a run from the form, follows its first epoch, stops it and goes on with it', async () => {
    await home();
    await named('link', 'New run').click();
    // A name is shown as it must be typed.
    await page.getByText('"mnist", "fashion-mnist", or the path').waitFor();
    const cased = "getComputedStyle(document.querySelector('#data-help'), '::first-letter').textTransform";
    expect(await page.evaluate(cased)).toBe('none');
    await page.getByLabel('Data', { exact: true }).fill('nothing-here');
    await named('button', 'Start training').click();
    await page.getByRole('alert').getByText('nothing-here').waitFor();
    await page.getByLabel('Data', { exact: true }).fill(join(shared.path, 'pictures'));
    await named('button', 'Look at these data').click();
    await page.getByText(/^3 images; trained on as .*; 1 file is broken; 1 group of equal pictures$/).waitFor();
    await page.getByText('Problems, file by file').click();
    await page.getByText(/pictures\/broken\.png: it is not a PNG/).waitFor();
    await named('img', 'Real images').waitFor();
    await page.getByLabel('Data', { exact: true }).fill('mnist');
    await page.getByLabel('preset', { exact: true }).selectOption('tiny');
    await page.getByLabel('epochs', { exact: true }).fill('400');
    await page.getByLabel('seed', { exact: true }).fill('5');
    await page.getByText('More options').click();
    await page.getByLabel('limit', { exact: true }).fill('256');
    await page.getByLabel('device', { exact: true }).fill('wasm');
    await page.getByLabel('lr g', { exact: true }).fill('0.0002');
    await named('button', 'What it will cost here').click();
    await page.getByText(/^It takes about .+ here\. The networks need \d+ MB of memory to work in, besides/).waitFor();
    await named('button', 'Start training').click();
    await named('heading', '00003-mnist-tiny').waitFor();
    await named('img', /^00003-mnist-tiny, epoch \d/).waitFor();
    await page.getByText(/^about .* left$/).waitFor();
    await named('button', 'Stop').click();
    await page.getByText('stopped', { exact: true }).waitFor();
    expect(existsSync(path('00003-mnist-tiny', 'run.lock'))).toBe(false);
    await named('button', 'Resume').click();
    await named('button', 'Stop').click();
    await page.getByText('stopped', { exact: true }).waitFor();
    // What it printed is no warning, and folded away.
    await page.getByText('Last lines of its output').waitFor();
    expect(await page.getByText(/^Stopped after step/).isVisible()).toBe(false);
    expect(await page.locator('section.warnings pre').count()).toBe(0);
  });

  it('compares two runs', async () => {
    await home();
    await page.getByLabel('Mark for comparison: 00001-mnist-tiny').check();
    await page.getByLabel('Mark for comparison: 00003-mnist-tiny').check();
    await named('link', 'Compare 2 runs').click();
    await named('img', '00001-mnist-tiny, epoch 4').waitFor();
    const rows = page.getByRole('row');
    await rows.filter({ hasText: 'epochs' }).getByRole('cell', { name: '400' }).waitFor();
    await rows.filter({ hasText: 'generatorLearningRate' }).getByRole('cell', { name: 'as learningRate' }).waitFor();
    await rows.filter({ hasText: 'seed' }).getByRole('cell', { name: '41' }).waitFor();
    await named('button', 'Draw').click();
    await named('img', 'The same noise through each: 00001-mnist-tiny').waitFor();
    await named('img', 'The same noise through each: 00003-mnist-tiny').waitFor();
  });

  it('speaks Korean, and keeps the choice', async () => {
    await page.getByLabel('Language').selectOption('ko');
    await named('heading', '비교').waitFor();
    await page.reload();
    await named('heading', '비교').waitFor();
    await page.getByLabel('언어').selectOption('en');
    await named('heading', 'Compare').waitFor();
  });

  it.each([
    [1280, 'light'],
    [1280, 'dark'],
    [390, 'light'],
  ] as const)('is accessible and fits at %i pixels, %s', async (width, scheme) => {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    for (const view of ['/', '/run/00001-mnist-tiny', '/compare/00001-mnist-tiny/00003-mnist-tiny', '/new/']) {
      await go(view);
      await page.getByRole('heading', { level: 1 }).waitFor();
      if (view.startsWith('/run')) await named('application', 'Losses').waitFor();
      await expectAccessible(page, view);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it('is used by keyboard alone on a narrow page: start, watch, go back in time, stop, resume, compare, delete', async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    await home();
    const press = async (name: RegExp, key = 'Enter'): Promise<void> => {
      await focusByTab(page, name);
      await page.keyboard.press(key);
    };
    const type = async (name: RegExp, text: string): Promise<void> => {
      await focusByTab(page, name);
      await page.keyboard.type(text);
    };
    await press(/^New run$/);
    await named('heading', 'New run').waitFor();
    await type(/^preset$/, 'tiny');
    await type(/^epochs$/, '400');
    await press(/^More options$/);
    await type(/^limit$/, '256');
    await type(/^device$/, 'wasm');
    await press(/^Start training$/);
    await named('heading', '00004-mnist-tiny').waitFor();
    await named('img', /^00004-mnist-tiny, (epoch [1-9]|Live)/).waitFor();
    await named('slider', 'Time of training').waitFor();
    await press(/^Time of training/, 'Home');
    await named('img', '00004-mnist-tiny, before training').waitFor();
    await press(/^Stop$/);
    await page.getByText('stopped', { exact: true }).waitFor();
    await press(/^Resume$/);
    await named('button', 'Stop').waitFor();
    await press(/^Stop$/);
    await page.getByText('stopped', { exact: true }).waitFor();
    await press(/^DCGAN studio$/);
    await named('heading', 'Runs').waitFor();
    await press(/^Mark for comparison: 00001/, 'Space');
    await press(/^Mark for comparison: 00004/, 'Space');
    await press(/^Compare 2 runs$/);
    await named('img', '00001-mnist-tiny, epoch 4').waitFor();
    await press(/^00004-mnist-tiny$/);
    await named('button', 'Delete').waitFor();
    await press(/^Delete$/);
    await press(/^Yes, move it to/);
    await named('heading', 'Runs').waitFor();
    await expect.poll(() => existsSync(path('00004-mnist-tiny'))).toBe(false);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it('deletes a run when asked twice', async () => {
    await page.goto(`${new URL(page.url()).origin}/#/run/00003-mnist-tiny`);
    await named('button', 'Delete').click();
    await named('button', 'Cancel').click();
    await named('button', 'Delete').click();
    await named('button', 'Yes, move it to .trash').click();
    await named('heading', 'Runs').waitFor();
    await expect.poll(() => existsSync(path('00003-mnist-tiny'))).toBe(false);
    await expect.poll(() => named('heading', '00003-mnist-tiny').count()).toBe(0);
  });

  it('says nothing on the console', () => {
    // A browser reports refused requests by itself: the start that the form tried, the deleted run.
    expect(complaints.filter((text) => !/status of (400|404)/.test(text))).toEqual([]);
  });

  it('gives nothing to pages of another port or name, whose requests carry its cookie, and does nothing for them', async () => {
    const origin = new URL(page.url()).origin;
    const folder = join(shared.path, 'elsewhere');
    mkdirSync(folder);
    writeFileSync(join(folder, 'index.html'), '<!doctype html><title>another page</title><body>');
    const before = everyFile(path());
    const elsewhere = await serve(folder, { isolated: false });
    const other = await page.context().newPage();
    // Chromium tells of answers to frames only; of the others it shows nothing, not even here.
    const answers: Promise<{ readonly status: number; readonly cookie: boolean }>[] = [];
    other.on('response', (response) => {
      if (new URL(response.url()).port !== new URL(origin).port) return;
      const cookie = response.request().headerValue('cookie');
      answers.push(cookie.then((value) => ({ status: response.status(), cookie: /dcgan-studio/.test(value ?? '') })));
    });
    try {
      for (const url of [elsewhere.url, elsewhere.url.replace('127.0.0.1', 'localhost')]) {
        await other.goto(url);
        await other.addScriptTag({ path: 'test/support/other-origin.mjs' });
        for (const target of [origin, origin.replace('127.0.0.1', 'localhost')])
          expect(await other.evaluate(`tryAll('${target}', '00001-mnist-tiny')`)).toEqual([]);
      }
      const told = await Promise.all(answers);
      expect(told.map(({ status }) => status)).toEqual(told.map(() => 403));
      expect(told.some(({ cookie }) => cookie)).toBe(true);
    } finally {
      elsewhere.close();
      await other.close();
    }
    expect(everyFile(path())).toEqual(before);
  });

  it('killed with -9 harms no training: it ends with the bits of one that nobody watched', async () => {
    await home();
    await page.goto(`${new URL(page.url()).origin}/#/new/`);
    await page.getByLabel('preset', { exact: true }).selectOption('tiny');
    await page.getByLabel('epochs', { exact: true }).fill('40');
    await page.getByLabel('seed', { exact: true }).fill('41');
    await page.getByText('More options').click();
    await page.getByLabel('limit', { exact: true }).fill('128');
    await page.getByLabel('device', { exact: true }).fill('wasm');
    await named('button', 'Start training').click();
    await named('heading', '00003-mnist-tiny').waitFor();
    running.child.kill('SIGKILL');
    await expect.poll(() => existsSync(path('00003-mnist-tiny', 'dcgan.gif')), { timeout: 90_000 }).toBe(true);
    await expect.poll(() => existsSync(path('00003-mnist-tiny', 'run.lock')), { timeout: 30_000 }).toBe(false);
    await events({ preset: 'tiny', epochs: 40, seed: 41, limit: 128, device: 'wasm', out: path('alone') });
    expect(newestBytes(path('00003-mnist-tiny')).equals(newestBytes(path('alone')))).toBe(true);
  });
});
