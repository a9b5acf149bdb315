// `dcgan sweep` trains the runs of a file that are not done yet. Any number of processes may work
// on one sweep, on one machine or on many that share its folder: the lock of a run has one holder.
import { type Command, Option } from 'commander';
import { commandLine } from '../../platform/command.ts';
import { DcganError } from '../../platform/errors.ts';
import type { Outcome } from '../failure.ts';
import { count, duration } from '../format.ts';
import { debugOption, deviceOption, noPicturesOption, threadsOption, wholeNumber } from '../options/values.ts';
import { outputError, warn, write } from '../output.ts';
import { EXIT_CODES } from '../stop.ts';
import { type Cost, tryRuns } from '../sweep/costs.ts';
import { checkRecord, folderOfRun, folderOfSweep, keepRecord, standingOf } from '../sweep/folders.ts';
import { inWords, type PlannedRun, readSweep, runAt } from '../sweep/plan.ts';
import { costTable, figuresTable, secondsLeft, swept } from '../sweep/table.ts';
import { type Ended, trainShown } from '../training.ts';

const EXAMPLES = `
Examples:
  dcgan sweep sweep.json                  train all runs that are not done, one after another
  dcgan sweep sweep.json --dry-run        the runs, how each stands, and how long it will take here
  dcgan sweep sweep.json --index 3        run 3 only, as one task of a job array does
  dcgan sweep sweep.json --json           train, then the table as JSON

A file, whose options have the names of a training's config file:
  {
    "base": { "preset": "tiny", "epochs": 5 },
    "grid": { "learningRate": [0.0001, 0.0002], "batchSize": [64, 128] },
    "seeds": [1, 2]
  }
Instead of grid: "list": [{ "loss": "ls" }, { "loss": "hinge" }], or
  "random": { "count": 20, "options": { "learningRate": { "from": 1e-5, "to": 1e-3, "scale": "log" } } }`;

interface Flags {
  readonly out?: string;
  readonly index?: number;
  readonly dryRun?: true;
  readonly device?: string;
  readonly threads?: number;
  readonly json?: true;
  readonly quiet?: true;
  readonly pictures: boolean;
}

export function defineSweep(program: Command, outcome: Outcome): void {
  program
    .command('sweep')
    .description('Train many runs: a grid, a list or random draws of options, with several seeds.')
    .argument('<file>', 'what to vary, as JSON')
    .option('--out <folder>', "the folder of the runs (default: the file's name without .json)")
    .addOption(new Option('--index <n>', 'train this run only, counted from 0').argParser(wholeNumber('--index', 0)))
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option('--dry-run', 'list the runs and their costs, and write nothing')
    .option('--json', 'the table as one JSON object on standard output, everything else on standard error')
    .option('--quiet', 'print errors and the table only')
    .addOption(noPicturesOption())
    .addOption(debugOption())
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, flags: Flags) => {
      const sweep = readSweep(file);
      const folder = folderOfSweep(file, sweep, flags.out);
      const wanted = (flags.index === undefined ? sweep.runs : [runAt(sweep, flags.index)]).map(onMachine(flags));
      checkRecord(folder, sweep);
      const costs = await tryRuns(wanted, flags.dryRun === true);
      if (flags.dryRun) list(folder, wanted, costs as Cost[], flags.json === true);
      else {
        keepRecord(folder, sweep);
        outcome.code = await trainAll(file, folder, wanted, sweep.runs.length, flags);
      }
    });
}

/** The command line wins over the file, as in `train`. */
function onMachine({ device, threads }: Flags): (run: PlannedRun) => PlannedRun {
  const given = { ...(device !== undefined && { device }), ...(threads !== undefined && { threads }) };
  return (run) => ({ ...run, options: { ...run.options, ...given } });
}

function list(folder: string, wanted: readonly PlannedRun[], costs: readonly Cost[], json: boolean): void {
  const runs = swept(folder, wanted);
  const left = runs.map((run, i) => secondsLeft(run, costs[i]!));
  const total = left.reduce((sum, seconds) => sum + seconds, 0);
  if (json) {
    const rows = runs.map((run, i) => ({ ...run, ofEpochs: costs[i]!.epochs, seconds: left[i] }));
    write(`${JSON.stringify({ folder, runs: rows, seconds: total })}\n`);
    return;
  }
  const open = runs.filter(({ state }) => state !== 'done').length;
  const takes = open === 0 ? 'All runs are done' : `It takes ${duration(total)}, one run after another, just measured`;
  write(`${count(runs.length, 'run')} in ${folder}, ${open} not done:\n${costTable(runs, costs)}\n${takes}.\n`);
}

/** The exit code where other processes still train runs of the sweep. */
const NOT_ALL_DONE = 3;

/** Trains the runs that are neither done nor being trained. Returns the exit code. */
async function trainAll(
  file: string,
  folder: string,
  wanted: readonly PlannedRun[],
  all: number,
  { json, quiet, pictures }: Flags,
): Promise<number> {
  const tell = (text: string): void => {
    if (!quiet) (json ? warn : write)(`${text}\n`);
  };
  const failed: number[] = [];
  for (const run of wanted) {
    const path = folderOfRun(folder, run);
    const { is } = standingOf(path);
    if (is === 'done' || is === 'training') {
      tell(`Run ${run.index} of ${all} (${path}) ${is === 'done' ? 'is done' : 'is being trained already'}.`);
      continue;
    }
    tell(`Run ${run.index} of ${all} (${path}), ${is === 'new' ? 'new' : 'goes on'}: ${inWords(run.varied)}`);
    try {
      const ended = await trainOne(run, path, is === 'new', {
        quiet: quiet === true,
        pictures,
        toStderr: json === true,
      });
      if (ended.lost !== null) throw outputError(ended.lost);
      if (ended.last?.type === 'interrupted') {
        warn(`Stopped in run ${run.index} after step ${ended.last.step}, which is saved. To go on:\n`);
        warn(`  ${commandLine(['sweep', file, '--out', folder])}\n`);
        return ended.by === null ? 1 : EXIT_CODES[ended.by];
      }
    } catch (error) {
      if (!(error instanceof DcganError)) throw error;
      // Another process may have taken the run between the look at it and its lock.
      const { is: now } = standingOf(path);
      if (now === 'training' || now === 'done')
        tell(`Run ${run.index} of ${all} (${path}) was taken by another process.`);
      else {
        failed.push(run.index);
        warn(`dcgan: run ${run.index} of the sweep: ${error.message}\n`);
      }
    }
  }
  const runs = swept(folder, wanted);
  const open = runs.filter(({ state }) => state !== 'done').map(({ index }) => index);
  const elsewhere = open.filter((index) => !failed.includes(index));
  if (json) write(`${JSON.stringify({ folder, failed, elsewhere, runs })}\n`);
  else write(`${figuresTable(runs)}\n`);
  if (elsewhere.length > 0)
    warn(`Note: not done, because another process took them: ${elsewhere.join(', ')}. The same command goes on.\n`);
  return failed.length > 0 ? 1 : elsewhere.length > 0 ? NOT_ALL_DONE : 0;
}

function trainOne(
  { options }: PlannedRun,
  path: string,
  fresh: boolean,
  { quiet, pictures, toStderr }: { readonly quiet: boolean; readonly pictures: boolean; readonly toStderr: boolean },
): Promise<Ended> {
  const { device, threads } = options;
  const what = fresh ? { ...options, out: path } : { resume: path, device, threads };
  return trainShown(what, { quiet, pictures, progress: toStderr ? process.stderr : process.stdout, events: false });
}
