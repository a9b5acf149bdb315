// The lesson in real Chromium, by role and label: every chapter by keyboard alone, one slow step, a
// training in the page, both languages, wide and narrow; axe finds nothing and the console is silent.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DCGAN } from '../src/gan/dcgan.ts';
import { QUOTATIONS } from '../src/studio/page/parts/learn/code.ts';
import { judgeOne } from '../src/studio/page/state/lesson.ts';
import { lessonEn } from '../src/studio/page/strings/lesson-en.ts';
import { lessonKo } from '../src/studio/page/strings/lesson-ko.ts';
import { CHROMIUM, inChromium, launch, openPage } from './support/chromium.ts';
import { type Running, sharedFolder, startStudio } from './support/cli.ts';
import { expectAccessible, focusByTab } from './support/page-checks.ts';

const shared = sharedFolder();

it('quotes the lines of the sources', () => {
  for (const { source, lines } of QUOTATIONS)
    expect(readFileSync(fileURLToPath(new URL(`../${source}`, import.meta.url)), 'utf8')).toContain(lines);
});

it('has the same chapters in both languages', () => {
  expect(lessonKo.chapters.map(({ text }) => text.length)).toEqual(lessonEn.chapters.map(({ text }) => text.length));
  expect(lessonKo.parts.length).toBe(lessonEn.parts.length);
});

it('judges an image with its group, and with the best group where nobody knows it', async () => {
  const gan = await DCGAN.create({ preset: 'tiny', groups: 4, classes: 4, seed: 3, device: 'wasm', threads: 1 });
  const image = await gan.generate(1, { seed: 1, classes: 2 });
  const each: number[] = [];
  for (let group = 0; group < 4; group++) each.push((await gan.judge(image, { classes: group })).logits[0]!);
  expect(new Set(each).size).toBe(4);
  for (const [group, logit] of each.entries()) expect(await judgeOne(gan, image, group)).toEqual({ logit, group });
  const best = Math.max(...each);
  expect(await judgeOne(gan, image, null)).toEqual({ logit: best, group: each.indexOf(best) });
  await gan.dispose();
});

describe.skipIf(!CHROMIUM)(inChromium('the lesson'), () => {
  let browser: Browser;
  let running: Running;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    const studio = await startStudio(shared.path, 41900);
    running = studio.running;
    browser = await launch();
    ({ page, complaints } = await openPage(browser, studio.link));
    page.setDefaultTimeout(60_000);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    running?.child.kill('SIGKILL');
  });

  const named = (role: Parameters<Page['getByRole']>[0], name: string | RegExp) => page.getByRole(role, { name });
  const chapter = (n: number): Promise<void> =>
    named('heading', lessonEn.chapters[n - 1]!.title)
      .and(page.locator('h1'))
      .waitFor();
  const press = async (name: string | RegExp): Promise<void> => {
    await focusByTab(page, name);
    await page.keyboard.press('Enter');
  };

  it('is gone through to its end by keyboard alone', async () => {
    await press('Learn');
    await chapter(1);
    await named('img', lessonEn.realDigits).waitFor();
    await press('Next');
    await chapter(2);
    await named('img', lessonEn.made).waitFor();
    await named('img', 'fc1: 32 maps of 7 × 7').waitFor();
    const drawn = await page.getByText(/^Number 1 of the noise/).textContent();
    await focusByTab(page, /^Number 1 of the noise/);
    await page.keyboard.press('ArrowRight');
    await page.getByText(/^Number 1 of the noise: -?\d\.\d/).waitFor();
    await expect.poll(async () => (await page.getByText(/^Number 1 of the noise/).textContent()) === drawn).toBe(false);
    await press('Next');
    await chapter(3);
    await page.getByText(/^Logit -?[\d.]+: real with a probability/).waitFor();
    await focusByTab(page, 'Paper to draw on');
    expect((await named('application', 'Paper to draw on').boundingBox())!.height).toBeGreaterThan(200);
    for (const key of ['ArrowDown', 'Shift+ArrowDown', 'Shift+ArrowDown']) await page.keyboard.press(key);
    await press('Take a made one');
    await page.getByText(/^Logit -?[\d.]+: real with a probability/).waitFor();
    await press('Next');
    await chapter(4);
    await named('img', /^The discriminator’s loss: 1\.\d+/).waitFor();
    await named('img', /^The generator’s loss: 0\.\d+/).waitFor();
    await press(lessonEn.takeSteps(10));
    await page.getByText('10 steps done').waitFor();
    await press('Next');
    await chapter(5);
    for (const part of lessonEn.parts) {
      await named('button', part).waitFor();
      await press(part);
    }
    await page.getByText(/the discriminator’s loss went from [\d.]+ to [\d.]+/).waitFor();
    await page.getByText('11 steps done').waitFor();
    await press('Next');
    await chapter(6);
    await press('Let it run');
    await page.getByText(/^Epoch 1, step \d+\. D\(x\) [\d.]+/).waitFor();
    await named('img', lessonEn.sixteen).waitFor();
    await press('Stop');
    await page.getByText(lessonEn.trainingStopped).waitFor();
    // The visitor's networks have groups: chapters 2 and 3 say which one.
    await page.evaluate("location.hash = '/learn/2'");
    await chapter(2);
    const grouped = page.getByText(/^These networks know 100 groups of alike digits/);
    const before = await grouped.textContent();
    await press('New noise');
    await expect.poll(async () => (await grouped.textContent()) === before).toBe(false);
    await press('Next');
    await chapter(3);
    await page.getByText(/the best answer is shown: group \d+\./).waitFor();
    await press('Take a real digit');
    await page.getByText(/^It is judged as group \d+, to which it belongs/).waitFor();
    await press('Take a made one');
    await page.getByText('It is judged as group 37, of which it was made').waitFor();
    await page.evaluate("location.hash = '/learn/6'");
    await chapter(6);
    await press('Next');
    await chapter(7);
    await press('Make it collapse');
    await page.getByText(/^Epoch 1, step \d+/).waitFor();
    await press('Next');
    await chapter(8);
    await press('To the runs');
    await named('heading', 'Runs').waitFor();
  }, 240_000);

  it.each([
    [1280, 'en', 'light'],
    [390, 'ko', 'dark'],
  ] as const)(
    'is accessible and fits at %i pixels, in %s, %s',
    async (width, language, scheme) => {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      await page.locator('header select').first().selectOption(language);
      const { chapters, parts } = language === 'en' ? lessonEn : lessonKo;
      for (const [i, { title }] of chapters.entries()) {
        await page.evaluate(`location.hash = '/learn/${i + 1}'`);
        await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
        if (i === 0) await named('img', language === 'en' ? lessonEn.realDigits : lessonKo.realDigits).waitFor();
        if (i === 3) await page.locator('svg.curve').first().waitFor();
        if (i === 4) for (const part of parts) await named('button', part).click();
        await expectAccessible(page, title);
      }
    },
    240_000,
  );

  it('says nothing on the console', () => {
    expect(complaints).toEqual([]);
  });
});
