// `dcgan train` runs the tutorial and every variation of it.
import { dirname } from 'node:path';
import { type Command, Option } from 'commander';
import type { Precision } from '../../engine/plan.ts';
import { commandLine } from '../../platform/command.ts';
import { DcganError, usage } from '../../platform/errors.ts';
import { notice } from '../../platform/notices.ts';
import { cardsOfHost, noteOnCards } from '../../ranks/cards.ts';
import { errorOn, rankIn, type World } from '../../ranks/world.ts';
import { CONTRASTS } from '../../render/grid.ts';
import type { TrainEvent } from '../../train/events.ts';
import type { Contrast } from '../../train/progress-pictures.ts';
import { Leader } from '../../train/ranks/leader.ts';
import { resolveRun } from '../../train/run.ts';
import {
  LONGEST_PREVIEW,
  ON_NAN,
  type OnNan,
  type RankedTrainOptions,
  type TrainOptions,
} from '../../train/run-options.ts';
import { dryRun } from '../dry-run.ts';
import { explain, type Outcome } from '../failure.ts';
import { readConfigFile } from '../options/config-file.ts';
import { wholeNumberOf } from '../options/config-numbers.ts';
import { addDataOptions, DATA_FORMS, type DataFlags } from '../options/data.ts';
import { addExtractorOptions, type ExtractorFlags } from '../options/extractor.ts';
import { addModelOptions, libraryNames } from '../options/model.ts';
import { asTyped } from '../options/typed.ts';
import {
  choice,
  debugOption,
  defaultOf,
  deviceOption,
  noPicturesOption,
  precisionOption,
  presetOption,
  seedOption,
  threadsOption,
  wholeNumber,
} from '../options/values.ts';
import { outputError, warn, write } from '../output.ts';
import {
  DISTRIBUTED,
  type Distributed,
  followRank0,
  isFollower,
  joinRanks,
  type Place,
  refuseOtherOptions,
} from '../ranks.ts';
import { EXIT_CODES } from '../stop.ts';
import { trainShown } from '../training.ts';

const EXAMPLES = `
Examples:
  dcgan train                                  the tutorial: MNIST, 150 epochs, into ./runs
  dcgan train --preset tiny --epochs 3         small and quick
  dcgan train --data my-pictures               your own pictures; --size 32 or 64x96, --channels 1
  dcgan train --data ./digits.idx.gz --out x   IDX, into the folder x
  dcgan train --resume                         go on with the newest run; --resume RUN with that one
  dcgan train --resume runs/00001-mnist-tf2018 --epochs 200
  dcgan train --resume digits.safetensors      go on from a checkpoint alone, in a new folder
  dcgan train --config settings.json --seed 7  options from a file; those of the command line win
  dcgan train --dry-run                        what it would do and cost
  dcgan train --json | jq .generatorLoss       events as JSON lines

Ctrl-C finishes the step, saves, and prints the command that continues from there. A second Ctrl-C stops at once.`;

interface Flags extends DataFlags, ExtractorFlags {
  readonly flip?: true;
  readonly preset?: string;
  readonly data?: string;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly seed?: number;
  readonly threads?: number;
  readonly device?: string;
  readonly precision?: Precision;
  readonly out?: string;
  readonly limit?: number;
  readonly config?: string;
  readonly resume?: string | true;
  readonly from?: string;
  readonly contrast?: Contrast;
  readonly onNan?: OnNan;
  readonly evaluateEvery?: number;
  readonly keepBest?: true;
  readonly preview?: number;
  readonly tensorboard?: true;
  readonly distributed?: Distributed;
  readonly dryRun?: true;
  readonly json?: true;
  readonly quiet?: true;
  readonly pictures: boolean;
  readonly debug?: true;
}

