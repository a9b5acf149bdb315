// `dcgan studio`: a page beside the runs of this machine. The trainings it starts are processes of
// their own, so that they go on when it ends.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { commandLine } from '../../platform/command.ts';
import { makeFolder } from '../../platform/durable.ts';
import { usage } from '../../platform/errors.ts';
import { describeForm, type TrainFlag } from '../../studio/server/form.ts';
import { Doorkeeper } from '../../studio/server/guard.ts';
import { listen } from '../../studio/server/listen.ts';
import { routes } from '../../studio/server/routes.ts';
import { Runs } from '../../studio/server/runs.ts';
import { Trainings } from '../../studio/server/trainings.ts';
import { writeSite } from '../../studio/still/site.ts';
import { whoTrains } from '../../train/lock.ts';
import { RUNS_FOLDER } from '../../train/run-names.ts';
import type { Outcome } from '../failure.ts';
import { megabytes } from '../format.ts';
import { fileSchema } from '../options/config-file.ts';
import { libraryNames } from '../options/model.ts';
import { debugOption, wholeNumber } from '../options/values.ts';
import { write } from '../output.ts';
import { EXIT_CODES, Stop } from '../stop.ts';
import { stopRun } from '../stop-run.ts';
import { refuseFull } from './export.ts';
import { defineTrain } from './train.ts';

const PORT = 4820;

const EXAMPLES = `
Examples:
  dcgan studio                    the runs in ./runs, in your browser
  dcgan studio ../other/runs      the runs below another folder
  dcgan studio --port 9000 --no-open
  dcgan studio --export site 3 7  runs 3 and 7 as a page for any web server

Only this machine can open it. From another machine: ssh -L ${PORT}:127.0.0.1:${PORT} HOST, then open the printed link.
Ctrl-C ends the studio. Trainings continue.`;

interface Flags {
  readonly port: number;
  readonly open: boolean;
  readonly export?: string;
  readonly withReals?: boolean;
}

export function defineStudio(program: Command, outcome: Outcome): void {
  program
    .command('studio')
    .description('Watch, compare, start and stop runs in a page of this machine.')
    .argument('[folder...]', `the folder of runs (default: ./${RUNS_FOLDER}); with --export the runs`)
    .option(
      '--port <n>',
      'the port to listen on; when it is taken, the next free one',
      wholeNumber('--port', 1024, 65_535),
      PORT,
    )
    .option('--no-open', 'do not open a browser')
    .option('--export <folder>', 'write the page with these runs as static files, for any web server')
    .option('--with-reals', 'with --export: also show images of the data (reals.png of each run)')
    .addOption(debugOption())
    .addHelpText('after', EXAMPLES)
    .action(async (given: readonly string[], flags: Flags) => {
      if (flags.export !== undefined) return exportSite(flags.export, given, flags);
      if (flags.withReals) throw usage({ what: '--with-reals has no meaning without --export', todo: 'Leave it out' });
      const [folder = RUNS_FOLDER, other] = given;
      if (other !== undefined)
        throw usage({ what: 'studio: too many folders', expected: 'one folder of runs', got: given.join(' ') });
      outcome.code = await studio(resolve(folder), flags);
    });
}

/** Writes the page as static files, or leaves nothing behind. */
async function exportSite(folder: string, given: readonly string[], { withReals }: Flags): Promise<void> {
  refuseFull(folder, '--export FOLDER');
  const isNew = !existsSync(folder);
  makeFolder(folder);
  try {
    const { files, bytes } = await writeSite(folder, given.length > 0 ? given : [undefined], { withReals });
    write(`The studio as a static page: ${folder}, ${files} files, ${megabytes(bytes)}\n`);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    if (!isNew) makeFolder(folder);
    throw error;
  }
}

