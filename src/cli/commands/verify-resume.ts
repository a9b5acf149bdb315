// `dcgan verify-resume` shows on this machine that an interrupted training ends in the same bits as
// a straight one.
import { type Command, Option } from 'commander';
import { openDataset } from '../../data/open.ts';
import type { DeviceName } from '../../engine/backends/backend.ts';
import { availability } from '../../engine/backends/index.ts';
import type { Precision } from '../../engine/plan.ts';
import { commandLine } from '../../platform/command.ts';
import { DcganError, usage } from '../../platform/errors.ts';
import { checkRanks, type RanksCheck } from '../checks/ranks.ts';
import { checkResume, type ResumeCheck } from '../checks/resume.ts';
import type { Compared } from '../checks/trainings.ts';
import type { Outcome } from '../failure.ts';
import { count, grouped } from '../format.ts';
import { wholeNumberOf } from '../options/config-numbers.ts';
import {
  debugOption,
  deviceOption,
  precisionOption,
  presetOption,
  seedOption,
  threadsOption,
  wholeNumber,
  wholeNumbers,
} from '../options/values.ts';
import { write } from '../output.ts';

/**
 * This is seven and a half steps of `tiny` an epoch, so the last batch is short, as in real epochs.
 */
const DEFAULT_LIMIT = 480;
const DEFAULT_SEED = 1;

const EXAMPLES = `
Examples:
  dcgan verify-resume                    tiny, on each device that runs here
  dcgan verify-resume --device native --preset tf2018 --limit 2000
  dcgan verify-resume --ranks 1,2        check that two processes under MPI give the same bits as one ($MPIRUN)`;

interface Flags {
  readonly preset?: string;
  readonly device?: string;
  readonly precision?: Precision;
  readonly threads?: number;
  readonly seed?: number;
  readonly limit?: number;
  readonly batchSize?: number;
  readonly ranks?: number[];
  readonly json?: true;
}

export function defineVerifyResume(program: Command, outcome: Outcome): void {
  program
    .command('verify-resume')
    .description('Train straight and with interruptions, and compare every byte of both states.')
    .addOption(presetOption('preset to train (default: tiny)'))
    .addOption(deviceOption('native and wasm, as far as they run here'))
    .addOption(precisionOption())
    .addOption(threadsOption())
    .addOption(seedOption(`seed of the training (default: ${DEFAULT_SEED})`))
    .addOption(
      new Option('--limit <n>', `images of MNIST to train on (default: ${DEFAULT_LIMIT})`).argParser(
        wholeNumber('--limit', 1),
      ),
    )
    .addOption(
      new Option('--batch-size <n>', "images of one step (default: the preset's)").argParser(
        wholeNumberOf('--batch-size', 'batchSize'),
      ),
    )
    .addOption(
      new Option(
        '--ranks <list>',
        'train with each of these numbers of processes under MPI, and compare: powers of two, as in 1,2',
      ).argParser(rankCounts),
    )
    .option('--json', 'one JSON object a device, a line each')
    .addOption(debugOption())
    .addHelpText('after', EXAMPLES)
    .action(async (flags: Flags) => {
      if (!(await verify(flags))) outcome.code = 1;
    });
}

async function verify({
  preset = 'tiny',
  seed = DEFAULT_SEED,
  limit = DEFAULT_LIMIT,
  json,
  ranks,
  ...flags
}: Flags): Promise<boolean> {
  const any = flags.device === undefined || flags.device === 'auto';
  const devices = !any ? [flags.device] : flags.precision === 'bf16' ? ['native'] : await fastDevices();
  const data = ranks ? null : openDataset('mnist').limit(limit);
  let passed = true;
  for (const device of devices) {
    const asked = { ...flags, preset, seed, device };
    const check = data ? await checkResume(asked, data) : await checkRanks({ ...asked, limit }, ranks!);
    write(
      json
        ? `${JSON.stringify(check)}\n`
        : `${'ranks' in check ? textOfRanks(check) : text(check)}\n  ${result(check)}\n`,
    );
    passed &&= check.difference === null;
  }
  return passed;
}

/** Returns the devices, of native and wasm, that run here. Throws when there is none. */
async function fastDevices(): Promise<DeviceName[]> {
  const found: DeviceName[] = [];
  const reasons: string[] = [];
  for (const device of ['native', 'wasm'] as const) {
    const state = await availability(device);
    if (state.ok) found.push(device);
    else reasons.push(`${device}: ${state.reason}`);
  }
  if (found.length > 0) return found;
  throw new DcganError({
    what: 'no device can run here',
    got: reasons.join('; '),
    todo: `See: ${commandLine(['doctor'])}`,
  });
}

function text(check: ResumeCheck): string {
  const { device, threads, steps, interruptedAfterSteps: stops, seconds } = check;
  const what = `${count(steps, 'step')} straight, and interrupted after steps ${stops.join(', ')}`;
  return `${device}, ${count(threads, 'thread')}: ${what} (${seconds.toFixed(1)} s)`;
}

function textOfRanks(check: RanksCheck): string {
  const { device, steps, ranks, shards, seconds } = check;
  const on = `on ${ranks.join(', ')} ranks with ${count(shards, 'shard')}`;
  const moved = `begun on ${ranks.at(-1)} and ended on ${ranks[0]}`;
  return `${device}: ${count(steps, 'step')} ${on}, and ${moved} (${seconds.toFixed(1)} s)`;
}

function result({ tensors, bytes, difference }: Compared): string {
  return difference === null
    ? `pass: ${grouped(bytes)} bytes in ${count(tensors, 'tensor')} are equal`
    : `FAIL: the first difference is in ${difference}`;
}

/** Reads numbers of ranks, two or more of them, which have to divide the shards. */
function rankCounts(text: string): number[] {
  const counts = wholeNumbers('--ranks', 1)(text);
  if (counts.length > 1 && counts.every((n) => n <= 256 && Number.isInteger(Math.log2(n)))) return counts;
  throw usage({
    what: '--ranks has an invalid value',
    expected: 'two or more of 1, 2, 4, ... 256 with commas between them',
    got: JSON.stringify(text),
  });
}
