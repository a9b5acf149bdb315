// Parses JSON from files that may be damaged or malicious. Values that nest tens of thousands deep
// overflow the stack of programs that walk them. So text is refused before it is parsed when it
// nests deeper than anything that this program writes.

/**
 * The deepest nesting that is accepted. Configurations, headers and records nest less than ten
 * deep.
 */
const DEEPEST = 64;

/**
 * Returns the value of a JSON text.
 * @throws SyntaxError when the text is not JSON or nests too deep; its message has no line breaks
 */
export function parseJson(text: string): unknown {
  const deep = deeperThan(text, DEEPEST);
  if (deep !== null)
    throw new SyntaxError(
      `brackets nested more than ${DEEPEST} deep at character ${deep + 1}, which no file here needs`,
    );
  try {
    return JSON.parse(text);
  } catch (error) {
    // The message quotes the text, which may hold line breaks.
    throw new SyntaxError((error as Error).message.replace(/\s+/g, ' '), { cause: error });
  }
}

const LONGEST_SHOWN = 80;

/**
 * Returns a value as a person would have typed it, cut when it is long. It returns `nothing` for
 * undefined.
 */
export function showJson(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)} ...` : text;
}

/**
 * Returns where brackets nest deeper than `deepest`, or null. Brackets inside strings do not count.
 */
function deeperThan(text: string, deepest: number): number | null {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === BACKSLASH) at++;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) inString = true;
    else if (code === BRACKET || code === BRACE) {
      depth++;
      if (depth > deepest) return at;
    } else if (code === BRACKET + 2 || code === BRACE + 2) depth--;
  }
  return null;
}

const [QUOTE, BACKSLASH, BRACKET, BRACE] = ['"', '\\', '[', '{'].map((sign) => sign.charCodeAt(0)) as [
  number,
  number,
  number,
  number,
];
