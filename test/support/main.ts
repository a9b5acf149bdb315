// Runs the command line inside the test's own process. A process of its own takes half a second to
// begin, so only the first lines of a kind are run that way (cli.ts).
import { vi } from 'vitest';
import { main } from '../../src/cli/main.ts';

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line in the folder `cwd`. Lines must be run one after another. */
export async function say(args: readonly string[], cwd: string): Promise<Said> {
  const home = process.cwd();
  const spies = [process.stdout, process.stderr].map((stream) => {
    // Every call of `main` listens for lost output.
    vi.spyOn(stream, 'on').mockReturnThis();
    return vi.spyOn(stream, 'write').mockReturnValue(true);
  });
  process.chdir(cwd);
  try {
    const code = await main(args);
    const [stdout, stderr] = spies.map(({ mock }) => mock.calls.map(([text]) => String(text)).join(''));
    const short = (text = ''): string => text.replaceAll('npx dcgan', 'dcgan');
    return { code, stdout: short(stdout), stderr: short(stderr) };
  } finally {
    process.chdir(home);
    vi.restoreAllMocks();
  }
}
