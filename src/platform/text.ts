// Makes text from strangers safe for a terminal, a page or a path. File names, class names and file
// headers may hold characters that move the cursor, change the window's title or reverse the text
// after them. Everything that is printed goes through `clean`. Every name that becomes part of a
// path goes through `safeName`.
// Sources: ECMA-48 (control functions, C0 and C1), Unicode Standard Annex 9 (bidirectional
// formatting characters).

/**
 * The control characters C0, DEL and C1, bidirectional formatting characters, line and paragraph
 * separators, and the byte order mark. LONE_SURROGATE matches halves of a surrogate pair.
 */
const UNFIT = String.raw`\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff`;
const LONE_SURROGATE = String.raw`(?<![\ud800-\udbff])[\udc00-\udfff]|[\ud800-\udbff](?![\udc00-\udfff])`;
const LINE = new RegExp(`[${UNFIT}]|${LONE_SURROGATE}`, 'g');
/** The same characters except the line feed and the tab. */
const LINES = new RegExp(`(?![\\n\\t])[${UNFIT}]|${LONE_SURROGATE}`, 'g');

/**
 * Replaces each control character of a text by a readable escape such as `\u001b`. The text stays
 * one line.
 */
export function clean(text: string): string {
  return text.replace(LINE, escaped);
}

/** Does the same for text of several lines: line feeds and tabs stay. */
export function cleanLines(text: string): string {
  return text.replace(LINES, escaped);
}

/**
 * Returns JSON on one line that a terminal shows as it is. JSON.stringify alone leaves C1 and
 * bidirectional characters.
 */
export function cleanJson(value: unknown): string {
  return clean(JSON.stringify(value));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * Returns the first items of a list, and `and 12 more` where there are more.
 * @param say writes the number of the others
 */
export function firstOf(items: readonly string[], most: number, say: (rest: number) => string = String): string[] {
  return items.length <= most ? [...items] : [...items.slice(0, most), `and ${say(items.length - most)} more`];
}

/**
 * Most bytes of a name. With a number before it and an ending behind it, it stays below a file
 * system's limit of 255.
 */
const LONGEST_NAME = 64;

/**
 * Returns the text as one part of a path. It keeps letters and digits of every script, `.`, `_` and
 * `-`, and replaces everything else by `-`. The result never begins or ends with a dot or a dash
 * and has at most 64 bytes in UTF-8. It is `otherwise` when nothing is left.
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
