// `dcgan export --to html`: one file in real Chromium, from a disk and with the network off, by role
// and label; what it holds, and what it does not.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toBytes } from '../src/data/pixels.ts';
import { DCGAN } from '../src/gan/dcgan.ts';
import { readSnapshot } from '../src/gan/snapshot-file.ts';
import { openHere } from '../src/generate/here.ts';
import { gather } from '../src/studio/still/gather.ts';
import type { Still } from '../src/studio/still/still.ts';
import { CHROMIUM, inChromium, launch } from './support/chromium.ts';
import { dcgan, sharedFolder } from './support/cli.ts';
import { farthest } from './support/exported.ts';
import { expectAccessible, focusByTab } from './support/page-checks.ts';
import { events, SMALL } from './support/training.ts';

const shared = sharedFolder();
const at = (name: string): string => join(shared.path, name);
const RUN = 'runs/00001-mnist-tiny';
const TITLE = 'Digits </script> & more';
const CHECKPOINT = `${RUN}/checkpoints/epoch-0003.safetensors`;
let expected: Float32Array;

beforeAll(async () => {
  await events({ ...SMALL, cond: true, ema: 0.5, device: 'wasm', out: at(RUN) });
  const options = ['--title', TITLE, '--license', 'CC-BY-4.0', '-o', 'digits.html'];
  expect(await dcgan(['export', RUN, '--to', 'html', ...options], { cwd: shared.path })).toMatchObject({
    code: 0,
    stderr: '',
    stdout: expect.stringMatching(
      new RegExp(`^generator of ${CHECKPOINT} as html, weights in float16: digits\\.html, \\d\\.\\d MB\n$`),
    ),
  });
  const gan = await DCGAN.fromSnapshot(readSnapshot(at(CHECKPOINT)), { device: 'wasm', threads: 1 });
  expected = await gan.generate(16, { seed: 1 });
  await gan.dispose();
}, 60_000);

const stillOf = (name: string): Still =>
  JSON.parse(/<script type="application\/json" id="still">(.*?)<\/script>/s.exec(readFileSync(at(name), 'utf8'))![1]!);

describe('the file', () => {
  it('holds all pictures, the configuration and a generator within one grey level', async () => {
    const { title, license, pictures, detail, generator, metrics } = stillOf('digits.html');
    expect([title, license, detail.config!.config.preset]).toEqual([TITLE, 'CC-BY-4.0', 'tiny']);
    expect(detail.pictures.map(({ epoch }) => epoch)).toEqual([0, 1, 2, 3]);
    expect([detail.reals, Object.keys(pictures)]).toEqual([null, detail.pictures.map(({ name }) => name)]);
    const open = (await gather(at(RUN), { withReals: true })).still.pictures;
    expect(Buffer.from(open['reals.png']!, 'base64')).toEqual(readFileSync(at(`${RUN}/images/reals.png`)));
    for (const { name } of detail.pictures)
      expect(Buffer.from(pictures[name]!, 'base64')).toEqual(readFileSync(at(`${RUN}/images/${name}`)));
    expect(metrics!.steps.step.at(-1)).toBe(9);
    const gan = await openHere(Buffer.from(generator, 'base64'));
    expect(farthest(toBytes(await gan.generate(16, { seed: 1 })), toBytes(expected))).toBeLessThanOrEqual(1);
    await gan.dispose();
  });

  it('says nothing of the machine and its folders, and no script opens a comment', () => {
    const text = readFileSync(at('digits.html'), 'utf8');
    expect(text).not.toContain(shared.path);
    expect(stillOf('digits.html').detail.config).not.toHaveProperty('sittings');
    expect(text.match(/<!--/g)).toBeNull();
    expect(text.match(/<\/script>/g)).toHaveLength(2);
  });

  it('names an extractor without its folder, and the device without its compiler', async () => {
    const path = at(`${RUN}/config.json`);
    const record = JSON.parse(readFileSync(path, 'utf8'));
    const notes = { ...record.notes, variant: 'avx2 built by clang 19.1.7' };
    const data = { ...record.data, source: 'C:\\Users\\me\\pics', fromRun: '../../private/pics' };
    writeFileSync(path, JSON.stringify({ ...record, notes, data, extractor: '/home/me/private/features.onnx' }));
    const { still } = await gather(at(RUN), {});
    writeFileSync(path, JSON.stringify(record));
    expect(still.detail.config).toMatchObject({
      extractor: 'features.onnx',
      data: { source: 'pics' },
      notes: { device: 'wasm', variant: '' },
    });
    expect(JSON.stringify(still)).not.toMatch(/private|Users|clang/);
  });

  it('takes a checkpoint alone, and refuses what has no meaning', async () => {
    writeFileSync(at('alone.safetensors'), readFileSync(at(CHECKPOINT)));
    const said = await dcgan(['export', 'alone.safetensors', '--to', 'html', '-o', 'alone.html'], { cwd: shared.path });
    expect(said).toMatchObject({ code: 0, stderr: '' });
    expect(stillOf('alone.html')).toMatchObject({ title: 'alone', license: null, metrics: null, pictures: {} });
    for (const [words, stderr] of [
      [['--to', 'html', '--half'], 'dcgan: --half has no meaning for html. Leave it out.\n'],
      [['--to', 'onnx', '--with-reals'], 'dcgan: --with-reals has no meaning for onnx. Leave it out.\n'],
      [['--to', 'onnx', '--title', 'x'], 'dcgan: --title has no meaning for onnx. Leave it out.\n'],
    ] as const)
      expect(await dcgan(['export', RUN, ...words], { cwd: shared.path })).toMatchObject({ code: 2, stderr });
  });
});