async function studio(root: string, { port, open }: Flags): Promise<number> {
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory() === false)
    throw usage({ what: `${root} is a file`, expected: 'a folder of runs' });
  const flags = trainFlags();
  const form = describeForm(flags, fileSchema);
  const runs = new Runs(root, holderOf);
  let door: Doorkeeper | undefined;
  const listening = await listen(port, (taken) => {
    door = new Doorkeeper(taken, { say: (text) => write(`${text}\n`) });
    return routes({
      door,
      runs,
      trainings: new Trainings(root, [process.execPath, process.argv[1]!]),
      holderOf,
      stop: stopRun,
      typed: commandLine,
      page: pageFiles(),
      nameOf: (flag) => flags.find((one) => one.flag === `--${flag}`)?.name ?? flag,
      form: () => form,
    });
  });
  const link = door!.link();
  const elsewhere = listening.port === port ? '' : ` (port ${port} is taken)`;
  write(`The studio shows ${root}${elsewhere}:\n  ${link}\n`);
  if (!existsSync(root)) write('This folder does not exist yet. The first run that you start makes it.\n');
  write('The link works once. Enter: another link. Ctrl-C: end the studio; trainings go on.\n');
  if (open) openBrowser(door!);
  process.stdin.on('data', () => write(`  ${door!.link()}\n`));
  const by = await ended();
  process.stdin.destroy();
  await listening.close();
  const training = (await runs.list()).filter(({ state }) => state === 'training');
  for (const { id } of training) write(`Still training: ${id}\n`);
  return by;
}

/** Resolves to the exit code once a signal asks for the end. */
function ended(): Promise<number> {
  return new Promise((resolve) => {
    const stopped = new Stop((signal) => {
      stopped.dispose();
      resolve(signal === 'SIGINT' ? 0 : EXIT_CODES[signal]);
    });
  });
}

function holderOf(folder: string): { readonly pid: number; readonly text: string } | null {
  try {
    const holder = whoTrains(folder);
    return holder && { pid: holder.pid, text: `process ${holder.pid} on ${holder.host}, since ${holder.since}` };
  } catch {
    return null; // a training that is started there says what is wrong with the lock
  }
}

/**
 * Returns the options of `train` for the form. Its command is defined here, because a command line
 * loads one command alone.
 */
export function trainFlags(): TrainFlag[] {
  const program = new Command();
  defineTrain(program, { code: 0 });
  return program.commands[0]!.options.filter(({ negate, hidden }) => !negate && !hidden).map((option) => ({
    flag: option.long ?? '',
    name: Object.keys(libraryNames({ [option.attributeName()]: true }))[0]!,
    help: option.description,
    group: (option.helpGroupHeading ?? '').replace(/:$/, ''),
    takesValue: option.required || option.optional,
    ...(option.argChoices && { choices: option.argChoices }),
  }));
}

/** The page as it was built. */
function pageFiles(): Map<string, { readonly type: string; readonly bytes: Uint8Array<ArrayBuffer> }> {
  const folder = new URL('../../studio/page/', import.meta.url);
  const types = {
    '/': ['index.html', 'text/html'],
    '/page.js': ['page.js', 'text/javascript'],
    '/engine.js': ['engine.js', 'text/javascript'],
    '/page-style.css': ['page-style.css', 'text/css'],
    '/digits.gz': ['digits.gz', 'application/gzip'],
  };
  return new Map(
    Object.entries(types).map(([path, [name, type]]) => [
      path,
      { type: `${type}; charset=utf-8`, bytes: new Uint8Array(readFileSync(fileURLToPath(new URL(name!, folder)))) },
    ]),
  );
}

/**
 * Opens a link in the person's browser where there is one; nothing is said where there is none.
 * Other users can read command lines. On Linux the link is therefore good for this user alone, and
 * on macOS it is told through a pipe. Windows shows command lines to their own user only.
 */
function openBrowser(door: Doorkeeper): void {
  const { platform } = process;
  if (platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return;
  const isMac = platform === 'darwin';
  const link = door.link(platform === 'linux');
  const [command, args] = isMac ? ['osascript', []] : [platform === 'win32' ? 'explorer' : 'xdg-open', [link]];
  const child = spawn(command, args, { detached: true, stdio: [isMac ? 'pipe' : 'ignore', 'ignore', 'ignore'] });
  child.once('error', () => {});
  child.stdin?.once('error', () => {});
  child.stdin?.end(`open location "${link}"\n`);
  child.unref();
}
