// `dcgan studio --export`: the static page from a plain server without headers, below a path, in real
// Chromium: threads by its service worker, one thread without it, a visitor's own checkpoint, and
// offline after the first visit.
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, inChromium, launch, openPage, type Served, serve } from './support/chromium.ts';
import { dcgan, sharedFolder } from './support/cli.ts';
import { expectAccessible } from './support/page-checks.ts';
import { events, SMALL } from './support/training.ts';

const shared = sharedFolder();
const at = (...parts: string[]): string => join(shared.path, ...parts);
const RUN = '00001-mnist-tiny';
const CHECKPOINT = 'epoch-0002.safetensors';
const run = (...words: string[]) => dcgan(['studio', ...words], { cwd: shared.path });

beforeAll(async () => {
  await events({ ...SMALL, epochs: 2, device: 'wasm', out: at('runs', RUN) });
  copyFileSync(at('runs', RUN, 'checkpoints', CHECKPOINT), at('mine.safetensors'));
  expect(await run('--export', 'host/below/site', `runs/${RUN}`)).toMatchObject({
    code: 0,
    stderr: '',
    stdout: expect.stringMatching(/^The studio as a static page: host\/below\/site, \d+ files, \d\.\d MB\n$/),
  });
}, 60_000);

it('holds the run and nothing of the machine', () => {
  const names = readdirSync(at('host/below/site/runs/1')).sort();
  expect(names).toEqual(
    [
      'dcgan.gif',
      CHECKPOINT,
      'image_at_epoch_0001.png',
      'image_at_epoch_0002.png',
      'initial.png',
      'metrics.json',
      'reals.png',
    ].sort(),
  );
  expect(readFileSync(at('host/below/site/site.json'), 'utf8')).not.toContain(shared.path);
});

it('refuses a full folder and what is no run, and leaves nothing behind', async () => {
  expect(await run('--export', 'host/below/site', `runs/${RUN}`)).toMatchObject({
    code: 2,
    stderr:
      'dcgan: host/below/site holds something already: expected a new or empty folder. ' +
      'Choose another name: --export FOLDER.\n',
  });
  expect((await run('--export', 'other', 'nothing-here')).code).toBe(2);
  expect(existsSync(at('other'))).toBe(false);
  expect((await run('runs', 'more')).code).toBe(2);
});

describe.skipIf(!CHROMIUM)(inChromium('the static page'), () => {
  let browser: Browser;
  let served: Served;
  beforeAll(async () => {
    browser = await launch();
    served = await serve(at('host'), { isolated: false });
  });
  afterAll(async () => {
    await browser?.close();
    served?.close();
  });
  const open = async (options: BrowserContextOptions = {}): Promise<{ page: Page; complaints: string[] }> =>
    openPage(await browser.newContext(options), `${served.url}below/site/`);
  const explore = async (page: Page, id: string): Promise<void> => {
    await page.getByRole('heading', { name: id }).waitFor();
    await page.getByRole('button', { name: /^Sample 16/ }).waitFor();
  };

  it('computes on threads by its service worker, and works offline after the first visit', async () => {
    const { page, complaints } = await open({ viewport: { width: 390, height: 800 } });
    await page.getByRole('heading', { name: 'Runs' }).waitFor();
    expect(await page.evaluate('crossOriginIsolated')).toBe(true);
    await expectAccessible(page, 'Runs');
    await page.context().setOffline(true);
    await page.goto(`${served.url}below/site/`);
    await page.getByRole('link', { name: RUN }).first().click();
    await page.getByRole('img', { name: `${RUN}, epoch 2` }).waitFor();
    await page.getByRole('heading', { name: 'Losses' }).waitFor();
    await page.getByRole('link', { name: 'Explore', exact: true }).click();
    await explore(page, RUN);
    await page.getByRole('link', { name: 'Learn' }).click();
    expect(await page.evaluate("fetch('digits.gz').then(({ status }) => status)")).toBe(200);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('says that it has one thread where there is no service worker, and opens a checkpoint', async () => {
    const context = await browser.newContext();
    await context.addInitScript('delete Navigator.prototype.serviceWorker');
    const { page, complaints } = await openPage(context, `${served.url}below/site/`);
    await page.getByText('Networks run on one thread here: this page may not share memory.').waitFor();
    writeFileSync(at('broken.safetensors'), 'no checkpoint');
    await page.getByLabel('Open a checkpoint').setInputFiles(at('broken.safetensors'));
    await page.getByRole('alert').getByText('is not a checkpoint').waitFor();
    await page.getByLabel('Open a checkpoint').setInputFiles(at('mine.safetensors'));
    await explore(page, 'mine.safetensors');
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
