// `dcgan bench` measures how long a training step takes on this machine.
import { type Command, Option } from 'commander';
import { whatIsMissing } from '../../engine/backends/native/bf16.ts';
import type { Precision } from '../../engine/plan.ts';
import { resolveConfig } from '../../gan/config.ts';
import { DEFAULT_PRESET } from '../../gan/presets.ts';
import { commandLine } from '../../platform/command.ts';
import { measureSpeed, type Speed } from '../checks/speed.ts';
import { columns } from '../format.ts';
import { wholeNumberOf } from '../options/config-numbers.ts';
import {
  debugOption,
  deviceOption,
  precisionOption,
  presetOption,
  threadsOption,
  wholeNumber,
} from '../options/values.ts';
import { write } from '../output.ts';

const EXAMPLES = `
Examples:
  dcgan bench                              the tutorial's step on the best device
  dcgan bench --device wasm --threads 1
  dcgan bench --device webgpu
  dcgan bench --preset tiny --steps 50 --json`;

interface Flags {
  readonly device?: string;
  readonly precision?: Precision;
  readonly preset?: string;
  readonly threads?: number;
  readonly batchSize?: number;
  readonly steps: number;
  readonly json?: true;
}

export function defineBench(program: Command): void {
  program
    .command('bench')
    .description('Time training steps on synthetic images, after two to warm up.')
    .addOption(deviceOption())
    .addOption(precisionOption())
    .addOption(presetOption(`preset to train (default: ${DEFAULT_PRESET})`))
    .addOption(threadsOption())
    .addOption(
      new Option('--batch-size <n>', "images of one step (default: the preset's)").argParser(
        wholeNumberOf('--batch-size', 'batchSize'),
      ),
    )
    .addOption(new Option('--steps <n>', 'steps to time').argParser(wholeNumber('--steps', 1, 1_000_000)).default(10))
    .option('--json', 'one JSON object on standard output')
    .addOption(debugOption())
    .addHelpText('after', EXAMPLES)
    .action(async ({ preset, batchSize, precision, json, ...options }: Flags) => {
      const speed = await measureSpeed(resolveConfig(preset, { batchSize, precision }), options);
      write(json ? `${JSON.stringify(speed)}\n` : text(speed, speed.device === 'native' && !(await whatIsMissing())));
    });
}

function text(speed: Speed, hasBf16: boolean): string {
  const { device, threads, preset, precision, batch, steps, secondsPerStep: s, ...rest } = speed;
  const { imagesPerSecond, gflopsPerSecond, machine } = rest;
  const which = ['precision', `float32 and bf16 run here; ${commandLine(['doctor'])} says which to take`] as const;
  return `${columns([
    [
      'device',
      `${device} (${machine.variant})${device === 'webgpu' ? '' : `, ${threads} of ${machine.cores} usable cores`}`,
    ],
    ['machine', `${machine.cpu}, node ${machine.node}`],
    ['step', `${preset}, ${precision}, batch ${batch}, ${steps} timed`],
    ['seconds a step', `${s.median.toFixed(4)} median, ${s.min.toFixed(4)} to ${s.max.toFixed(4)}`],
    ['images a second', imagesPerSecond.toFixed(0)],
    ['GFLOP a second', `${gflopsPerSecond.toFixed(1)} (nominal)`],
    ...(hasBf16 ? [which] : []),
  ])}\n`;
}