describe.skipIf(!CHROMIUM)(inChromium('the file in a browser'), () => {
  let browser: Browser;
  let complaints: string[];
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  async function open(locale: string, width: number): Promise<Page> {
    const context = await browser.newContext({ offline: true, locale, viewport: { width, height: 900 } });
    const page = await context.newPage();
    complaints = [];
    page.setDefaultTimeout(100_000);
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!/^(file|data|blob):/.test(request.url())) complaints.push(request.url());
    });
    await page.goto(pathToFileURL(at('digits.html')).href);
    return page;
  }

  it('draws samples by slider and button, walks, shows the past and finds a drawing', async () => {
    const page = await open('en-GB', 1280);
    const named = (role: Parameters<Page['getByRole']>[0], name: string | RegExp) => page.getByRole(role, { name });
    await named('button', /^Sample 16/).waitFor();
    expect(await page.title()).toBe(TITLE);
    await page.getByText('Licence: CC-BY-4.0.').waitFor();
    const first: number[] = await page.evaluate(`(() => { const canvas = document.querySelector('ul.samples canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return [...data].filter((_, i) => i % 4 === 0); })()`);
    expect(farthest(first, toBytes(expected.subarray(0, 28 * 28)))).toBeLessThanOrEqual(1);
    const shown = (): Promise<string> => page.evaluate("document.querySelector('ul.samples canvas').toDataURL()");
    let before = await shown();
    const changed = async (): Promise<void> => {
      await expect.poll(async () => (await shown()) === before, { timeout: 20_000 }).toBe(false);
      before = await shown();
    };
    await named('slider', /^Truncation/).press('ArrowLeft');
    await changed();
    await named('button', 'Other samples').click();
    await changed();
    await page.getByRole('button', { name: 'Pin', exact: true }).click();
    await named('button', /^Sample 2/).click();
    await page.getByRole('button', { name: 'Pin', exact: true }).click();
    await expectAccessible(page, 'Explore');
    await named('link', 'Draw').click();
    const paper = named('application', 'Paper to draw on');
    await paper.focus();
    for (const key of ['Space', 'ArrowDown', 'Space', 'ArrowDown', 'Space']) await paper.press(key);
    await page.getByText('The search is over.').waitFor();
    await expectAccessible(page, 'Draw');
    await named('link', TITLE).click();
    await named('img', '00001-mnist-tiny, epoch 3').waitFor();
    await named('slider', 'Time of training').press('Home');
    await named('img', '00001-mnist-tiny, before training').waitFor();
    await page.getByLabel('Sharp pixels').uncheck();
    await page.getByLabel('Colours').selectOption('dark');
    await expectAccessible(page, 'the run, dark');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('speaks Korean, fits a telephone, and is reached by keyboard', async () => {
    const page = await open('ko-KR', 390);
    await page.getByRole('heading', { name: '00001-mnist-tiny' }).waitFor();
    expect(await page.evaluate('document.documentElement.lang')).toBe('ko');
    await page.locator('ul.samples canvas').first().waitFor();
    await focusByTab(page, /그리기|Draw/);
    await page.keyboard.press('Enter');
    await page.waitForURL(/#\/draw\//);
    await expectAccessible(page, 'Draw, narrow');
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
