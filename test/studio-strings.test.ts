// The words of the studio's page: every key is in every language and used by the page. What is
// missing in a language does not compile; what has lost its use, or was left untranslated, is found here.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { trainFlags } from '../src/cli/commands/studio.ts';
import { fileSchema } from '../src/cli/options/config-file.ts';
import { en } from '../src/studio/page/strings/en.ts';
import { ko } from '../src/studio/page/strings/ko.ts';
import { describeForm } from '../src/studio/server/form.ts';
import { CONDITIONS } from '../src/train/health/advice.ts';

const page = new URL('../src/studio/page/', import.meta.url).pathname;
const sources = readdirSync(page, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !/^strings\/(en|ko)\./.test(name))
  .map((name) => readFileSync(join(page, name), 'utf8'))
  .join('\n');
/** Keys that are put together: the states of a run, with their help, and units of time. */
const COMPUTED = /^(training|done|stopped|diverged|damaged)(Help)?$|^(seconds|minutes|hours|days)$|^language$/;

const KEYS = Object.keys(en) as (keyof typeof en)[];
const said = (value: unknown): string =>
  typeof value === 'function' ? (value as (...n: number[]) => string)(3, 7) : JSON.stringify(value);

describe('the words of the page', () => {
  it('are all used', () => {
    const unused = KEYS.filter(
      (key) => !COMPUTED.test(key) && !new RegExp(`\\b(words|t\\.value)\\.${key}\\b`).test(sources),
    );
    expect(unused).toEqual([]);
  });

  it('tell every condition of the watch in Korean', () => {
    expect(Object.keys(ko.conditions ?? {}).sort()).toEqual([...CONDITIONS].sort());
  });

  it('name every option of a new run in Korean, and none that the form lacks', () => {
    const { fields } = describeForm(trainFlags(), fileSchema);
    expect(Object.keys(ko.options ?? {}).sort()).toEqual(fields.map(({ flag }) => flag).sort());
    expect(Object.keys(ko.optionGroups ?? {}).sort()).toEqual([...new Set(fields.map(({ group }) => group))].sort());
    for (const { label, help } of Object.values(ko.options ?? {})) {
      expect(label).toMatch(/\S/);
      expect(help).toMatch(/[가-힣]/);
    }
  });

  it('are all said, and in Korean by other words', () => {
    expect(KEYS.length).toBeGreaterThan(100);
    expect(KEYS.filter((key) => !/\S/.test(said(en[key])) || !/[가-힣]/.test(said(ko[key])))).toEqual([]);
  });
});
