// Strangers' text: what is printed moves no cursor, and what becomes a path stays where it is put.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DcganError } from '../src/platform/errors.ts';
import { clean, cleanJson, cleanLines, safeName } from '../src/platform/text.ts';

/** By code points, so that it does not repeat the helper's own expression. */
function isUnfit(character: string): boolean {
  const code = character.codePointAt(0)!;
  const ranges = [
    [0, 0x1f],
    [0x7f, 0x9f],
    [0x200e, 0x200f],
    [0x2028, 0x202e],
    [0x2066, 0x2069],
    [0xd800, 0xdfff],
  ] as const;
  return [0x61c, 0xfeff].includes(code) || ranges.some(([first, last]) => code >= first && code <= last);
}

/** Any text, rich in what is unfit. */
const strange = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '\x1b]0;owned\x07',
        '\x9b31m',
        '\x7f',
        '\u202e',
        '\u2066',
        '\n',
        '\r',
        '\ud800',
        '../',
        '/',
        '.',
        '\0',
      ),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

test('cleaned text is one line without control or bidirectional characters, and cleaning again changes nothing', () => {
  fc.assert(
    fc.property(strange, (text) => {
      const cleaned = clean(text);
      expect([...cleaned].filter(isUnfit)).toEqual([]);
      expect(clean(cleaned)).toBe(cleaned);
      expect([...cleanLines(text)].filter((one) => isUnfit(one) && one !== '\n' && one !== '\t')).toEqual([]);
    }),
  );
  expect(clean('tiny\x1b]0;owned\x07')).toBe('tiny\\u001b]0;owned\\u0007');
  expect(clean('日本 é ñ 👩‍🔬')).toBe('日本 é ñ 👩‍🔬');
});

test('cleaned JSON means the same', () => {
  fc.assert(
    fc.property(strange, (text) => {
      const json = cleanJson({ [text]: text });
      expect([...json].filter(isUnfit)).toEqual([]);
      expect(JSON.parse(json)).toEqual({ [text]: text });
    }),
  );
});

test('a safe name is one part of a path, whatever it was', () => {
  fc.assert(
    fc.property(strange, (text) => {
      const name = safeName(text);
      expect(name).toMatch(/^[\p{L}\p{M}\p{N}_][\p{L}\p{M}\p{N}._-]*$/u);
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(64);
      expect(resolve('/base', name)).toBe(join('/base', basename(name)));
      expect(safeName(name)).toBe(name);
    }),
  );
  expect(safeName('x/../../../escaped')).toBe('x-..-..-..-escaped');
  expect(safeName('..')).toBe('data');
  expect(safeName('--help')).toBe('help');
  expect(safeName('写真')).toBe('写真');
});

test('errors quote strangers without obeying them', () => {
  const error = new DcganError({ what: 'a\x1b[2Jb', expected: '\x9b', got: 'x\nDone: 1 epoch', todo: '\u202eevil' });
  expect([...error.message].filter(isUnfit)).toEqual([]);
  expect(error.complaint.what).toBe('a\\u001b[2Jb');
});

test('the command line writes through its one sink only', () => {
  const cli = fileURLToPath(new URL('../src/cli/', import.meta.url));
  const direct = readdirSync(cli, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .filter((name) => /process\.std(out|err)\.write|console\./.test(readFileSync(join(cli, name), 'utf8')));
  // The child of the kernel checks talks to its parent.
  expect(direct.sort()).toEqual(['checks/kernel-child.ts', 'output.ts']);
});
