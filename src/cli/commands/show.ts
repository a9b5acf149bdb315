// `dcgan show` draws a picture in the terminal: that of an epoch, one of the run's other pictures,
// a file, or the whole film. It also prints the path, which is all that a pipe gets.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { usage } from '../../platform/errors.ts';
import {
  filmFrames,
  GIF_NAME,
  IMAGES_FOLDER,
  picturedEpochs,
  pictureName,
  REALS_NAME,
  saveFilm,
} from '../../train/pictures.ts';
import { PREVIEW_NAME } from '../../train/preview.ts';
import { resolveRun } from '../../train/run.ts';
import { debugOption, wholeNumber } from '../options/values.ts';
import { Screen } from '../output.ts';
import { readPicture } from '../picture-file.ts';

const FRAME_MS = 100;
const PLAYED = 3;
/** Pictures of a run that are called by a word. */
const NAMED: ReadonlyMap<string, string> = new Map([
  ['reals', REALS_NAME],
  ['preview', PREVIEW_NAME],
]);

const EXAMPLES = `
Examples:
  dcgan show                                     the newest picture of the newest run
  dcgan show 3                                   the newest picture of run 3
  dcgan show runs/00001-mnist-tf2018 --epoch 20  the picture of epoch 20; epoch 0 is before training
  dcgan show reals                               images that the newest run is trained on; show reals 3: run 3
  dcgan show preview                             the newest preview, of a training that draws some
  dcgan show samples.png                         any picture
  dcgan show --gif                               plays the film three times; Ctrl-C ends it
  open "$(dcgan show)"                           in a pipe only the path is printed`;

interface Flags {
  readonly epoch?: number;
  readonly gif?: true;
}

export function defineShow(program: Command): void {
  program
    .command('show')
    .description('Show the picture of an epoch, any other picture, or the film, in the terminal.')
    .argument('[what]', 'a run (default: the newest in ./runs), a picture file, reals, or preview')
    .argument('[run]', 'the run, with reals or preview (default: the newest in ./runs)')
    .addOption(
      new Option('--epoch <n>', 'which epoch (default: the last with a picture)').argParser(
        wholeNumber('--epoch', 0, 1_000_000),
      ),
    )
    .addOption(new Option('--gif', 'play the film').conflicts('epoch'))
    .addOption(debugOption())
    .addHelpText('after', EXAMPLES)
    .action(async (what: string | undefined, run: string | undefined, flags: Flags) => {
      const { epoch, gif } = flags;
      const file = what === undefined ? null : fileOf(what, run);
      if (run !== undefined && (file === null || !NAMED.has(what!)))
        throw usage({ what: 'show takes one run or picture', got: `${what} and ${run}`, todo: 'Leave one out' });
      if (file === null) {
        const folder = resolveRun(what);
        return gif ? play(folder) : show(epochPath(folder, epoch));
      }
      if (epoch !== undefined || gif)
        throw usage({ what: '--epoch and --gif are for a run', got: what!, todo: 'Leave them out, or name a run' });
      return show(file);
    });
}

/** The picture file that is meant; null for a run. */
function fileOf(what: string, run: string | undefined): string | null {
  const isFile = statSync(what, { throwIfNoEntry: false })?.isFile() === true;
  if (isFile) return what;
  const name = NAMED.get(what);
  if (name === undefined || existsSync(what)) return null;
  const path = join(resolveRun(run), IMAGES_FOLDER, name);
  if (existsSync(path)) return path;
  throw usage({
    what: `there is no ${path}`,
    todo: what === 'preview' ? 'Train with --preview SECONDS' : 'Choose another run',
  });
}

function epochPath(run: string, asked: number | undefined): string {
  const epoch = asked ?? picturedEpochs(run).at(-1) ?? 0;
  const path = join(run, IMAGES_FOLDER, pictureName(epoch));
  if (existsSync(path)) return path;
  const epochs = picturedEpochs(run);
  throw usage({
    what: `${run} has no picture of epoch ${epoch}`,
    expected: epochs.length > 0 ? `an epoch from ${epochs[0]} to ${epochs.at(-1)}` : 'a run that has one',
    todo: 'Choose another epoch',
  });
}

async function show(path: string): Promise<void> {
  const screen = new Screen(process.stdout);
  const picture = await readPicture(path);
  screen.picture(picture);
  screen.print(path);
}

async function play(run: string): Promise<void> {
  const path = join(run, GIF_NAME);
  const frames = filmFrames(run);
  const screen = new Screen(process.stdout);
  for (let round = 0, lines = 0; screen.terminal && round < PLAYED; round++) {
    for (const frame of frames) {
      screen.back(lines);
      lines = screen.picture(frame);
      await setTimeout(FRAME_MS);
    }
  }
  screen.print(existsSync(path) ? path : saveFilm(run));
}
