// `dcgan evaluate` says whether samples are good. It compares images of a run, a checkpoint, a
// folder or a file with data, in figures.

import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { Dataset } from '../../data/dataset.ts';
import { imageSizeOf } from '../../data/image-size.ts';
import { loadDataset } from '../../data/load.ts';
import { DCGAN } from '../../gan/dcgan.ts';
import { readSnapshot } from '../../gan/snapshot-file.ts';
import { EVALUATION_SEED, SAMPLES } from '../../metrics/comparison.ts';
import type { Extractor } from '../../metrics/extractor.ts';
import { evaluationChoice, openExtractor } from '../../metrics/extractors.ts';
import { Judge } from '../../metrics/judge.ts';
import { PICTURES } from '../../metrics/pictures.ts';
import type { ImageSet } from '../../metrics/pyramid.ts';
import { allOf, setOf } from '../../metrics/sets.ts';
import { commandLine } from '../../platform/command.ts';
import { usableCores } from '../../platform/cores.ts';
import { writeFileDurably } from '../../platform/durable.ts';
import { usage } from '../../platform/errors.ts';
import { pictureEncoder } from '../../render/encode.ts';
import { makeGrid, type Picture } from '../../render/grid.ts';
import { generated } from '../../train/evaluate-model.ts';
import { readRunConfig, resolveRun, resolveSource } from '../../train/run.ts';
import { dataOfRun, heldOutFor, openData } from '../../train/run-data.ts';
import { CONFIG_NAME } from '../../train/run-names.ts';
import { evaluationText } from '../evaluation-text.ts';
import { addExtractorOptions, type ExtractorFlags, extractionProgress } from '../options/extractor.ts';
import { addMachineOptions, type MachineFlags } from '../options/machine.ts';
import { seedOption, wholeNumber } from '../options/values.ts';
import { note, Screen, write } from '../output.ts';

/** The picture of `--nearest` has this many pairs of a sample and the image nearest to it. */
const PAIRS = 40;

const EXAMPLES = `
Examples:
  dcgan evaluate                                    10,000 samples of the newest run against its data
  dcgan evaluate runs/00001-mnist-tf2018 --json     figures for machines
  dcgan evaluate samples.npy --against mnist        images from elsewhere: uint8 [N, height, width, channels]
  dcgan evaluate pictures/ --against my-pictures    a folder
  dcgan evaluate runs/00001-mnist-tf2018 --all      the curve over its epochs, as a table and an SVG
  dcgan evaluate --extractor pixels                 features that no network makes: pictures of 16 x 16 pixels
  dcgan evaluate --extractor inception.onnx         features of a network of your own (npm install onnxruntime-web)
  dcgan evaluate --nearest pairs.png                samples beside the nearest image of the data, which shows copies`;

interface Flags extends ExtractorFlags, MachineFlags {
  readonly against?: string;
  readonly count: number;
  readonly nearest?: string;
  readonly all?: true;
  readonly skipBroken?: true;
  readonly seed: number;
  readonly json?: true;
}

export function defineEvaluate(program: Command): void {
  const command = program
    .command('evaluate')
    .description('Say in figures how good samples are.')
    .argument('[what]', 'a run, a checkpoint, a folder of pictures, or a .npy; default: the newest run in ./runs')
    .option('--against <data>', "data to compare with (default: the run's own, else mnist)")
    .addOption(
      new Option('--count <n>', 'samples, and images of the data they are compared with')
        .argParser(wholeNumber('--count', 10, 100_000))
        .default(SAMPLES),
    );
  addExtractorOptions(command, PICTURES)
    .option('--nearest <picture>', 'also draw samples, each beside the nearest image of the data')
    .option('--all', "measure each of a run's checkpoints, and draw the curve over epochs")
    .option('--skip-broken', 'leave out files of a folder or archive that cannot be read as pictures')
    .addOption(seedOption("decides the samples' noise and which data are taken").default(EVALUATION_SEED))
    .option('--json', 'the figures as JSON');
  addMachineOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((what: string | undefined, flags: Flags) => evaluate(what, flags));
}

async function evaluate(what: string | undefined, flags: Flags): Promise<void> {
  const { seed, json, nearest } = flags;
  const encode = nearest === undefined ? null : await pictureEncoder(nearest, '--nearest');
  const machine = { device: flags.device, threads: flags.threads ?? usableCores() };
  if (flags.all) {
    write(await curveOf(what, flags, machine));
    return;
  }
  const { data, name, samples, asked } = await gather(what, flags, machine);
  const extractor = await openExtractor(evaluationChoice(flags, data), data, machine);
  const screen = new Screen(process.stderr);
  const onProgress = extractionProgress(screen);
  let judge: Judge | null = null;
  try {
    const options = { ...machine, seed, count: flags.count, extractor, onProgress };
    judge = await Judge.open(data, await heldOutFor(data), options);
    const evaluation = await judge.judge(samples, asked);
    screen.clear();
    if (nearest !== undefined && encode)
      writeFileDurably(nearest, await encode([await pairs(judge, samples, data, extractor)]));
    write(
      json
        ? `${JSON.stringify({ source: name, seed, ...evaluation })}\n`
        : evaluationText(evaluation, name, data.classes ?? null),
    );
  } finally {
    screen.clear();
    await judge?.dispose();
    await extractor?.dispose();
  }
}

