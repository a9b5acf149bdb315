// docs/tutorial.md does what it says: its quotations are the lines of the sources, its program runs,
// and so do its commands, with shorter trainings. The Korean texts have the same parts.
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { BIN, sharedFolder } from './support/cli.ts';
import { ROOT, run } from './support/pack.ts';

const reader = sharedFolder();
const ENGLISH = 'docs/tutorial.md';
const KOREAN = 'docs/ko/tutorial.md';
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** The fenced blocks of a document in their order, with the language of each. */
function blocks(file: string): { readonly language: string; readonly text: string; readonly before: string }[] {
  const document = read(file);
  return [...document.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].map(({ 1: language, 2: text, index }) => ({
    language: language!,
    text: text!,
    before: document.slice(0, index),
  }));
}

/** Everything that a document links to: files of this project by their place, others as written. */
function links(file: string): string[] {
  const prose = read(file).replace(/^```[\s\S]*?^```/gm, '');
  return [...prose.matchAll(/\]\(([^)]+)\)/g)]
    .map(([, target]) => target!)
    .map((target) => (/^(https?:|#)/.test(target) ? target : resolve(ROOT, dirname(file), target)))
    .sort();
}

const levels = (file: string): number[] =>
  [
    ...read(file)
      .replace(/^```[\s\S]*?^```/gm, '')
      .matchAll(/^(#+) /gm),
  ].map(([, marks]) => marks!.length);

describe('the quotations', () => {
  const quoted = blocks(ENGLISH).filter(({ language }) => language === 'ts');
  it.each(
    quoted.map(({ text, before }) => [
      before
        .match(/\]\(\.\.\/(src\/[^)]+)\)/g)!
        .at(-1)!
        .slice(5, -1),
      text,
    ]),
  )('are the lines of %s', (source, text) => {
    expect(read(source!)).toContain(text);
  });

  it('are of the step, both networks and the losses', () => {
    for (const name of ['step', 'generator', 'discriminator', 'losses'])
      expect(quoted.some(({ before }) => before.includes(`src/gan/${name}.ts`))).toBe(true);
  });
});

describe('a reader', () => {
  beforeAll(() => {
    mkdirSync(join(reader.path, 'node_modules'));
    symlinkSync(ROOT, join(reader.path, 'node_modules/dcgan'));
  });

  it('runs the program, which is all its parts together', async () => {
    const program = blocks(ENGLISH).filter(({ language }) => language === 'js');
    writeFileSync(join(reader.path, 'lesson.mjs'), program.map(({ text }) => text).join('\n'));
    const { stdout } = await run(process.execPath, ['lesson.mjs'], { cwd: reader.path });
    expect(stdout).toMatch(/^10000 -1 1\nfc1 16 x 7 x 7 x 32\n[\s\S]*step: 10[\s\S]*\n20\n$/);
    expect(existsSync(join(reader.path, 'untrained.png'))).toBe(true);
  });

  /** What shortens a command, and what its output then shows. */
  const KNOWN: Readonly<Record<string, readonly [added: string, shows: RegExp]>> = {
    'npx dcgan train --preset quick --limit 10000': ['--limit 64 --epochs 1', /Time taken for epoch 1 is/],
    'npx dcgan show --epoch 1': ['', /image_at_epoch_0001\.png/],
    'npx dcgan sample --count 16 --seed 5 -o samples.png': ['', /samples\.png/],
    'npx dcgan gif -o lesson.gif': ['', /lesson\.gif/],
    'npx dcgan train --preset best --epochs 2': ['--limit 64 --epochs 1', /Time taken for epoch 1 is/],
    'npx dcgan evaluate --count 1000': ['--count 64', /Fréchet distance/],
  };

  it('types the commands in their order', async () => {
    const commands = blocks(ENGLISH)
      .filter(({ language }) => language === 'sh')
      .flatMap(({ text }) => text.trimEnd().split('\n'));
    expect(commands).toEqual(Object.keys(KNOWN));
    for (const command of commands) {
      const [added, shows] = KNOWN[command]!;
      const words = `${command} ${added}`.trim().split(/\s+/).slice(2);
      const { stdout } = await run(process.execPath, [BIN, ...words], { cwd: reader.path });
      expect(stdout, command).toMatch(shows);
    }
  }, 120_000);
});

describe('the README in Korean', () => {
  const [english, korean] = ['README.md', 'docs/ko/README.md'] as const;
  /** Comments of commands are translated; nothing else is. */
  const code = (file: string): string[] =>
    blocks(file).map(({ language, text }) => (language === 'sh' ? text.replace(/ +#.*$/gm, '') : text));
  /** Without those inside a document, and of the two documents to each other. */
  const leads = (file: string): string[] =>
    [...new Set(links(file))].filter((target) => !/^#|README\.md/.test(target.replace(`${ROOT}/`, '')));

  it('has the same headings, commands, programs, tables and links', () => {
    expect(levels(korean)).toEqual(levels(english));
    expect(code(korean)).toEqual(code(english));
    expect(leads(korean)).toEqual(leads(english));
    const points = (file: string): number => read(file).match(/^- /gm)!.length;
    expect(points(korean)).toBe(points(english));
  });
});

describe('every document of the lesson', () => {
  it.each([ENGLISH, KOREAN, 'docs/ko/README.md'])('%s links to files that exist', (file) => {
    const files = links(file).filter((target) => target.startsWith('/'));
    expect(files.filter((target) => !existsSync(target.replace(/#.*$/, '')))).toEqual([]);
  });

  it('shows what to expect at five epochs of one run', () => {
    const shown = links(ENGLISH).flatMap((file) => /epoch-(\d+)\.png$/.exec(file)?.[1] ?? []);
    expect(shown.map(Number).sort((a, b) => a - b)).toEqual([1, 5, 15, 50, 150]);
  });

  it('has the same sections, blocks and links in Korean', () => {
    expect(levels(KOREAN)).toEqual(levels(ENGLISH));
    expect(blocks(KOREAN).map(({ text }) => text)).toEqual(blocks(ENGLISH).map(({ text }) => text));
    expect(links(KOREAN)).toEqual(links(ENGLISH));
    const sentences = (file: string): number =>
      read(file)
        .replace(/```[\s\S]*?```/g, '')
        .match(/[가-힣]{2,}/g)?.length ?? 0;
    expect(sentences(KOREAN)).toBeGreaterThan(500);
  });
});
