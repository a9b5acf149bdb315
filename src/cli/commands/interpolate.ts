// `dcgan interpolate` shows the way from one sample to another, as a strip of pictures or a film.

import { type Command, Option } from 'commander';
import { imageShape } from '../../data/image-size.ts';
import { mixedClasses, spherical } from '../../gan/between.ts';
import type { DCGAN } from '../../gan/dcgan.ts';
import { classesInTurn, randomSeed } from '../../gan/drawing.ts';
import { ownClasses } from '../../gan/schema.ts';
import { writeFileDurably } from '../../platform/durable.ts';
import { usage } from '../../platform/errors.ts';
import { endingOf, pictureEncoder } from '../../render/encode.ts';
import { makeGrid, type Picture } from '../../render/grid.ts';
import { classAsked, classOption, leftOutText } from '../options/class.ts';
import {
  debugOption,
  deviceOption,
  noPicturesOption,
  threadsOption,
  wholeNumber,
  wholeNumbers,
} from '../options/values.ts';
import { Screen, write } from '../output.ts';
import { SOURCE_ARGUMENT, SOURCE_HELP, withModel } from '../source.ts';

const EXAMPLES = `
Examples:
  dcgan interpolate                              between two random samples of the newest run
  dcgan interpolate --from-seed 1 --to-seed 2    between the samples of seed 1 and seed 2
  dcgan interpolate --seeds 1,2,3 --steps 12     from 1 over 2 to 3, a row for each part
  dcgan interpolate --seeds 1,2,3,1 -o walk.gif  as a film, there and back`;

interface Flags {
  readonly fromSeed?: number;
  readonly toSeed?: number;
  readonly seeds?: readonly number[];
  readonly class?: string;
  readonly steps: number;
  readonly output: string;
  readonly pictures: boolean;
  readonly device?: string;
  readonly threads?: number;
}

export function defineInterpolate(program: Command): void {
  program
    .command('interpolate')
    .description(
      'Show what lies between samples: their noise is joined along a great circle, their classes (a class for each seed, unless --class says one for all) in equal steps.',
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
      new Option('--steps <n>', 'images from one seed to the next, both included')
        .argParser(wholeNumber('--steps', 2, 1000))
        .default(8),
    )
    .addOption(classOption())
    .option('-o, --output <path>', 'a .png, .webp or .avif (a strip), or a .gif (a film)', 'interpolation.png')
    .addOption(noPicturesOption())
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(debugOption())
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
    const asked = classAsked(flags.class, gan);
    const rows = await rowsBetween(gan, seeds, steps, asked);
    const picture = strip(gan, rows, steps);
    writeFileDurably(output, await encode(endingOf(output) === '.gif' ? film(gan, rows) : [picture]));
    if (flags.pictures) new Screen(process.stdout).picture(picture);
    write(`from seed ${seeds.join(' to ')} of ${checkpoint}: ${output}\n`);
    if (asked === undefined) write(leftOutText(gan.classNames));
  });
}

/** Returns the images of each part of the way, [steps, H, W, channels]. */
async function rowsBetween(
  gan: DCGAN,
  seeds: readonly number[],
  steps: number,
  asked: number | undefined,
): Promise<Float32Array[]> {
  const ends: Float32Array[] = [];
  for (const seed of seeds) ends.push(await gan.sampleNoise(1, seed));
  const classes = seeds.map((seed, i) => asked ?? classAt(gan, seed, i));
  const rows: Float32Array[] = [];
  for (let i = 1; i < ends.length; i++) {
    const noise = spherical(ends[i - 1]!, ends[i]!, steps);
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

/** Returns the frames there and back. Where two parts meet, their shared image appears once. */
function film({ config }: DCGAN, rows: readonly Float32Array[]): Picture[] {
  const shape = imageShape(config);
  const values = shape[0] * shape[1] * shape[2];
  const there = rows.flatMap((row, part) =>
    Array.from({ length: row.length / values }, (_, i) => row.subarray(i * values, (i + 1) * values)).slice(
      part === 0 ? 0 : 1,
    ),
  );
  const back = there.slice(1, -1).reverse();
  return [...there, ...back].map((image) => makeGrid(image, [1, ...shape]));
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
