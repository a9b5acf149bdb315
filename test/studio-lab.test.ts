// The views that look into networks, in real Chromium, by role and label: Explore, Draw and Inside of
// one small run of pictures that are not square; wide and narrow; by keyboard alone; axe finds nothing and the console stays silent.
import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Dataset } from '../src/data/dataset.ts';
import { decodeNpy } from '../src/data/npy.ts';
import { toBytes, toNumbers } from '../src/data/pixels.ts';
import { DCGAN } from '../src/gan/dcgan.ts';
import { ko } from '../src/studio/page/strings/ko.ts';
import { exportHtml } from '../src/studio/still/html.ts';
import { CHROMIUM, inChromium, launch, openPage } from './support/chromium.ts';
import { type Running, sharedFolder, startStudio } from './support/cli.ts';
import { idxOf, labelsOf } from './support/idx.ts';
import { ROOT } from './support/pack.ts';
import { expectAccessible, focusByTab } from './support/page-checks.ts';
import { events, newestBytes, SMALL } from './support/training.ts';

it('the page weighs less than 350 kB compressed, engine and all', () => {
  const parts = ['index.html', 'page.js', 'page-style.css', 'engine.js'];
  const weigh = (name: string): number =>
    gzipSync(readFileSync(join(ROOT, 'dist/studio/page', name)), { level: 9 }).length;
  expect(parts.reduce((total, name) => total + weigh(name), 0)).toBeLessThan(350_000);
});

const shared = sharedFolder();
const RUN = '00001-wide-tiny';
const NEWER = 'epoch-0002.safetensors';
const MADE = Uint8Array.from({ length: 40 * 32 * 24 }, (_, i) => (i * 37) % 251);
const LABELS = Uint8Array.from({ length: 40 }, (_, i) => i % 10);

