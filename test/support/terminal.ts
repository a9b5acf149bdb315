// A terminal of any height that keeps what was written to it: what a person sees in the end. It
// knows what the program uses (ECMA-48: CUU, ED, EL, SGR).
import { BIN, type Ended, type Options, startProgram } from './cli.ts';

/** The lines that stand on a terminal so wide after `output`, without colours. */
export function seenLines(output: string, columns = Number.POSITIVE_INFINITY): string[] {
  const lines: string[] = [''];
  let [row, column] = [0, 0];
  const put = (text: string): void => {
    if (column >= columns) newLine();
    const here = text.slice(0, columns - column);
    const line = (lines[row] ?? '').padEnd(column);
    lines[row] = line.slice(0, column) + here + line.slice(column + here.length);
    column += here.length;
    if (here.length < text.length) put(text.slice(here.length));
  };
  const newLine = (): void => {
    column = 0;
    lines[++row] ??= '';
  };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal is told by.
  for (const [part, count, code] of output.matchAll(/\x1b\[([\d;]*)([A-Za-z])|\r|\n|[^\x1b\r\n]+/g)) {
    if (part === '\r') column = 0;
    else if (part === '\n') newLine();
    else if (code === 'A') row = Math.max(0, row - Number(count || 1));
    else if (code === 'K') lines[row] = lines[row]!.slice(0, column);
    else if (code === 'J') lines.splice(row, lines.length, lines[row]!.slice(0, column));
    else if (code === undefined) put(part);
  }
  return lines;
}

/** Why a process cannot be run on a pseudo terminal here; null where it can. */
export const NO_TERMINAL = process.platform === 'linux' ? null : "script(1) of util-linux is Linux'";

/** Runs one command line on a pseudo terminal of a size; stderr goes to it too. */
export function onTerminal(
  args: readonly string[],
  columns: number,
  rows: number,
  { cwd, env }: Options,
): Promise<Ended> {
  const command = [process.execPath, BIN, ...args].map((word) => `'${word}'`).join(' ');
  const script = `stty cols ${columns} rows ${rows}; exec ${command}`;
  const { ended } = startProgram('script', ['-qec', script, '/dev/null'], {
    cwd,
    env: { TERM: 'xterm-256color', COLORTERM: '', ...env },
  });
  return ended;
}
