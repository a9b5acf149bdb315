// `dcgan sample` makes new images with a trained generator, from a seed or from given noise. It
// writes one picture, many pictures, or numbers.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { imageShape } from '../../data/image-size.ts';
import { decodeNpy, encodeNpy } from '../../data/npy.ts';
import { toBytes } from '../../data/pixels.ts';
import type { DCGAN } from '../../gan/dcgan.ts';
import { classesInTurn, randomSeed } from '../../gan/drawing.ts';
import { ownClasses } from '../../gan/schema.ts';
import { makeFolder, readFile, writeFileDurably } from '../../platform/durable.ts';
import { usage } from '../../platform/errors.ts';
import { endingOf, pictureEncoder } from '../../render/encode.ts';
import { makeGrid, type Picture } from '../../render/grid.ts';
import { encodePng } from '../../render/png.ts';
import { count } from '../format.ts';
import { classesAsked, classesOption, classList } from '../options/class.ts';
import { addDrawingOptions, type DrawingFlags } from '../options/machine.ts';
import { seedOption, wholeNumber } from '../options/values.ts';
import { Screen, warn, write } from '../output.ts';
import { refuseSources } from '../refuse-sources.ts';
import { SOURCE_ARGUMENT, SOURCE_HELP, withModel } from '../source.ts';
import { unusedName } from '../unused-name.ts';

const DEFAULT_COUNT = 16;
/**
 * The samples of each class, a row of the picture, when neither a class nor a count is asked for.
 */
const OF_EACH_CLASS = 10;
const MOST = 100_000;
/** A terminal shows no more samples than this. */
const MOST_SHOWN = 100;
/** Pictures of very many samples enlarge their tiles less, so as not to grow past this side. */
const LARGEST_SIDE = 4096;

const EXAMPLES = `
Examples:
  dcgan sample                              16 samples of the newest run, into samples.png
  dcgan sample --count 64 --seed 7          64 of them, repeatable
  dcgan sample runs/00001-mnist-tf2018 -o digits/    one .png each, into a folder
  dcgan sample --class 7 --count 64         sevens, of a run trained with --cond; without --class a row of each class
  dcgan sample --count 10000 -o digits.npy  uint8 [N, height, width, channels]
  dcgan sample --noise z.npy -o x.npy       from your own noise, float32 or float64 [N, latent]`;

interface Flags extends DrawingFlags {
  readonly count?: number;
  readonly seed?: number;
  readonly class?: string;
  readonly columns?: number;
  readonly noise?: string;
  readonly output: string;
}

export function defineSample(program: Command): void {
  const command = program
    .command('sample')
    .description('Make new images with a trained generator.')
    .argument(SOURCE_ARGUMENT, SOURCE_HELP)
    .addOption(
      new Option('--count <n>', `how many (default: ${DEFAULT_COUNT})`).argParser(wholeNumber('--count', 1, MOST)),
    )
    .addOption(classesOption('in turn'))
    .addOption(
      new Option('--columns <n>', 'samples side by side in the picture; classes are then in turn').argParser(
        wholeNumber('--columns', 1, MOST),
      ),
    )
    .addOption(seedOption('decides the noise (default: random, and printed)'))
    .addOption(new Option('--noise <file.npy>', 'noise to use: a matrix [N, latent]').conflicts(['count', 'seed']))
    .option(
      '-o, --output <path>',
      'a .png, .webp, .avif or .gif (one picture), a .npy (bytes), or a folder (one .png each)',
      'samples.png',
    );
  addDrawingOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((source: string | undefined, flags: Flags) => sample(source, flags));
}

