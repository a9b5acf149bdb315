// Text that comes from strangers, made fit for a terminal, a page or a path. File names, class
// names and what stands in a file's header may hold characters that move the cursor, change the
// window's title or reverse what is read after them. Everything that is printed goes through
// `clean`, and every name that becomes part of a path through `safeName`. Sources: ECMA-48 (control
// functions, C0 and C1), Unicode Standard Annex 9 (bidirectional formatting characters).

/**
 * C0, DEL and C1; the characters that order text in two directions; the line and paragraph
 * separators; the byte order mark; halves of a surrogate pair.
 */
const UNFIT = String.raw`\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff`;
const LONE_SURROGATE = String.raw`(?<![\ud800-\udbff])[\udc00-\udfff]|[\ud800-\udbff](?![\udc00-\udfff])`;
const LINE = new RegExp(`[${UNFIT}]|${LONE_SURROGATE}`, 'g');
/** The same but for the line feed and the tab. */
const LINES = new RegExp(`(?![\\n\\t])[${UNFIT}]|${LONE_SURROGATE}`, 'g');

/**
 * The text with each control character as an escape that can be read: `\u001b`. It stays one line.
 */
export function clean(text: string): string {
  return text.replace(LINE, escaped);
}

/** The same for text of several lines: line feeds and tabs stay. */
export function cleanLines(text: string): string {
  return text.replace(LINES, escaped);
}

/**
 * JSON on one line that a terminal shows as it is. JSON.stringify alone leaves C1 and bidirectional
 * characters.
 */
export function cleanJson(value: unknown): string {
  return clean(JSON.stringify(value));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * Bytes of a name: with a number before it and an ending behind it, a file system's 255 are not
 * reached.
 */
const LONGEST_NAME = 64;

/**
 * The text as one part of a path: letters, digits, `.`, `_` and `-` of every script, everything
 * else a `-`. It never begins or ends with a dot or a dash, has at most 64 bytes in UTF-8, and is
 * `otherwise` when nothing is left.
 */
export function safeName(text: string, otherwise = 'data'): string {
  const fit = text
    .normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{N}._-]+/gu, '-')
    .replace(/^[.-]+/, '');
  let name = '';
  let bytes = 0;
  for (const character of fit) {
    bytes += new TextEncoder().encode(character).length;
    if (bytes > LONGEST_NAME) break;
    name += character;
  }
  return name.replace(/[.-]+$/, '') || otherwise;
}