export function defineTrain(program: Command, outcome: Outcome): void {
  const command = program
    .command('train')
    .description('Train a DCGAN: a picture after each epoch, checkpoints, a GIF at the end.')
    .optionsGroup('Data:')
    .option('--data <where>', `${DATA_FORMS} (default: mnist)`);
  addDataOptions(command)
    .option('--flip', 'add the mirror image of each image, which doubles their number')
    .addOption(
      new Option('--limit <n>', 'use only the first N images (default: all)').argParser(wholeNumber('--limit', 1)),
    )
    .optionsGroup('Networks and training:')
    .addOption(presetOption())
    .addOption(
      new Option('--epochs <n>', `passes over the data ${defaultOf('epochs')}`).argParser(
        wholeNumberOf('--epochs', 'epochs'),
      ),
    )
    .addOption(
      new Option('--batch-size <n>', `images of one step ${defaultOf('batchSize')}`).argParser(
        wholeNumberOf('--batch-size', 'batchSize'),
      ),
    )
    .addOption(seedOption('decides every random number (default: random; printed and recorded)'));
  addModelOptions(command)
    .optionsGroup('The run:')
    .option('--out <folder>', "the run's folder (default: the next number in ./runs)")
    .option('--config <file>', 'options as JSON; those of the command line win')
    .option('--resume [run]', 'continue a run (default: the newest in ./runs), or from a checkpoint file')
    .option('--from <file>', 'with --resume: continue from this checkpoint, not the newest')
    .addOption(
      new Option(
        '--on-nan <what>',
        'what to do when a value becomes NaN: stop, or lower-lr, which continues with half the learning rates (default: stop)',
      ).argParser(choice('--on-nan', ON_NAN)),
    )
    .addOption(
      new Option(
        '--evaluate-every <epochs>',
        'compare 10,000 samples with the data each time after this many epochs (default: never)',
      ).argParser(wholeNumber('--evaluate-every', 0, 1_000_000)),
    )
    .addOption(
      new Option(
        '--preview <seconds>',
        'draw images/preview.png every so many seconds (in at most 1 % of the time)',
      ).argParser(wholeNumber('--preview', 1, LONGEST_PREVIEW)),
    )
    .option('--tensorboard', "also write an event file for TensorBoard into the run's folder")
    .option(
      '--keep-best',
      'keep the checkpoint with the best evaluation (evaluates every epoch unless --evaluate-every is given)',
    );
  addExtractorOptions(command, 'none')
    .addOption(
      new Option(
        '--contrast <how>',
        'grey levels of pictures: fixed, or tile, each stretched to its range (default: fixed)',
      ).argParser(choice('--contrast', CONTRASTS)),
    )
    .optionsGroup('The machine:')
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(precisionOption())
    .addOption(
      new Option(
        '--distributed <how>',
        'auto: join the ranks of mpirun or srun where there are some; mpi: always; off: never (default: auto)',
      ).argParser(choice('--distributed', DISTRIBUTED)),
    )
    .optionsGroup('')
    .option('--dry-run', 'print configuration and costs, and write nothing')
    .option('--json', 'events as JSON lines on standard output, everything else on standard error')
    .option('--quiet', "print errors and the run's folder only")
    .addOption(noPicturesOption())
    .addOption(debugOption())
    .addHelpText('after', EXAMPLES)
    .action(async (flags: Flags) => {
      try {
        if (flags.dryRun) {
          if (!isFollower(flags.distributed)) write(await dryRun(trainOptions(flags), flags.json === true));
          return;
        }
        const place = { folder: '' };
        const world = await joinRanks(flags.distributed, place);
        if (!world) outcome.code = await run(trainOptions(flags), flags);
        else if (world.rank > 0) outcome.code = await followRank0(world, place, flags);
        else outcome.code = await lead(flags, world, place);
      } catch (error) {
        throw asTyped(error, flags);
      }
    });
}

/**
 * Joins the options of the file with those of the command line, which win. Options that were not
 * given stay out, so that a resume takes them from the run.
 */
function trainOptions({
  config,
  resume,
  dryRun: _,
  json,
  quiet,
  pictures: _pictures,
  debug,
  distributed: _distributed,
  ...given
}: Flags): TrainOptions {
  if (given.from !== undefined && resume === undefined)
    throw usage({ what: '--from says where to resume, and needs --resume', todo: 'Add --resume RUN' });
  const asked = resume === undefined ? {} : { resume: resume === true ? resolveRun(undefined) : resume };
  return { ...(config === undefined ? {} : readConfigFile(config, given.preset)), ...libraryNames(given), ...asked };
}

/** Trains as rank 0 of several. */
async function lead(flags: Flags, world: World, place: Place): Promise<number> {
  const leader = new Leader(world, (folder) => {
    place.folder = folder;
  });
  let code: number;
  try {
    await refuseOtherOptions(world, flags);
    const options = trainOptions(flags);
    const note = options.device === 'webgpu' ? noteOnCards(world, cardsOfHost()) : null;
    if (note) notice(note);
    code = await run({ ...options, ranks: leader }, flags);
  } catch (error) {
    // A loss was told when it was found, and ends this process soon.
    if (world.lost) return world.abort(1);
    if (leader.began) {
      // The others may wait for sums that do not come.
      const { text, exitCode } = explain(errorOn(rankIn(world, 0), error), flags.debug === true);
      warn(`dcgan: ${text}\n`);
      return world.abort(exitCode);
    }
    await leader.end();
    // Wrong usage is a matter of all ranks.
    throw error instanceof DcganError && error.exitCode === 1 ? errorOn(rankIn(world, 0), error) : error;
  }
  await leader.end();
  return code;
}

async function run(options: RankedTrainOptions, { json, quiet, pictures }: Flags): Promise<number> {
  const { last, lost, by, folder } = await trainShown(options, {
    progress: json ? process.stderr : process.stdout,
    events: json === true,
    quiet: quiet === true,
    pictures,
  });
  if (lost !== null) return endOfOutput(lost, last);
  if (last?.type === 'interrupted') {
    const command = commandLine(['train', '--resume', folder]);
    warn(`Stopped after step ${last.step}, saved to ${last.path}. To go on:\n  ${command}\n`);
    if (by === null) return options.ranks?.stopped.aborted ? EXIT_CODES.SIGTERM : 1;
    return EXIT_CODES[by];
  }
  if (last?.type === 'done' && quiet && !json) write(`${last.folder}\n`);
  return 0;
}

/**
 * Returns the exit code when output is lost. A reader that goes away (`train | head`) leaves the
 * run unfinished but is no error. Everything else is thrown.
 */
function endOfOutput(error: NodeJS.ErrnoException, last: TrainEvent | null): number {
  if (error.code !== 'EPIPE') throw outputError(error);
  const why = 'nobody reads the output any more (EPIPE)';
  if (last?.type === 'interrupted') {
    const run = dirname(dirname(last.path));
    warn(`Stopped after step ${last.step}, because ${why}; saved to ${last.path}. To go on:\n`);
    warn(`  ${commandLine(['train', '--resume', run])}\n`);
  } else if (last?.type === 'done') warn(`Done: ${last.folder}; its end was not shown, because ${why}.\n`);
  else warn(`Stopped, because ${why}.\n`);
  return 1;
}
