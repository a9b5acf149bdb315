// Writes the commands in messages so that a person can type them as they stand. They call the
// program the way it was called now. This file imports no module of Node, because messages of pages
// use it too.

/**
 * Returns how this program was started: `npx dcgan`, `dcgan` or `node bin/dcgan.js`. It returns
 * `npx dcgan` for a program that uses the library.
 */
export function programName(): string {
  const { npm_command: npm, PATH = '', Path = PATH } = globalThis.process?.env ?? {};
  const [, entry = ''] = globalThis.process?.argv ?? [];
  const [, folder = '', name = ''] = /^(.*)[\\/]([^\\/]*)$/.exec(entry) ?? [];
  if (npm === 'exec' || !['dcgan', 'dcgan.js'].includes(name)) return 'npx dcgan';
  if (name === 'dcgan.js') return `node ${shellWord(fromHere(entry))}`;
  return Path.split(/[:;]/).includes(folder) ? name : shellWord(fromHere(entry));
}

/** Returns a command line of this program, ready to type. */
export function commandLine(words: readonly string[]): string {
  return [programName(), ...words.map(shellWord)].join(' ');
}

/**
 * Returns the command line of this process as it was typed, with the program's name and not its
 * path.
 */
export function ownCommandLine(): string {
  const [, program = 'node', ...words] = globalThis.process?.argv ?? [];
  const name = (/[^\\/]*$/.exec(program)?.[0] ?? '').replace(/\.js$/, '');
  return [name, ...words].map(shellWord).join(' ');
}

/** Replaces `dcgan` in the commands of a text by the name with which the program was called. */
export function withProgramName(text: string): string {
  return text.replace(/(?<=^|[\s`(])dcgan (?=[a-z[])/gm, `${programName()} `);
}

/** Shortens a path to one that works from the current folder. */
function fromHere(path: string): string {
  const here = globalThis.process?.cwd() ?? path;
  return path.startsWith(here) && /[\\/]/.test(path[here.length] ?? '') ? path.slice(here.length + 1) : path;
}

/** Returns a word as it can be typed in a shell, in quotes where it needs them. */
export function shellWord(word: string): string {
  return /^[\p{L}\p{N}@%+=:,./\\_-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
