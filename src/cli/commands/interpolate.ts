// `dcgan interpolate` shows the way from one sample to another, as a strip of pictures or a film.

import { type Command, Option } from 'commander';
import { imageShape } from '../../data/image-size.ts';
import { decodeNpy } from '../../data/npy.ts';
import { mixedClasses, spherical } from '../../gan/between.ts';
import type { DCGAN } from '../../gan/dcgan.ts';
import { classesInTurn, randomSeed } from '../../gan/drawing.ts';
import { ownClasses } from '../../gan/schema.ts';
import { readFile, writeFileDurably } from '../../platform/durable.ts';
import { usage } from '../../platform/errors.ts';
import { endingOf, pictureEncoder } from '../../render/encode.ts';
import { makeGrid, type Picture } from '../../render/grid.ts';
import { classesAsked, classesOption, leftOutText } from '../options/class.ts';
import { addDrawingOptions, type DrawingFlags } from '../options/machine.ts';
import { wholeNumber, wholeNumbers } from '../options/values.ts';
import { Screen, write } from '../output.ts';
import { SOURCE_ARGUMENT, SOURCE_HELP, withModel } from '../source.ts';

const EXAMPLES = `
Examples:
  dcgan interpolate                              between two random samples of the newest run
  dcgan interpolate --from-seed 1 --to-seed 2    between the samples of seed 1 and seed 2
  dcgan interpolate --seeds 1,2,3 --steps 12     from 1 through 2 to 3, a row for each part
  dcgan interpolate --seeds 1,2,3,1 -o walk.gif  as a film, there and back
  dcgan interpolate --noise pins.npy --no-back -o walk.gif    through samples that \`dcgan studio\` saved`;

interface Flags extends DrawingFlags {
  readonly fromSeed?: number;
  readonly toSeed?: number;
  readonly seeds?: readonly number[];
  readonly noise?: string;
  readonly class?: string;
  readonly back: boolean;
  readonly steps: number;
  readonly output: string;
}

export function defineInterpolate(program: Command): void {
  const command = program
    .command('interpolate')
    .description(
      'Show what lies between samples. Noise moves along a great circle. Classes, of which each seed has one ' +
        'unless --class chooses, mix in equal steps.',
    )
    .argument(SOURCE_ARGUMENT, SOURCE_HELP)
    .addOption(new Option('--from-seed <n>', 'seed of the first sample').argParser(wholeNumber('--from-seed', 0)))
    .addOption(new Option('--to-seed <n>', 'seed of the last sample').argParser(wholeNumber('--to-seed', 0)))
    .addOption(
      new Option('--seeds <n,n,...>', 'two or more seeds, one after another')
        .argParser(wholeNumbers('--seeds', 0))
        .conflicts(['fromSeed', 'toSeed']),
    )
    .addOption(
      new Option(
        '--noise <file.npy>',
        'noise of two or more samples, a matrix [N, latent], in place of seeds',
      ).conflicts(['fromSeed', 'toSeed', 'seeds']),
    )
    .addOption(
      new Option('--steps <n>', 'images from one seed to the next, both included')
        .argParser(wholeNumber('--steps', 2, 1000))
        .default(8),
    )
    .addOption(classesOption('one for each end, in turn'))
    .option('--no-back', 'let a film end at the last sample, without the way back')
    .option('-o, --output <path>', 'a .png, .webp or .avif (a strip), or a .gif (a film)', 'interpolation.png');
  addDrawingOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((source: string | undefined, flags: Flags) => interpolate(source, flags));
}

