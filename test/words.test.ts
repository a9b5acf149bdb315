// Prose keeps to widths that one can read: comment lines to 100 characters, lines of documents and
// of the kernels to 120. Some phrases are banned, because a reader has to decode them.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const COMMENT = /^\s*(\/\/|\*|\/\*)/;
/** Lines of documents that may be wider: tables, links, pictures, HTML, and machines of benchmarks. */
const FREE = /^\s*\||^ {4}|https?:|^!?\[|^<|; Node v/;
const BANNED = /\b(of what|told of|what of them all)\b/gi;

function files(folder: string, pattern: RegExp): string[] {
  return readdirSync(`${ROOT}/${folder}`, { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '.' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return folder === '.' ? [] : files(path, pattern);
    return pattern.test(entry.name) ? [path] : [];
  });
}

function documents(): string[] {
  return [...files('.', /\.md$/), ...files('docs', /\.md$/)];
}

/** The text of a file; the program's output in a document (between fences) is left empty. */
function text(file: string): string {
  const whole = readFileSync(`${ROOT}/${file}`, 'utf8');
  return file.endsWith('.md') ? whole.replace(/^```[\s\S]*?^```/gm, (code) => code.replace(/.+/g, '')) : whole;
}

/** The places of lines that are wider than `most` characters, as `file:line`. */
function wide(among: readonly string[], most: number, counts: (line: string) => boolean): string[] {
  return among.flatMap((file) =>
    text(file)
      .split('\n')
      .flatMap((line, i) => ([...line].length > most && counts(line) ? [`${file}:${i + 1}`] : [])),
  );
}

it('comment lines are at most 100 characters wide', () => {
  const sources = files('src', /\.tsx?$/);
  expect(sources.length).toBeGreaterThan(100);
  expect(wide(sources, 100, (line) => COMMENT.test(line))).toEqual([]);
});

it('lines of the kernels are at most 120 characters wide', () => {
  const kernels = files('kernels', /\.[ch]$/);
  expect(kernels.length).toBeGreaterThan(20);
  expect(wide(kernels, 120, () => true)).toEqual([]);
});

it('lines of documents are at most 120 characters wide', () => {
  expect(wide(documents(), 120, (line) => !FREE.test(line))).toEqual([]);
});

it('no text holds a banned phrase, not even across two lines', () => {
  const all = [...files('src', /\.tsx?$/), ...files('kernels', /\.[ch]$/), ...documents()];
  const found = all.flatMap((file) => {
    const joined = text(file).replace(/\n\s*(\/\/|\*(?!\/))?\s*/g, ' ');
    return [...joined.matchAll(BANNED)].map(
      ({ index, 0: phrase }) => `${file}: ${joined.slice(Math.max(0, index - 30), index + phrase.length + 20)}`,
    );
  });
  expect(found).toEqual([]);
});
