// `dcgan audit` proves that a run's checkpoint came from its configuration and its data. Its exit
// codes are 0 proven, 1 different, 3 not comparable on this machine.

import type { Command } from 'commander';
import { Option } from 'commander';
import { commandLine } from '../../platform/command.ts';
import { VERSION } from '../../platform/version.ts';
import { readRunConfig, resolveRun } from '../../train/run.ts';
import { dataOfRun, openRunData } from '../../train/run-data.ts';
import type { RunConfig } from '../../train/run-schema.ts';
import { type Audit, audit, chooseInterval, Incomparable } from '../checks/audit.ts';
import type { Outcome } from '../failure.ts';
import { count, grouped } from '../format.ts';
import { debugOption, threadsOption, wholeNumber } from '../options/values.ts';
import { warn, write } from '../output.ts';

/** The exit code of a comparison that this machine cannot make. */
const NOT_COMPARABLE = 3;

const EXAMPLES = `
Examples:
  dcgan audit                          the newest run, between two kept checkpoints at random
  dcgan audit 3 --from-epoch 15        from epoch 15 to the next kept checkpoint
  dcgan audit 3 --data elsewhere       its data lie elsewhere now

Trains again from one kept checkpoint to the next, and compares every bit. A run on wasm can be checked on any machine,
one on native where processor, compiler and version are the same, one on a GPU on that GPU and driver.
Exit codes: 0 proven, 1 different, 3 not comparable on this machine.`;

interface Flags {
  readonly fromEpoch?: number;
  readonly data?: string;
  readonly threads?: number;
  readonly json?: true;
}

export function defineAudit(program: Command, outcome: Outcome): void {
  program
    .command('audit')
    .description('Prove that a checkpoint came from its configuration and data: train again and compare to the bit.')
    .argument('[run]', 'a run, by folder, name or number (default: the newest)')
    .addOption(
      new Option('--from-epoch <n>', 'the kept checkpoint to begin at (default: a random one)').argParser(
        wholeNumber('--from-epoch', 0, 1_000_000),
      ),
    )
    .option('--data <where>', 'where the data are now')
    .addOption(threadsOption())
    .option('--json', 'as one JSON object')
    .addOption(debugOption())
    .addHelpText('after', EXAMPLES)
    .action(async (typed: string | undefined, flags: Flags) => {
      outcome.code = await exitCodeOf(auditRun(typed, flags));
    });
}

/** Returns the exit code of a comparison, also of one that this machine cannot make. */
export function exitCodeOf(comparison: Promise<number>): Promise<number> {
  return comparison.catch((error: unknown) => {
    if (!(error instanceof Incomparable)) throw error;
    warn(`dcgan: ${error.message}\n`);
    return NOT_COMPARABLE;
  });
}

/** Returns the exit code of a result, and names another version as a reason for a difference. */
export function concluded(equal: boolean, { notes: { version } }: RunConfig): number {
  if (!equal && version !== VERSION)
    warn(`Note: the run is of dcgan ${version}, and this is ${VERSION}; versions may give other bits.\n`);
  return equal ? 0 : 1;
}

async function auditRun(typed: string | undefined, { fromEpoch, data, threads, json }: Flags): Promise<number> {
  const folder = resolveRun(typed);
  const record = readRunConfig(folder);
  const interval = chooseInterval(folder, record, fromEpoch);
  const again = commandLine(['audit', folder, '--data', 'PATH']);
  const images = await openRunData(folder, record, { ...dataOfRun(folder, record, { data }, again), again });
  const found = await audit(folder, record, interval, images, threads);
  const equal = [found.configDifference, found.difference, found.lineDifference, found.startDifference].every(
    (part) => part === null,
  );
  const { version } = record.notes;
  write(json ? `${JSON.stringify({ run: folder, equal, version, ...found })}\n` : text(folder, found));
  return concluded(equal, record);
}

function text(folder: string, found: Audit): string {
  const { from, to, steps, device, variant, threads, seconds, bytes, tensors, lines } = found;
  const how = `${count(steps, 'step')} on ${device} (${variant}), ${count(threads, 'thread')}`;
  const config =
    found.configDifference === null
      ? `pass: ${from} and ${to} have the configuration and the seed of config.json`
      : `FAIL: config.json is not of these checkpoints; they differ in ${found.configDifference}`;
  const state =
    found.difference === null
      ? `pass: ${to} comes from ${from}, the configuration and the data; ${grouped(bytes)} bytes in ${count(tensors, 'tensor')} are equal`
      : `FAIL: ${to} does not come from ${from}; the first difference is in ${found.difference}`;
  const metrics =
    found.lineDifference === null
      ? `pass: the numbers of ${count(lines, 'line')} of metrics.jsonl are equal`
      : `FAIL: metrics.jsonl differs first in ${found.lineDifference}`;
  const start =
    found.startDifference === null
      ? `pass: ${from} comes from the configuration and the seed`
      : `FAIL: ${from} does not come from the seed; the first difference is in ${found.startDifference}`;
  const results = [config, state, metrics, ...(found.startChecked ? [start] : [])];
  return `${folder}: ${how} (${seconds.toFixed(1)} s)\n  ${results.join('\n  ')}\n`;
}
