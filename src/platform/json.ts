// JSON from files, which may be damaged or made to do harm. Values nested tens of thousands deep
// end programs that walk them (a stack overflow), so text is refused before it is parsed when it
// nests deeper than anything that this program writes.

/** Configurations, headers and records nest less than ten deep. */
const DEEPEST = 64;

/**
 * The value of a JSON text.
 * @throws SyntaxError when it is not JSON, or nests too deep; its message has no line breaks
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
    // It quotes the text, whose lines are not ours.
    throw new SyntaxError((error as Error).message.replace(/\s+/g, ' '), { cause: error });
  }
}

const LONGEST_SHOWN = 80;

/** A value as a person would have typed it, cut where it is long; `nothing` for undefined. */
export function showJson(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)} ...` : text;
}

/** Where brackets nest deeper than that, or null; those inside strings do not count. */
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
