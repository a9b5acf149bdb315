// `dcgan info` says what a checkpoint holds, and verifies that it is whole.

import { statSync } from 'node:fs';
import type { Command } from 'commander';
import { makeModel, parameterCounts } from '../../gan/model.ts';
import type { Config } from '../../gan/schema.ts';
import type { ClassNames, Snapshot } from '../../gan/snapshot.ts';
import { readSnapshot } from '../../gan/snapshot-file.ts';
import { whoTrains } from '../../train/lock.ts';
import { readRunConfig, resolveSource } from '../../train/run.ts';
import type { Sitting } from '../../train/run-schema.ts';
import { settingText } from '../../train/setting.ts';
import { columns, count, grouped, megabytes } from '../format.ts';
import { classList } from '../options/class.ts';
import { debugOption } from '../options/values.ts';
import { write } from '../output.ts';
import { SOURCE_ARGUMENT, SOURCE_HELP } from '../source.ts';

const EXAMPLES = `
Examples:
  dcgan info                                     the newest run's newest checkpoint
  dcgan info runs/00001-mnist-tf2018/checkpoints/epoch-0015.safetensors
  dcgan info --json | jq .parameters`;

export function defineInfo(program: Command): void {
  program
    .command('info')
    .description('Print what a checkpoint holds: configuration, progress, tensors; its checksum is verified.')
    .argument(SOURCE_ARGUMENT, SOURCE_HELP)
    .option('--json', 'as one JSON object')
    .addOption(debugOption())
    .addHelpText('after', EXAMPLES)
    .action((source: string | undefined, { json }: { readonly json?: true }) => {
      const { checkpoint, run } = resolveSource(source);
      const record = run === null ? null : readRunConfig(run);
      const { notes = null, data = null, sittings = [] } = record ?? {};
      const description = describe(readSnapshot(checkpoint));
      // A halving of rates right after this checkpoint stands only in the run's configuration.
      const { halvedAfter } = record?.config ?? description.config;
      const config = { ...description.config, halvedAfter };
      const report = { checkpoint, run, bytes: statSync(checkpoint).size, ...description, config };
      const underWay = run !== null && whoTrains(run) !== null;
      const history = sittingRows(sittings, underWay);
      write(json ? `${JSON.stringify({ ...report, data, notes, sittings })}\n` : text(report, data, notes, history));
    });
}

interface Description {
  readonly checksum: 'ok';
  readonly config: Config;
  readonly seed: number;
  readonly epoch: number;
  readonly step: number;
  /** What the classes are called; null where nothing is known of them. */
  readonly classNames: ClassNames | null;
  readonly parameters: { readonly generator: number; readonly discriminator: number };
  readonly tensors: readonly { readonly name: string; readonly shape: readonly number[]; readonly values: number }[];
}

/** A decoded snapshot has passed its checksum. */
function describe({ config, seed, epoch, step, classNames, tensors }: Snapshot): Description {
  return {
    checksum: 'ok',
    config,
    seed,
    epoch,
    step,
    classNames: classNames ?? null,
    parameters: parameterCounts(makeModel(config)),
    tensors: [...tensors].map(([name, { shape, data }]) => ({ name, shape, values: data.length })),
  };
}

/** Older sittings than these are counted and not shown. */
const SHOWN = 3;

/** Returns when, where and by which command a run was trained, as rows. */
function sittingRows(sittings: readonly Sitting[], underWay: boolean): [string, string][] {
  const older = sittings.length - SHOWN;
  return [
    ...(older > 0 ? [['earlier', count(older, 'sitting')] as [string, string]] : []),
    ...sittings.slice(-SHOWN).flatMap((sitting, i, all) => rowsOf(sitting, underWay && i === all.length - 1)),
  ];
}

function rowsOf({ start, command, threads, device, host, end }: Sitting, underWay: boolean): [string, string][] {
  const until = end
    ? ` to ${moment(end.time)}, ${end.how}`
    : underWay
      ? ', under way'
      : ', no end: its process was killed';
  const machine = [host.processor, count(host.cores, 'core'), megabytes(host.memory), host.os, `Node ${host.node}`];
  return [
    ['trained', `${moment(start)}${until}`],
    ['command', command],
    ['machine', `${machine.join(', ')}; ${device}, ${count(threads, 'thread')}`],
    ...(end ? [['ended with', `${end.checkpoint}, SHA-256 ${end.sha256}`] as [string, string]] : []),
  ];
}

/** Returns a time as `2026-11-28 20:44:14 UTC`. */
function moment(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

type Run = ReturnType<typeof readRunConfig>;

function text(
  report: Description & { readonly checkpoint: string; readonly run: string | null; readonly bytes: number },
  data: Run['data'] | null,
  notes: Run['notes'] | null,
  history: readonly [string, string][],
): string {
  const { checkpoint, run, bytes, config, seed, epoch, step, parameters, tensors } = report;
  const rows: [string, string][] = [['checkpoint', `${checkpoint}, ${megabytes(bytes)}, checksum ok`]];
  if (run !== null) rows.push(['run', run]);
  if (data) rows.push(['data', `${data.name}, ${grouped(data.count)} images (${data.source})`]);
  if (notes) rows.push(['made by', `dcgan ${notes.version} on ${notes.device} (${notes.variant})`]);
  rows.push(...history);
  rows.push(['epochs', `${epoch} of ${config.epochs} done`], ['steps', grouped(step)], ['seed', String(seed)]);
  for (const [name, value] of Object.entries(config)) {
    if (name !== 'epochs') rows.push([name, settingText(name, value)]);
    if (name === 'classes' && report.classNames) rows.push(['class names', classList(report.classNames)]);
  }
  rows.push(['generator', `${grouped(parameters.generator)} parameters`]);
  rows.push(['discriminator', `${grouped(parameters.discriminator)} parameters`]);
  const table = tensors.map(({ name, shape, values }) => [name, `[${shape.join(', ')}]  ${grouped(values)}`] as const);
  return `${columns(rows)}\n\n${tensors.length} tensors, float32\n${columns(table)}\n`;
}
