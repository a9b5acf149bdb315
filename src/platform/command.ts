// Commands in messages, which a person can type as they stand: the program is called there as it
// was called here. No module of Node is imported, because a page's messages come this way too.

/**
 * How this program was started: `npx dcgan`, `dcgan`, or `node bin/dcgan.js`; a program that uses
 * the library has npx.
 */
export function programName(): string {
  const { npm_command: npm, PATH = '', Path = PATH } = globalThis.process?.env ?? {};
  const [, entry = ''] = globalThis.process?.argv ?? [];
  const [, folder = '', name = ''] = /^(.*)[\\/]([^\\/]*)$/.exec(entry) ?? [];
  if (npm === 'exec' || !['dcgan', 'dcgan.js'].includes(name)) return 'npx dcgan';
  if (name === 'dcgan.js') return `node ${shellWord(fromHere(entry))}`;
  return Path.split(/[:;]/).includes(folder) ? name : shellWord(fromHere(entry));
}

/** A command line of this program to type. */
export function commandLine(words: readonly string[]): string {
  return [programName(), ...words.map(shellWord)].join(' ');
}

/** A text in which the program is called `dcgan`, with the name it was called by. */
export function withProgramName(text: string): string {
  return text.replace(/(?<=^|[\s`(])dcgan (?=[a-z[])/gm, `${programName()} `);
}

/** A path as short as it can be typed in the current folder. */
function fromHere(path: string): string {
  const here = process.cwd();
  return path.startsWith(here) && /[\\/]/.test(path[here.length] ?? '') ? path.slice(here.length + 1) : path;
}

/** A word as it can be typed: in quotes where it must be. */
export function shellWord(word: string): string {
  return /^[\p{L}\p{N}@%+=:,./\\_-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
