// `dcgan reproduce` trains a run's configuration again in a new folder, and compares the hash of
// the result with the one that the run claims. Its exit codes are those of `audit`.
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Command } from 'commander';
import { readSnapshot } from '../../gan/snapshot-file.ts';
import { commandLine } from '../../platform/command.ts';
import { usage } from '../../platform/errors.ts';
import { sha256OfFile } from '../../platform/file-bytes.ts';
import { BEST_NAME } from '../../train/best.ts';
import { sourceOf } from '../../train/data-place.ts';
import { optionsThatRepeat } from '../../train/repeat.ts';
import { checkpointsOf, readConfigOfRun, readRunConfig, resolveRun } from '../../train/run.ts';
import { CONFIG_NAME } from '../../train/run-names.ts';
import type { TrainOptions } from '../../train/run-options.ts';
import type { RunConfig } from '../../train/run-schema.ts';
import { type Claim, claimOf, refuseOtherMachine } from '../checks/claim.ts';
import { firstDifference } from '../checks/difference.ts';
import type { Outcome } from '../failure.ts';
import { debugOption, noPicturesOption, threadsOption } from '../options/values.ts';
import { outputError, warn, write } from '../output.ts';
import { EXIT_CODES } from '../stop.ts';
import { trainShown } from '../training.ts';
import { concluded, exitCodeOf } from './audit.ts';

const EXAMPLES = `
Examples:
  dcgan reproduce runs/00001-mnist-tf2018/config.json   in the next folder of ./runs
  dcgan reproduce config.json --data pictures --out again

The device is that of the run. Ctrl-C saves; the same command with --out FOLDER goes on.
Exit codes: 0 equal, 1 different, 3 not comparable on this machine.`;

interface Flags {
  readonly out?: string;
  readonly data?: string;
  readonly threads?: number;
  readonly json?: true;
  readonly quiet?: true;
  readonly pictures: boolean;
}

export function defineReproduce(program: Command, outcome: Outcome): void {
  program
    .command('reproduce')
    .description('Train the configuration of a run again, and compare the result with the hash that the run claims.')
    .argument('<config>', 'a config.json, or the run that has it')
    .option('--out <folder>', "the new run's folder (default: the next number in ./runs)")
    .option('--data <where>', 'where the data are now')
    .addOption(threadsOption())
    .option('--json', 'the result as one JSON object on standard output, everything else on standard error')
    .option('--quiet', 'print errors and the result only')
    .addOption(noPicturesOption())
    .addOption(debugOption())
    .addHelpText('after', EXAMPLES)
    .action(async (typed: string, flags: Flags) => {
      outcome.code = await exitCodeOf(reproduce(typed, flags));
    });
}

/** Returns the record, and the folder of its run where the file lies in one. */
function opened(typed: string): { readonly record: RunConfig; readonly folder: string | null } {
  if (statSync(typed, { throwIfNoEntry: false })?.isFile()) {
    const folder = dirname(typed);
    const inRun = basename(typed) === CONFIG_NAME && existsSync(checkpointsOf(folder));
    return { record: readConfigOfRun(typed), folder: inRun ? folder : null };
  }
  const folder = resolveRun(typed);
  return { record: readRunConfig(folder), folder };
}

async function reproduce(typed: string, { out, data, threads, json, quiet, pictures }: Flags): Promise<number> {
  const { record, folder } = opened(typed);
  const claim = claimOf(record, folder);
  await refuseOtherMachine(record, claim, { threads });
  const {
    last,
    by,
    lost,
    folder: again,
  } = await trainShown(
    { ...optionsFor(typed, record, folder, { out, data }), ...claim.machine, threads },
    { progress: json ? process.stderr : process.stdout, events: false, quiet: quiet === true, pictures },
  );
  if (lost !== null) throw outputError(lost);
  if (last?.type === 'interrupted') {
    warn(`Stopped after step ${last.step}, which is saved. To go on:\n`);
    warn(`  ${commandLine(['reproduce', typed, '--out', again])}\n`);
    return by === null ? 1 : EXIT_CODES[by];
  }
  return conclude(record, claim, folder, again, json === true);
}

/** Returns the options that train the record again, or that go on with it in `out`. */
function optionsFor(
  typed: string,
  record: RunConfig,
  folder: string | null,
  { out, data }: { readonly out: string | undefined; readonly data: string | undefined },
): TrainOptions {
  const again = commandLine(['reproduce', typed, '--data', 'PATH']);
  const source = data ?? sourceOf(folder ?? '.', record, again);
  if (out === undefined || !existsSync(join(out, CONFIG_NAME)))
    return { ...optionsThatRepeat(record), data: source, out };
  const there = readRunConfig(out);
  const whole = ({ config, seed, data: images }: RunConfig): string => JSON.stringify([config, seed, images.sha256]);
  if (whole(there) !== whole(record))
    throw usage({ what: `${out} holds another run already`, todo: 'Choose another folder' });
  // Only what this command has trained proves anything.
  if (!/ reproduce /.test(there.sittings?.[0]?.command ?? ''))
    throw usage({ what: `${out} holds a run that was not begun by reproduce`, todo: 'Choose another folder' });
  return { resume: out, ...(data !== undefined && { data }) };
}

function conclude(record: RunConfig, claim: Claim, folder: string | null, again: string, json: boolean): number {
  const path = join(checkpointsOf(again), claim.checkpoint);
  const bestPath = join(checkpointsOf(again), BEST_NAME);
  const sha256 = sha256OfFile(path);
  const best = claim.best === null ? null : existsSync(bestPath) ? sha256OfFile(bestPath) : 'none';
  const equal = sha256 === claim.sha256 && best === claim.best;
  const original = folder === null ? null : join(checkpointsOf(folder), claim.checkpoint);
  const names = { first: 'in the run', second: 'trained again' };
  const difference =
    equal || original === null || !existsSync(original)
      ? null
      : firstDifference(readSnapshot(original), readSnapshot(path), names);
  if (json) write(`${JSON.stringify({ equal, folder: again, claim, sha256, best, difference })}\n`);
  else if (equal) {
    write(`Equal: ${path} has SHA-256 ${sha256}, as the run claims.\n`);
    if (best !== null) write(`Equal: ${bestPath} has SHA-256 ${best}, as the run claims.\n`);
    if (claim.whyNoBest !== null) write(`${BEST_NAME} was not compared: ${claim.whyNoBest}.\n`);
  } else {
    const wrong = sha256 === claim.sha256 ? [bestPath, best, claim.best] : [path, sha256, claim.sha256];
    write(`DIFFERENT: ${wrong[0]} has SHA-256 ${wrong[1]}, and the run claims ${wrong[2]}.\n`);
    if (difference !== null) write(`The first difference is in ${difference}.\n`);
  }
  return concluded(equal, record);
}
