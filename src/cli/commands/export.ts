// `dcgan export` writes one network of a run in a form that other programs read, or the run's
// metrics as a table.

import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { imageShape } from '../../data/image-size.ts';
import type { CardNotes } from '../../export/card.ts';
import { metricsCsv } from '../../export/csv.ts';
import {
  checkForm,
  EXPORT_KINDS,
  type ExportForm,
  type ExportKind,
  exportSnapshot,
  FORMS,
} from '../../export/kinds.ts';
import { NETWORKS, type NetworkName } from '../../export/layers.ts';
import { LAYOUTS, type Layout, PIXELS, type Pixels } from '../../export/onnx.ts';
import { DCGAN } from '../../gan/dcgan.ts';
import type { Snapshot } from '../../gan/snapshot.ts';
import { readSnapshot } from '../../gan/snapshot-file.ts';
import { MEASURE_NAMES } from '../../metrics/gauge.ts';
import { makeFolder, writeFileDurably } from '../../platform/durable.ts';
import { usage } from '../../platform/errors.ts';
import { makeGrid } from '../../render/grid.ts';
import { encodePng } from '../../render/png.ts';
import { METRICS_NAME, metricsWith } from '../../train/metrics.ts';
import { readRunConfig, resolveSource } from '../../train/run.ts';
import { megabytes } from '../format.ts';
import { asTyped } from '../options/typed.ts';
import { choice, debugOption } from '../options/values.ts';
import { write } from '../output.ts';
import { refuseSources } from '../refuse-sources.ts';
import { SOURCE_ARGUMENT, SOURCE_HELP } from '../source.ts';
import { unusedName } from '../unused-name.ts';

const KINDS = [...EXPORT_KINDS, 'html', 'csv'] as const;

/** Samples in a model card, and the seed of their noise. */
const CARD_SAMPLES = 64;
const CARD_SEED = 1;

const EXAMPLES = `
Examples:
  dcgan export --to onnx -o digits.onnx          the newest run's generator, for onnxruntime
  dcgan export --to safetensors --half           the generator alone, in float16
  dcgan export --to pytorch -o digits            a folder with weights and the module that loads them
  dcgan export --to html -o digits.html          one page that draws, to open by double click or to send
  dcgan export 3 --to csv -o metrics.csv         the metrics of run 3 as a table
  docs/export.md says what each form holds and how it is used.`;

interface Flags extends ExportForm {
  readonly to: (typeof KINDS)[number];
  readonly title?: string;
  readonly withReals?: boolean;
  readonly output?: string;
}

export function defineExport(program: Command): void {
  program
    .command('export')
    .description('Write a generator in a form that other programs read, or the metrics of a run as a table.')
    .argument(SOURCE_ARGUMENT, SOURCE_HELP)
    .addOption(
      new Option('--to <form>', `the form: ${KINDS.join(', ')}`).argParser(choice('--to', KINDS)).makeOptionMandatory(),
    )
    .option(
      '-o, --output <path>',
      'a file, or for pytorch, keras and huggingface a folder (default: generator.onnx and the like)',
    )
    .addOption(
      new Option('--network <name>', `${NETWORKS.join(' or ')} (default: generator)`).argParser(
        choice<NetworkName>('--network', NETWORKS),
      ),
    )
    .option('--half', 'safetensors: float16 in place of float32')
    .addOption(
      new Option('--layout <order>', `onnx: ${LAYOUTS.join(' or ')} (default: nchw)`).argParser(
        choice<Layout>('--layout', LAYOUTS),
      ),
    )
    .addOption(
      new Option('--pixels <form>', 'onnx: floats in [-1, 1], or bytes (default: floats)').argParser(
        choice<Pixels>('--pixels', PIXELS),
      ),
    )
    .option('--license <id>', 'huggingface, html: the licence that is named, such as mit (default: unknown)')
    .option('--title <text>', "html: the page's title (default: the run's name)")
    .option('--with-reals', 'html: also show images of the data (reals.png of the run)')
    .addOption(debugOption())
    .addHelpText('after', EXAMPLES)
    .action(async (source: string | undefined, flags: Flags) => {
      try {
        if (flags.to === 'csv') exportMetrics(source, flags);
        else if (flags.to === 'html') await exportPage(source, flags);
        else await exportNetwork(source, flags, flags.to);
      } catch (error) {
        throw asTyped(error, flags);
      }
    });
}

