// `dcgan studio --export`: the static page from a plain server without headers, below a path, in real
// Chromium: threads by its service worker, one thread without it, a visitor's own checkpoint, and
// offline after the first visit.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPack } from '../src/data/load.ts';
import { openDataset } from '../src/data/open.ts';
import { en } from '../src/studio/page/strings/en.ts';
import { ko } from '../src/studio/page/strings/ko.ts';
import { CHROMIUM, inChromium, launch, openPage, type Served, serve } from './support/chromium.ts';
import { dcgan, sharedFolder } from './support/cli.ts';
import { idxOf } from './support/idx.ts';
import { expectAccessible, focusByTab } from './support/page-checks.ts';
import { noisy, png } from './support/pictures.ts';
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
    ].sort(),
  );
  expect(readFileSync(at('host/below/site/site.json'), 'utf8')).not.toContain(shared.path);
});

it('holds images of the data where that is asked for, and nowhere else', async () => {
  expect((await run('--export', 'open', '--with-reals', `runs/${RUN}`)).code).toBe(0);
  const shown = (site: string): unknown =>
    JSON.parse(readFileSync(at(site, 'site.json'), 'utf8')).runs[0].detail.reals?.name ?? null;
  expect([shown('open'), shown('host/below/site')]).toEqual(['reals.png', null]);
  expect(readFileSync(at('open/runs/1/reals.png'))).toEqual(readFileSync(at('runs', RUN, 'images/reals.png')));
  expect(await run('--with-reals')).toMatchObject({
    code: 2,
    stderr: 'dcgan: --with-reals has no meaning without --export. Leave it out.\n',
  });
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
    await page.getByText(en.siteHelp).waitFor();
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

  /** Opens pictures by the keyboard: the button takes the focus, and the files are given to it. */
  const bringInKorean = async (page: Page, files: readonly { name: string; mimeType: string; buffer: Buffer }[]) => {
    await focusByTab(page, ko.bringPictures);
    await page.locator('input[type=file]:focus').setInputFiles([...files]);
  };
  const press = async (page: Page, name: string): Promise<void> => {
    await focusByTab(page, name);
    await page.keyboard.press('Enter');
  };

  it('takes IDX files and packs that are dropped, and says what it cannot take', async () => {
    const folder = at('drawn');
    mkdirSync(folder);
    for (let i = 0; i < 3; i++) await png(noisy(32, i), join(folder, `${i}.png`));
    await buildPack(folder, at('drawn.pack'));
    const { page, complaints } = await open();
    await page.getByRole('link', { name: 'Train here' }).click();
    const drop = async (name: string, bytes: Uint8Array): Promise<void> => {
      const text = Buffer.from(bytes).toString('base64');
      const files = await page.evaluateHandle(`(() => {
        const files = new DataTransfer();
        const bytes = Uint8Array.from(atob(${JSON.stringify(text)}), (letter) => letter.charCodeAt(0));
        files.items.add(new File([bytes], ${JSON.stringify(name)}));
        return files;
      })()`);
      await page.getByRole('group', { name: 'Open or drop pictures' }).dispatchEvent('drop', { dataTransfer: files });
    };
    await drop('digits.gz', gzipSync(idxOf(openDataset('mnist'), 40)));
    await page.getByText('40 pictures of 28 × 28 × 1').waitFor();
    await drop('drawn.pack', readFileSync(at('drawn.pack')));
    await page.getByText('3 pictures of 32 × 32 × 3').waitFor();
    await page.getByRole('button', { name: 'Start training' }).waitFor();
    const damaged = readFileSync(at('drawn.pack'));
    damaged[damaged.length - 1]! ^= 1;
    await drop('drawn.pack', damaged);
    await page.getByRole('alert').getByText('drawn.pack is damaged: the SHA-256 of its images differs').waitFor();
    await drop('drawn.zip', Buffer.from('PK\u0003\u0004 and so on'));
    await page.getByRole('alert').getByText('Make a pack of it in a terminal: npx dcgan data build').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('trains on pictures that a visitor brings, offline too; keeps them, and the download opens in Node', async () => {
    const files = await Promise.all(
      Array.from({ length: 24 }, async (_, i) => ({
        name: `${i}.png`,
        mimeType: 'image/png',
        buffer: await noisy(40, i, 1).png().toBuffer(),
      })),
    );
    const { page, complaints } = await open({ viewport: { width: 390, height: 800 }, acceptDownloads: true });
    const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });
    await page.getByRole('link', { name: 'Train here' }).click();
    await page.context().setOffline(true);
    const bring = page.getByLabel('Open or drop pictures').last();
    await bring.setInputFiles([{ ...files[0]!, buffer: Buffer.from('nothing') }]);
    await page.getByRole('alert').getByText('No file could be read as a picture: 0.png.').waitFor();
    await bring.setInputFiles([...files, { name: 'broken.png', mimeType: 'image/png', buffer: Buffer.from('no') }]);
    await page.getByText('24 pictures of 28 × 28 × 1').waitFor();
    await page.getByText('1 file is broken: broken.png').waitFor();
    await page.getByLabel('Epochs (empty: as the preset)').fill('1');
    await page.getByLabel('Name of the run').fill('noise');
    await button('Start training').click();
    await page.getByText('Done.').waitFor();
    await expectAccessible(page, 'Train here');
    const [download] = await Promise.all([page.waitForEvent('download'), button('Download noise').click()]);
    expect(download.suggestedFilename()).toBe('noise-epoch-0001.safetensors');
    await download.saveAs(at('noise.safetensors'));
    const said = await dcgan(['info', 'noise.safetensors'], { cwd: shared.path });
    expect(said).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('quick'),
    });
    const made = await dcgan(['sample', 'noise.safetensors', '--count', '2', '-o', 'two.png'], { cwd: shared.path });
    expect(made).toMatchObject({ code: 0, stderr: '' });

    // What is kept outlives the tab, and goes on with the same pictures alone: wide, in Korean, by
    // keyboard.
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.reload();
    await page.getByLabel('Language').selectOption('ko');
    await button(ko.goOnWith('noise')).waitFor();
    await bringInKorean(page, files.slice(1));
    await page.getByText(ko.broughtPictures('23', '28 × 28 × 1')).waitFor();
    await press(page, ko.goOnWith('noise'));
    await page.getByText('the data of the kept run noise have changed: expected 24 images').waitFor();
    await bringInKorean(page, files);
    await page.getByText(ko.broughtPictures('24', '28 × 28 × 1')).waitFor();
    await focusByTab(page, ko.epochsToTrain);
    await page.keyboard.type('2');
    await press(page, ko.goOnWith('noise'));
    await page.getByText(ko.learn.trainingDone).waitFor();
    await expectAccessible(page, 'Train here, Korean');
    await press(page, `${ko.explore}: noise`);
    await page.getByRole('heading', { name: 'noise-epoch-0002.safetensors' }).waitFor();
    await page.getByLabel(ko.languageLabel).selectOption('en');
    await explore(page, 'noise-epoch-0002.safetensors');
    await page.getByRole('link', { name: 'Train here' }).click();
    await button('Remove noise').click();
    await expect.poll(() => button('Remove noise').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