async function interpolate(source: string | undefined, flags: Flags): Promise<void> {
  const { steps, output } = flags;
  const encode = await pictureEncoder(output, '--output');
  const seeds = flags.seeds ?? [flags.fromSeed ?? randomSeed(), flags.toSeed ?? randomSeed()];
  if (seeds.length < 2)
    throw usage({
      what: '--seeds has too few seeds',
      expected: 'two seeds or more, as in 1,2,3',
      got: seeds.join(','),
    });
  await withModel(source, flags, async (gan, checkpoint) => {
    const ends = flags.noise === undefined ? await endsOf(gan, seeds) : endsIn(flags.noise, gan);
    const asked = classesAsked(flags.class, gan);
    const rows = await rowsBetween(gan, ends, steps, asked);
    const picture = strip(gan, rows, steps);
    writeFileDurably(output, await encode(endingOf(output) === '.gif' ? film(gan, rows, flags.back) : [picture]));
    if (flags.pictures) new Screen(process.stdout).picture(picture);
    const from = flags.noise === undefined ? `seed ${seeds.join(' to ')}` : `the noise of ${flags.noise}`;
    write(`from ${from} of ${checkpoint}: ${output}\n`);
    if (asked === undefined) write(leftOutText(gan.classNames));
  });
}

/** Where the way leads through: noise [latent], and the class where none is asked for. */
interface End {
  readonly noise: Float32Array;
  readonly label: number | undefined;
}

async function endsOf(gan: DCGAN, seeds: readonly number[]): Promise<End[]> {
  const ends: End[] = [];
  for (const [i, seed] of seeds.entries())
    ends.push({ noise: await gan.sampleNoise(1, seed), label: classAt(gan, seed, i) });
  return ends;
}

/** @throws DcganError for a file that is not a matrix of noise, or has a single row */
function endsIn(file: string, gan: DCGAN): End[] {
  const { rows, data } = decodeNpy(readFile(file), file, gan.config.latent);
  if (rows < 2)
    throw usage({ what: `${file} has too few rows`, expected: 'noise of two samples or more', got: String(rows) });
  return Array.from({ length: rows }, (_, i) => ({
    noise: data.slice(i * gan.config.latent, (i + 1) * gan.config.latent),
    label: classAt(gan, i, i),
  }));
}

/** Returns the images of each part of the way, [steps, H, W, channels]. */
async function rowsBetween(
  gan: DCGAN,
  ends: readonly End[],
  steps: number,
  asked: readonly number[] | undefined,
): Promise<Float32Array[]> {
  const classes = ends.map(({ label }, i) => asked?.[i % asked.length] ?? label);
  const rows: Float32Array[] = [];
  for (let i = 1; i < ends.length; i++) {
    const noise = spherical(ends[i - 1]!.noise, ends[i]!.noise, steps);
    const [from, to] = [classes[i - 1], classes[i]];
    const mixed = from !== undefined && to !== undefined;
    rows.push(await gan.generate(noise, mixed ? { shares: mixedClasses(from, to, steps, gan.config.classes) } : {}));
  }
  return rows;
}

/**
 * Returns the class of the i-th seed when none is asked for. Classes follow one another; with
 * groups each seed has its own, as in `sample`.
 */
function classAt(gan: DCGAN, seed: number, i: number): number | undefined {
  const turn = classesInTurn(gan, seed);
  return ownClasses(gan.config) > 0 ? turn[i % turn.length] : turn[0];
}

function strip({ config }: DCGAN, rows: readonly Float32Array[], steps: number): Picture {
  const shape = [rows.length * steps, ...imageShape(config)] as const;
  return makeGrid(join(rows), shape, { columns: steps });
}

/**
 * Returns the frames there, and back unless `andBack` is false. Parts share the image where they
 * meet.
 */
function film({ config }: DCGAN, rows: readonly Float32Array[], andBack: boolean): Picture[] {
  const shape = imageShape(config);
  const values = shape[0] * shape[1] * shape[2];
  const there = rows.flatMap((row, part) =>
    Array.from({ length: row.length / values }, (_, i) => row.subarray(i * values, (i + 1) * values)).slice(
      part === 0 ? 0 : 1,
    ),
  );
  const back = andBack ? there.slice(1, -1).reverse() : [];
  return [...there, ...back].map((image) => makeGrid(image, [1, ...shape], { frame: true }));
}

function join(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
