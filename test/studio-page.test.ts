// The studio as a person uses it, in real Chromium, by role and label: a run is started from the
// form, watched, stopped, resumed, compared and deleted; wide and narrow; by keyboard alone; axe finds
// nothing and the console stays silent.
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, inChromium, launch, openPage } from './support/chromium.ts';
import { BIN, type Running, sharedFolder, startProgram } from './support/cli.ts';
import { expectAccessible, focusByTab } from './support/page-checks.ts';
import { events, newestBytes, SMALL } from './support/training.ts';

const shared = sharedFolder();
const path = (...parts: string[]): string => join(shared.path, 'runs', ...parts);

let browser: Browser;
let running: Running;
let output = '';

/** Starts the studio; resolves to its link. */
async function startStudio(): Promise<string> {
  running = startProgram(process.execPath, [BIN, 'studio', '--no-open', '--port', '41800'], { cwd: shared.path });
  output = '';
  running.child.stdout!.on('data', (part: string) => {
    output += part;
  });
  await running.until(/token=\S+/);
  return output.match(/http:\S+/)![0];
}

describe.skipIf(!CHROMIUM)(inChromium('the studio'), () => {
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    mkdirSync(path(), { recursive: true });
    await events({ ...SMALL, epochs: 4, device: 'wasm', out: path('00001-mnist-tiny') });
    cpSync(path('00001-mnist-tiny'), path('00002-damaged'), { recursive: true });
    writeFileSync(path('00002-damaged', 'config.json'), '{}');
    const link = await startStudio();
    browser = await launch();
    ({ page, complaints } = await openPage(browser, link));
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    running?.child.kill('SIGKILL');
  });

  const named = (role: Parameters<Page['getByRole']>[0], name: string | RegExp) => page.getByRole(role, { name });
  const home = async (): Promise<void> => {
    await named('link', 'DCGAN studio').click();
    await named('heading', 'Runs').waitFor();
  };

  it('lists the runs, the damaged one with the reason', async () => {
    await named('heading', '00001-mnist-tiny').waitFor();
    await page.getByText('config.json: format').waitFor();
    expect(await page.getByText('epoch 4 of 4').isVisible()).toBe(true);
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
    await page.getByLabel('Data', { exact: true }).fill('nothing-here');
    await named('button', 'Start training').click();
    await page.getByRole('alert').getByText('nothing-here').waitFor();
    await page.getByLabel('Data', { exact: true }).fill('mnist');
    await page.getByLabel('preset', { exact: true }).selectOption('tiny');
    await page.getByLabel('epochs', { exact: true }).fill('400');
    await page.getByLabel('seed', { exact: true }).fill('5');
    await page.getByText('More options').click();
    await page.getByLabel('limit', { exact: true }).fill('256');
    await page.getByLabel('device', { exact: true }).fill('wasm');
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
  });

  it('compares two runs', async () => {
    await home();
    await page.getByLabel('Mark for comparison: 00001-mnist-tiny').check();
    await page.getByLabel('Mark for comparison: 00003-mnist-tiny').check();
    await named('link', 'Compare 2 runs').click();
    await named('img', '00001-mnist-tiny, epoch 4').waitFor();
    const rows = page.getByRole('row');
    await rows.filter({ hasText: 'epochs' }).getByRole('cell', { name: '400' }).waitFor();
    await rows.filter({ hasText: 'seed' }).getByRole('cell', { name: '41' }).waitFor();
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
      await page.evaluate(`location.hash = ${JSON.stringify(view)}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      if (view.startsWith('/run')) await named('application', 'Losses').waitFor();
      await expectAccessible(page, view);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it('is used by keyboard alone: to a run, its slider, and back', async () => {
    await home();
    const focus = (name: RegExp) => focusByTab(page, name);
    await focus(/00001-mnist-tiny/);
    await page.keyboard.press('Enter');
    await named('heading', 'Charts').waitFor();
    await focus(/Time of training/);
    await page.keyboard.press('ArrowLeft');
    await named('img', '00001-mnist-tiny, epoch 3').waitFor();
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

  it('says nothing on the console, and a page of another origin gets nothing from it', async () => {
    // A browser reports refused requests by itself: the start that the form tried above.
    expect(complaints.filter((text) => !/status of 400/.test(text))).toEqual([]);
    const other = await openPage(browser, 'data:text/html,<title>other</title>');
    const answers = await other.page.evaluate(async (origin) => {
      const ask = (path: string, init: RequestInit) =>
        fetch(`${origin}${path}`, init).then(
          async (r) => (r.type === 'opaque' ? 'opaque' : await r.text()),
          () => 'refused',
        );
      return Promise.all([
        ask('/api/runs', { credentials: 'include' }),
        ask('/api/runs', { credentials: 'include', mode: 'no-cors' }),
        ask('/api/runs/00001-mnist-tiny/delete', {
          method: 'POST',
          credentials: 'include',
          mode: 'no-cors',
          body: '{}',
        }),
      ]);
    }, new URL(page.url()).origin);
    expect(answers.every((answer) => answer === 'refused' || answer === 'opaque')).toBe(true);
    expect(existsSync(path('00001-mnist-tiny'))).toBe(true);
    await other.page.close();
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