async function exportNetwork(
  source: string | undefined,
  { to: _, output, ...form }: Flags,
  kind: ExportKind,
): Promise<void> {
  refuse(kind, form, 'title', 'withReals');
  checkForm(kind, form);
  const { checkpoint, run } = resolveSource(source);
  const network = form.network ?? 'generator';
  const { folder, output: named } = FORMS[kind];
  const path = pathFor(output, named(network));
  if (folder) refuseFull(path, '-o FOLDER');
  else refuseSources(path, [checkpoint]);
  const snapshot = readSnapshot(checkpoint);
  const notes = kind === 'huggingface' ? await notesFor(snapshot, run) : {};
  const files = exportSnapshot(snapshot, kind, form, notes);
  const bytes = [...files.values()].reduce((total, { length }) => total + length, 0);
  if (folder) writeFolder(path, files);
  else writeFileDurably(path, [...files.values()][0]!);
  write(`${network} of ${checkpoint} as ${kind}: ${path}, ${megabytes(bytes)}\n`);
}

/** Gathers what a model card says beside the checkpoint: the data, an evaluation, and samples. */
async function notesFor(snapshot: Snapshot, run: string | null): Promise<CardNotes> {
  const gan = await DCGAN.fromSnapshot(snapshot, { device: 'cpu' });
  try {
    const images = await gan.generate(CARD_SAMPLES, { seed: CARD_SEED });
    const samples = encodePng(makeGrid(images, [CARD_SAMPLES, ...imageShape(gan.config)]));
    if (run === null) return { samples };
    const evaluations = [...metricsWith(run, '"evaluation"')].filter((line) => line.type === 'evaluation');
    const last = evaluations.findLast(({ epoch }) => epoch <= snapshot.epoch);
    const evaluation = last && { ...last, name: MEASURE_NAMES[last.measure] };
    return { samples, evaluation, data: readRunConfig(run).data };
  } finally {
    await gan.dispose();
  }
}

/** @throws a usage error for a folder that holds something, and for a file in its place */
export function refuseFull(path: string, option: string): void {
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status || (status.isDirectory() && readdirSync(path).length === 0)) return;
  throw usage({
    what: status.isDirectory() ? `${path} holds something already` : `${path} is a file`,
    expected: 'a new or empty folder',
    todo: `Choose another name: ${option}`,
  });
}

/** Writes all files, or leaves nothing behind. */
function writeFolder(path: string, files: ReadonlyMap<string, Uint8Array>): void {
  const isNew = !existsSync(path);
  makeFolder(path);
  try {
    for (const [name, bytes] of files) writeFileDurably(join(path, name), bytes);
  } catch (error) {
    for (const name of files.keys()) rmSync(join(path, name), { force: true });
    if (isNew) rmSync(path, { recursive: true, force: true });
    throw error;
  }
}

/** One file for a browser: a run's pictures and charts, and the generator at work. */
async function exportPage(
  source: string | undefined,
  { to: _, output, title, license, withReals, ...form }: Flags,
): Promise<void> {
  refuse('html', form);
  const { exportHtml } = await import('../../studio/still/html.ts');
  const { checkpoint } = resolveSource(source);
  const path = pathFor(output, 'generator.html');
  refuseSources(path, [checkpoint]);
  const { html, type } = await exportHtml(source, { title, license, withReals });
  writeFileDurably(path, html);
  write(`generator of ${checkpoint} as html, weights in ${type}: ${path}, ${megabytes(html.length)}\n`);
}

/** @throws a usage error for the first of these options, or of those named, that was given */
function refuse(kind: string, form: object, ...names: readonly string[]): void {
  const wrong = Object.keys(form).find((name) => names.length === 0 || names.includes(name));
  if (wrong === undefined) return;
  throw usage({ what: `${wrong} has no meaning for ${kind}`, todo: 'Leave it out', options: [wrong] });
}

function exportMetrics(source: string | undefined, { to: _, output, ...form }: Flags): void {
  refuse('csv', form);
  const { run } = resolveSource(source, 'a run');
  if (run === null) throw usage({ what: 'a checkpoint alone has no metrics', expected: 'a run', got: String(source) });
  const path = pathFor(output, 'metrics.csv');
  refuseSources(path, [join(run, METRICS_NAME)]);
  writeFileDurably(path, metricsCsv(run));
  write(`metrics of ${run}: ${path}\n`);
}

/** Returns the path that was asked for, or a free one for what has no name yet. */
function pathFor(output: string | undefined, name: string): string {
  return output ?? (process.stdout.isTTY ? unusedName(name) : name);
}
