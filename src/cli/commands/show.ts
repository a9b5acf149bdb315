// `dcgan show` draws the picture of an epoch, or the whole film, in the terminal. It also prints
// the path, which is all that a pipe gets.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { usage } from '../../platform/errors.ts';
import {
  filmFrames,
  GIF_NAME,
  IMAGES_FOLDER,
  loadPicture,
  picturedEpochs,
  pictureName,
  saveFilm,
} from '../../train/pictures.ts';
import { resolveRun } from '../../train/run.ts';
import { debugOption, wholeNumber } from '../options/values.ts';
import { Screen } from '../output.ts';

const FRAME_MS = 100;
const PLAYED = 3;

const EXAMPLES = `
Examples:
  dcgan show                                     the newest picture of the newest run
  dcgan show runs/00001-mnist-tf2018 --epoch 20  that of epoch 20; 0 is before training
  dcgan show --gif                               plays the film three times; Ctrl-C ends it
  open "$(dcgan show)"                           in a pipe only the path is printed`;

interface Flags {
  readonly epoch?: number;
  readonly gif?: true;
}

export function defineShow(program: Command): void {
  program
    .command('show')
    .description('Show the picture of an epoch, or the film, in the terminal.')
    .argument('[run]', 'a run; default: the newest in ./runs')
    .addOption(
      new Option('--epoch <n>', 'which epoch (default: the last with a picture)').argParser(
        wholeNumber('--epoch', 0, 1_000_000),
      ),
    )
    .addOption(new Option('--gif', 'play the film').conflicts('epoch'))
    .addOption(debugOption())
    .addHelpText('after', EXAMPLES)
    .action((run: string | undefined, { epoch, gif }: Flags) => {
      const folder = resolveRun(run);
      return gif ? play(folder) : show(folder, epoch);
    });
}

function show(run: string, asked: number | undefined): void {
  const epoch = asked ?? picturedEpochs(run).at(-1) ?? 0;
  const path = join(run, IMAGES_FOLDER, pictureName(epoch));
  if (!existsSync(path)) {
    const epochs = picturedEpochs(run);
    throw usage({
      what: `${run} has no picture of epoch ${epoch}`,
      expected: epochs.length > 0 ? `an epoch from ${epochs[0]} to ${epochs.at(-1)}` : 'a run that has one',
      todo: 'Choose another epoch',
    });
  }
  const screen = new Screen(process.stdout);
  if (screen.terminal) screen.picture(loadPicture(run, epoch));
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
