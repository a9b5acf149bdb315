// The lesson in real Chromium, by role and label: every chapter by keyboard alone, one slow step, a
// training in the page, both languages, wide and narrow; axe finds nothing and the console is silent.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findGroups } from '../src/data/groups.ts';
import { loadDataset } from '../src/data/load.ts';
import { DCGAN } from '../src/gan/dcgan.ts';
import { presets } from '../src/gan/presets.ts';
import { QUOTATIONS } from '../src/studio/page/parts/learn/code.ts';
import { groupOf, rehearse } from '../src/studio/page/state/lesson.ts';
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

it('judges every digit as the group that training found, and a drawing as that of the nearest digit', async () => {
  const digits = await loadDataset('mnist', {}, 200);
  const gan = { config: { ...presets.quick, groups: 4, classes: 4 } } as const;
  const groups = await findGroups(digits, 4, gan.config.groupsBy);
  for (const index of [0, 7, 199])
    expect(await groupOf({ digits } as never, gan, { kind: 'real', index })).toBe(groups[index]);
  const bytes = digits.bytes(7, 8).map((value) => (value > 128 ? 255 : 0));
  expect(await groupOf({ digits } as never, gan, { kind: 'drawing', bytes })).toBe(groups[7]);
  expect(await groupOf({ digits } as never, gan, { kind: 'fake', group: 3 })).toBe(3);
  const without = { config: { ...gan.config, groups: 0, classes: 0 } };
  expect(await groupOf({ digits } as never, without, { kind: 'real', index: 7 })).toBe(null);
});

it('shows what the step itself will report, and not what networks at rest would', async () => {
  const small = await DCGAN.create({ preset: 'quick', batchSize: 4, ema: 0, seed: 1, device: 'cpu' });
  const reals = await small.generate(4, { seed: 9 });
  const noise = await small.sampleNoise(4, 0);
  const { before, after } = await rehearse({ library: { DCGAN }, small } as never, reals, noise);
  expect(small.steps).toBe(0);
  expect(await small.step(reals, { noise })).toEqual(before);
  expect(await small.step(reals, { noise })).toEqual(after);
  await small.dispose();
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
    await page.getByText(/^Step 10 itself reported a loss of [\d.]+ for the discriminator/).waitFor();
    await press('Next');
    await chapter(5);
    let loss = '';
    for (const [i, part] of lessonEn.parts.entries()) {
      await named('button', part).waitFor();
      await press(part);
      if (i !== 3) continue;
      const said = await page.getByText(/^The discriminator’s loss is [\d.]+\d/).textContent();
      loss = /[\d.]+\d/.exec(said!)![0];
    }
    await page.getByText(new RegExp(`the discriminator’s loss went from ${loss} to [\\d.]+`)).waitFor();
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
    await page.getByText(/^It is judged as group \d+, that of the real digit/).waitFor();
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
