// Checks of a page that every view passes: axe finds nothing, nothing is wider than the window, and the
// keyboard alone reaches what is named.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Expects the page as it stands to be accessible and to fit its window. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  await page.evaluate(AXE);
  const found = (await page.evaluate(
    'axe.run().then((result) => result.violations.map(({ id, nodes }) => id + ": " + nodes[0].html))',
  )) as string[];
  expect(found, what).toEqual([]);
  const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
  expect(wide, what).toBeLessThanOrEqual(0);
}

/** More elements than any page has that take the focus. */
const MOST_TABS = 300;

/** Presses Tab until the element of that name has the focus. */
export async function focusByTab(page: Page, name: string | RegExp): Promise<void> {
  for (let i = 0; i < MOST_TABS; i++) {
    await page.keyboard.press('Tab');
    const text = String(
      await page.evaluate(
        '(({ ariaLabel, labels, textContent }) => ariaLabel ?? labels?.[0]?.textContent ?? textContent)(document.activeElement)',
      ),
    );
    if (typeof name === 'string' ? text.trim() === name : name.test(text)) return;
  }
  throw new Error(`nothing called ${name} can be reached`);
}