async function sample(source: string | undefined, { noise: file, output: typed, ...flags }: Flags): Promise<void> {
  const output = process.stdout.isTTY ? unusedName(typed) : typed;
  if (file !== undefined) refuseSources(output, [file]);
  const save = await writerFor(output);
  await withModel(source, flags, async (gan, checkpoint) => {
    const seed = flags.seed ?? randomSeed();
    const { latent } = gan.config;
    const asked = classesAsked(flags.class, gan);
    const free = asked === undefined && flags.columns === undefined;
    const inRows = free && ownClasses(gan.config) > 0 ? classesInTurn(gan, seed) : [];
    const rows = inRows.length > 0;
    const wanted = flags.count ?? (rows ? inRows.length * OF_EACH_CLASS : DEFAULT_COUNT);
    const noise = file === undefined ? await gan.sampleNoise(wanted, seed) : readNoise(file, gan);
    const n = noise.length / latent;
    const columns = rows ? Math.ceil(n / inRows.length) : flags.columns;
    const given = rows ? rowsOf(inRows, columns!, n) : asked;
    const images = await gan.generate(file === undefined ? n : noise, { seed, classes: given });
    const shape = [n, ...imageShape(gan.config)] as const;
    await save(images, shape, columns);
    if (flags.pictures) new Screen(process.stdout).picture(shownOf(images, shape, columns));
    const origin = file === undefined ? `seed ${seed}` : file;
    write(`${count(n, 'sample')} of ${checkpoint} from ${origin}: ${output}\n`);
    if (rows && gan.classNames) write(`rows: ${classList(gan.classNames)}\n`);
  });
}

/** Returns the classes of n images in rows, with one row for each class. */
function rowsOf(classes: readonly number[], columns: number, n: number): number[] {
  return Array.from({ length: n }, (_, i) => classes[Math.floor(i / columns)]!);
}

function readNoise(file: string, { config }: DCGAN): Float32Array {
  return decodeNpy(readFile(file), file, config.latent).data;
}

type Shape = readonly [count: number, height: number, width: number, channels: number];
type Write = (images: Float32Array, shape: Shape, columns?: number) => void | Promise<void>;

/** Finds the writer for a path by its ending, before the work begins. */
async function writerFor(output: string): Promise<Write> {
  const ending = endingOf(output);
  if (ending === '.npy') return (images, shape) => writeFileDurably(output, encodeNpy(toBytes(images), shape));
  if (ending === '') {
    const isOther = output === '-' || statSync(output, { throwIfNoEntry: false })?.isDirectory() === false;
    if (isOther)
      throw usage({
        what: `--output ${output} is no folder`,
        expected: 'a name that ends in .png, .webp, .avif, .gif or .npy, or a folder',
        todo: 'Nothing is written into a pipe; choose a name',
      });
    return (images, shape) => writeFolder(output, images, shape);
  }
  const encode = await pictureEncoder(output, '--output', { others: ', a .npy, or a folder' });
  return async (images, shape, columns) => writeFileDurably(output, await encode([grid(images, shape, columns)]));
}

function grid(images: Float32Array, shape: Shape, columns = Math.ceil(Math.sqrt(shape[0]))): Picture {
  const [n, height, width] = shape;
  const side = Math.max(columns * width, Math.ceil(n / columns) * height);
  const enlarge = 3 * side > LARGEST_SIDE ? { enlarge: Math.max(1, Math.floor(LARGEST_SIDE / side)) } : {};
  return makeGrid(images, shape, { columns, ...enlarge });
}

/**
 * Returns what a terminal shows of the samples: all in their rows, or the first of them where there
 * are more than can be seen.
 */
function shownOf(images: Float32Array, shape: Shape, columns?: number): Picture {
  const [n, height, width, channels] = shape;
  if (columns !== undefined && n <= MOST_SHOWN) return grid(images, shape, columns);
  const shown = Math.min(n, MOST_SHOWN);
  return grid(images.subarray(0, shown * height * width * channels), [shown, height, width, channels]);
}

/** Writes 0000.png, 0001.png, ..., without enlarging. */
function writeFolder(folder: string, images: Float32Array, [n, height, width, channels]: Shape): void {
  const there = existsSync(folder) ? readdirSync(folder).filter((name) => /^\d{4,}\.png$/.test(name)) : [];
  makeFolder(folder);
  const bytes = toBytes(images);
  const size = height * width * channels;
  const digits = Math.max(4, String(n - 1).length);
  for (let i = 0; i < n; i++) {
    const pixels = bytes.subarray(i * size, (i + 1) * size);
    const name = `${String(i).padStart(digits, '0')}.png`;
    writeFileDurably(join(folder, name), encodePng({ width, height, channels: channels as 1 | 3, pixels }));
  }
  if (there.length > n) warn(`Note: ${folder} also holds ${there.length - n} earlier pictures.\n`);
}