async function curveOf(what: string | undefined, flags: Flags, machine: Machine): Promise<string> {
  for (const [option, given] of [
    ['--against', flags.against],
    ['--nearest', flags.nearest],
    ['--skip-broken', flags.skipBroken],
  ] as const)
    if (given !== undefined)
      throw usage({ what: `--all takes a run with its own data, and no ${option}`, todo: 'Leave one of them out' });
  // The chart library is loaded only where something is drawn.
  const { allText, evaluateAll } = await import('../evaluate-all.ts');
  const { extractor, extractorRange, count, seed } = flags;
  const screen = new Screen(process.stderr);
  const found = await evaluateAll(
    resolveRun(what),
    { ...machine, extractor: { extractor, extractorRange }, count, seed },
    screen,
  );
  return flags.json ? `${JSON.stringify(found)}\n` : allText(found, new Screen(process.stdout).columns);
}

interface Gathered {
  readonly data: Dataset;
  /** The source of the samples, as people read it. */
  readonly name: string;
  readonly samples: ImageSet;
  /** The class that each sample was made with; null where there is none. */
  readonly asked: Uint8Array | null;
}

type Machine = { readonly device: string | undefined; readonly threads: number };

async function gather(what: string | undefined, flags: Flags, machine: Machine): Promise<Gathered> {
  if (what !== undefined && !isModel(what)) return gatherImages(what, flags);
  const { checkpoint, run } = resolveSource(what, 'a run, a checkpoint, a folder of pictures or a .npy');
  const record = run === null ? null : readRunConfig(run);
  // A run is compared with the images that it was trained on, as `--all` does.
  const own =
    record && run !== null && flags.against === undefined
      ? dataOfRun(run, record, {}, commandLine(['evaluate', run, '--against', 'PATH']))
      : null;
  if (own && flags.skipBroken)
    throw usage({
      what: '--skip-broken needs --against: a run reads its own data as it did when it trained',
      todo: 'Leave it out, or name other data: --against DATA',
    });
  const gan = await DCGAN.fromSnapshot(readSnapshot(checkpoint), machine);
  try {
    const { imageSize, channels } = gan.config;
    const { against = 'mnist', skipBroken } = flags;
    const data = await openData(own ?? { data: against, imageSize, channels, skipBroken }, note);
    const count = Math.min(flags.count, data.count);
    const { set: samples, asked } = await generated(gan, count, flags.seed);
    return { data, name: checkpoint, samples, asked };
  } finally {
    await gan.dispose();
  }
}

/** Returns true for a run's folder, a checkpoint file, and a path that does not exist. */
function isModel(path: string): boolean {
  if (!existsSync(path)) return true;
  return statSync(path).isDirectory() ? existsSync(join(path, CONFIG_NAME)) : path.endsWith('.safetensors');
}

async function gatherImages(what: string, { against = 'mnist', count, skipBroken }: Flags): Promise<Gathered> {
  const data = await openData({ data: against, skipBroken }, note);
  const size = imageSizeOf(data.height, data.width);
  const reading = { size, channels: data.channels as 1 | 3, skipBroken, onNote: note };
  const taken = await loadDataset(what, reading, Math.min(count, data.count));
  return { data, name: what, samples: setOf(taken, allOf(taken)), asked: null };
}

/** Draws the first samples, each with the nearest image of the data to its right. */
async function pairs(judge: Judge, samples: ImageSet, data: Dataset, extractor: Extractor | null): Promise<Picture> {
  if (!extractor) throw usage({ what: '--nearest needs an extractor', todo: `Say which: --extractor ${PICTURES}` });
  const count = Math.min(PAIRS, samples.count);
  const { height, width, channels } = samples;
  const size = height * width * channels;
  const { index } = await judge.nearestImages({ ...samples, count, images: samples.images.subarray(0, count * size) });
  const tiles = new Float32Array(2 * count * size);
  index.forEach((at, i) => {
    tiles.set(samples.images.subarray(i * size, (i + 1) * size), 2 * i * size);
    data.batch([at], tiles.subarray((2 * i + 1) * size, (2 * i + 2) * size));
  });
  return makeGrid(tiles, [2 * count, height, width, channels], { columns: 10 });
}