describe.skipIf(!CHROMIUM)(inChromium('the studio looks into networks'), () => {
  let browser: Browser;
  let running: Running;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    const runs = join(shared.path, 'runs');
    mkdirSync(runs, { recursive: true });
    const data = new Dataset({
      name: 'wide',
      images: MADE,
      count: 40,
      height: 32,
      width: 24,
      channels: 1,
      labels: LABELS,
    });
    mkdirSync(join(shared.path, 'data'));
    writeFileSync(join(shared.path, 'data/wide-idx3-ubyte'), idxOf(data, 40));
    writeFileSync(join(shared.path, 'data/wide-idx1-ubyte'), labelsOf(data, 40));
    const own = { data: join(shared.path, 'data'), epochs: 1, cond: true } as const;
    await events({ ...SMALL, ...own, device: 'wasm', out: join(runs, RUN) });
    const studio = await startStudio(shared.path, 41900);
    running = studio.running;
    browser = await launch();
    ({ page, complaints } = await openPage(browser, studio.link));
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    running?.child.kill('SIGKILL');
  });

  const named = (role: Parameters<Page['getByRole']>[0], name: string | RegExp) => page.getByRole(role, { name });
  const go = async (view: string, ready: string): Promise<void> => {
    await page.evaluate(`location.hash = '#/${view}/${RUN}'`);
    await page.getByText(ready).first().waitFor();
  };
  /** What a press saves: the file's name and its bytes. */
  const saved = async (button: string): Promise<{ readonly name: string; readonly bytes: Buffer }> => {
    const [download] = await Promise.all([page.waitForEvent('download'), named('button', button).click()]);
    return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
  };
  /** The grey levels of the picture of that name, or of the one in the button of that name. */
  const pixelsOf = (label: string): Promise<number[]> =>
    page.evaluate(`(() => {
      const named = document.querySelector('[aria-label=${JSON.stringify(label)}]');
      const canvas = named.querySelector('canvas') ?? named;
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]);
    })()`);

  it('goes from a run to samples that the page makes, and moves them', async () => {
    await named('link', RUN).click();
    await named('link', 'Explore').click();
    await named('button', 'Sample 16, class 5').waitFor();
    const still = await pixelsOf('Sample 1, class 0');
    const slider = named('slider', /^Direction 1/);
    await slider.press('End');
    await expect.poll(() => pixelsOf('Sample 1, class 0')).not.toEqual(still);
    await named('slider', 'Truncation').press('Home');
    await named('button', 'All sliders back').click();
    await expect.poll(() => pixelsOf('Sample 1, class 0')).toEqual(still);
    // A class for one sample alone, then one for all.
    await named('combobox', 'Class of this sample').selectOption('7');
    await named('button', 'Sample 1, class 7').waitFor();
    await page.getByText(/--seed 1 --count 16 --class 7,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5$/).waitFor();
    await page.getByRole('combobox', { name: 'Class', exact: true }).selectOption('3');
    await named('button', 'Sample 16, class 3').click();
    await named('img', 'Sample 16, class 3').waitFor();
    await page.getByText(/sample .*--seed 1 --count 16 --class 3$/).waitFor();
  });

  it('saves the noise of samples that sliders moved, from which the command makes them again', async () => {
    await named('slider', /^Direction 1/).press('End');
    await page.getByText(/sample .*epoch-0001.safetensors --noise samples.npy --class 3$/).waitFor();
    const { bytes, name } = await saved('Save samples.npy');
    const gan = await DCGAN.load(newestBytes(join(shared.path, 'runs', RUN)), { device: 'wasm', threads: 1 });
    const { data, rows } = decodeNpy(bytes, name, gan.config.latent);
    const images = toBytes(await gan.generate(data, { classes: 3 }));
    await gan.dispose();
    expect(rows).toBe(16);
    await expect.poll(() => pixelsOf('Sample 5, class 3')).toEqual([...images.subarray(4 * 32 * 24, 5 * 32 * 24)]);
    await named('button', 'All sliders back').click();
  });

  it('saves noise from which the command line makes the same sample, and finds its nearest real images', async () => {
    const noise = await saved('Noise as .npy');
    expect(noise.name).toBe('noise.npy');
    const gan = await DCGAN.load(newestBytes(join(shared.path, 'runs', RUN)), { device: 'wasm', threads: 1 });
    const { data } = decodeNpy(noise.bytes, noise.name, gan.config.latent);
    const image = toBytes(await gan.generate(data, { classes: 3 }));
    await gan.dispose();
    expect(await pixelsOf('Sample 16, class 3')).toEqual([...image]);
    await page.getByText(/sample .*epoch-0001.safetensors --noise noise.npy --class 3$/).waitFor();

    await named('button', 'Nearest real images').click();
    const near = page.getByRole('list', { name: 'Nearest real images' }).getByRole('listitem');
    await near.nth(5).waitFor();
    const levels = (await near.allTextContents()).map(Number.parseFloat);
    expect(levels.every((value) => value > 0 && value < 255)).toBe(true);
  });

  it('walks from pin to pin, as a film with a timeline, and saves it', async () => {
    await named('button', /^Pin$/).click();
    await named('button', 'Sample 2, class 3').click();
    await named('button', /^Pin$/).click();
    await named('img', 'picture 1 of 24').waitFor();
    await named('slider', 'Place on the path').press('End');
    await named('img', 'picture 24 of 24').waitFor();
    const gif = await saved('GIF');
    expect(gif.bytes.subarray(0, 6).toString()).toBe('GIF89a');
    const strip = await sharp((await saved('PNG strip')).bytes).metadata();
    expect([strip.width, strip.height]).toEqual([2554, 148]);
    expect((await saved('WebM')).bytes.subarray(0, 4)).toEqual(Buffer.from([0x1a, 0x45, 0xdf, 0xa3]));
    await page.getByLabel('Loop').check();
    await named('img', /of 47$/).waitFor();
    // A loop plays until it is paused, wherever that is.
    await named('button', 'Play').click();
    await named('button', 'Pause').click();
    await named('slider', 'Place on the path').press('Home');
    await page.getByText(/interpolate .*--noise pins.npy --class 3 --steps 24 --no-back -o path.gif$/).waitFor();
    const pins = await saved('Save pins.npy');
    expect(decodeNpy(pins.bytes, pins.name, 100).rows).toBe(3);
    const pin = page.getByRole('button', { name: 'Pin', exact: true });
    for (let pinned = 3; pinned <= 12; pinned++) await pin.click();
    await named('img', `picture 1 of ${12 * 23 + 1}`).waitFor();
    expect(await pin.isDisabled()).toBe(true);
    for (let pinned = 12; pinned >= 2; pinned--) await named('button', `Remove pin ${pinned}`).click();
    await page.getByText('Pin two to twelve samples').waitFor();
  });

  it('finds the nearest thing to a drawing, by mouse and by keyboard', async () => {
    await named('link', 'Draw').click();
    const paper = named('application', 'Paper to draw on');
    const { x, y, width, height } = (await paper.boundingBox())!;
    await page.mouse.move(x + 0.3 * width, y + 0.3 * height);
    await page.mouse.down();
    await page.mouse.move(x + 0.7 * width, y + 0.3 * height, { steps: 3 });
    await page.mouse.move(x + 0.5 * width, y + 0.8 * height, { steps: 3 });
    await page.mouse.up();
    await page.getByText('The search is over.').waitFor();
    await page.getByText(/grey levels away, class \d/).waitFor();
    await page.getByText(/project .*drawing.png .* --steps 120 --restarts 4$/).waitFor();
    // The saved drawing is what the command reads: transparent where nothing counts.
    const opaque = await sharp((await saved('Save drawing.png')).bytes)
      .extractChannel('alpha')
      .raw()
      .toBuffer();
    expect(new Set(opaque)).toEqual(new Set([0, 255]));
    await named('button', 'Clear').click();
    await page.getByText('Nothing is drawn yet.').waitFor();
    const notes = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no picture') };
    await page.getByLabel('Open a picture').setInputFiles(notes);
    await page.getByRole('alert').getByText('No file could be read as a picture: notes.txt.').waitFor();
    await paper.focus();
    for (const key of ['Space', 'Shift+ArrowDown', 'Shift+ArrowRight', 'ArrowUp', 'Space'])
      await page.keyboard.press(key);
    await page.getByText('The search is over.').waitFor();
  });

  it('looks inside both networks, at a sample, a real image and the drawing', async () => {
    await page
      .getByRole('navigation', { name: 'Look into the networks' })
      .getByRole('link', { name: 'Inside' })
      .click();
    await page.getByText(/^Logit -?[\d.]+: it takes the picture for real at [\d.]+ %/).waitFor();
    await named('img', /^fc1: .* of 8 × 6/).waitFor();
    await named('img', /^conv3: one map of 32 × 24/).waitFor();
    await named('img', 'Speaks for a real image').waitFor();
    await named('radio', 'A real image').check();
    await expect.poll(() => page.getByRole('region', { name: 'How the generator makes it' }).count()).toBe(0);
    // It is judged with its own class, as in training.
    const heading = named('heading', /^A real image, class \d$/);
    await heading.waitFor();
    await page.getByText(/^It is judged as class \d\. In training/).waitFor();
    const logit = page.getByText(/^Logit -?[\d.]+/);
    await logit.waitFor();
    const first = await pixelsOf('The picture');
    const gan = await DCGAN.load(newestBytes(join(shared.path, 'runs', RUN)), { device: 'wasm', threads: 1 });
    const image = toNumbers(Uint8Array.from(first));
    const own = Number((await heading.textContent())!.at(-1));
    const [alone, mean] = [await gan.judge(image, { classes: own }), await gan.judge(image)];
    await gan.dispose();
    const said = Number(/-?[\d.]+\d/.exec((await logit.textContent())!)![0]);
    expect(Math.abs(said - alone.logits[0]!)).toBeLessThan(1e-3);
    expect(Math.abs(said - mean.logits[0]!)).toBeGreaterThan(1e-3);
    await named('button', 'Another one').click();
    await expect.poll(async () => JSON.stringify(await pixelsOf('The picture'))).not.toBe(JSON.stringify(first));
    await named('radio', 'Your drawing').check();
    await named('img', /^conv1: .* of 16 × 12/).waitFor();
    await page.getByText(/^It is judged as class \d, from which the nearest picture is/).waitFor();
    await named('combobox', 'Judge it as').selectOption('4');
    await named('heading', 'Your drawing, class 4').waitFor();
    await page.getByText(/^It is judged as class 4\. In training/).waitFor();
    await named('combobox', 'Judge it as').selectOption('not known');
    await page.getByText(/^It is judged without a class or group/).waitFor();
    await page.getByText(/^Logit/).waitFor();
  });

  it.each([
    [1280, 'light'],
    [390, 'dark'],
  ] as const)('is accessible and fits at %i pixels, %s, in both languages', async (width, scheme) => {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    for (const [view, ready] of [
      ['explore', 'Direction 1'],
      ['draw', 'The search is over.'],
      ['inside', 'Logit'],
    ] as const) {
      await go(view, ready);
      await expectAccessible(page, view);
      await page.locator('header select').first().selectOption('ko');
      await page.getByRole('navigation', { name: ko.lab }).waitFor();
      await expectAccessible(page, `${view}, Korean`);
      await page.locator('header select').first().selectOption('en');
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it('is used by keyboard alone, in Korean too', async () => {
    await go('explore', 'Direction 1');
    await focusByTab(page, /Sample 2/);
    await page.keyboard.press('Enter');
    await focusByTab(page, /^Pin/);
    await page.keyboard.press('Enter');
    await named('img', 'Pin 2').waitFor();
    await page.getByLabel('Language').selectOption('ko');
    await page.getByText('고정한 샘플').first().waitFor();
  });

  it('is one file too, whatever the form of the pictures', async () => {
    const { html } = await exportHtml(join(shared.path, 'runs', RUN));
    writeFileSync(join(shared.path, 'one.html'), html);
    const { page: alone, complaints: said } = await openPage(
      browser,
      pathToFileURL(join(shared.path, 'one.html')).href,
    );
    await alone.getByRole('button', { name: 'Sample 16, class 5' }).waitFor();
    const size = "(({ width, height }) => [width, height])(document.querySelector('ul.samples canvas'))";
    expect(await alone.evaluate(size)).toEqual([24, 32]);
    expect(said).toEqual([]);
    await alone.close();
  });

  it('keeps what a person looks at when a training replaces its checkpoint', async () => {
    await page.locator('header select').first().selectOption('en');
    await go('explore', 'Direction 1');
    await page.getByLabel('Seed').fill('7');
    const run = join(shared.path, 'runs', RUN);
    renameSync(join(run, 'checkpoints/epoch-0001.safetensors'), join(run, 'checkpoints', NEWER));
    copyFileSync(join(run, 'images/image_at_epoch_0001.png'), join(run, 'images/image_at_epoch_0002.png'));
    await page.getByText('The training has replaced this checkpoint').waitFor();
    expect(await page.getByLabel('Seed').inputValue()).toBe('7');
    expect(await page.getByLabel('Checkpoint').locator('option').allTextContents()).toEqual([
      'before training',
      'epoch 1',
      'epoch 2',
    ]);
  });

  it('says in words when a checkpoint is damaged, and nothing on the console', async () => {
    expect(complaints).toEqual([]);
    writeFileSync(join(shared.path, 'runs', RUN, 'checkpoints', NEWER), 'nothing');
    await page.reload();
    await page.getByRole('alert').getByText('damaged').waitFor();
  });
});
