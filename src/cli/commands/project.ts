// `dcgan project` finds what the generator can make that is nearest to a picture: its noise, and
// the two side by side.
import { type Command, Option } from 'commander';
import { RESIZE } from '../../data/decode.ts';
import { DEFAULT_BACKGROUND, type ReadingOptions } from '../../data/image-options.ts';
import { imageShape, imageSizeOf } from '../../data/image-size.ts';
import { encodeNpy } from '../../data/npy.ts';
import { toNumbers } from '../../data/pixels.ts';
import { DEFAULT_STARTS, DEFAULT_STEPS } from '../../gan/looking.ts';
import { ownClasses } from '../../gan/schema.ts';
import { commandLine } from '../../platform/command.ts';
import { writeFileDurably } from '../../platform/durable.ts';
import { usage } from '../../platform/errors.ts';
import { pictureEncoder } from '../../render/encode.ts';
import { makeGrid } from '../../render/grid.ts';
import { readRunConfig } from '../../train/run.ts';
import { classAsked, classOption } from '../options/class.ts';
import { addDrawingOptions, type DrawingFlags } from '../options/machine.ts';
import { seedOption, wholeNumber } from '../options/values.ts';
import { Screen, write } from '../output.ts';
import { readPixels, readShaped } from '../picture-file.ts';
import { refuseSources } from '../refuse-sources.ts';
import { SOURCE_ARGUMENT, SOURCE_HELP, withModel } from '../source.ts';
import { unusedName } from '../unused-name.ts';

const EXAMPLES = `
Examples:
  dcgan project face.png                      the newest run's nearest picture, into projection.png and projection.npy
  dcgan project seven.png 3 --class 7         the nearest among the sevens of run 3
  dcgan project half.png --restarts 16         transparent parts may become anything`;

interface Flags extends DrawingFlags {
  readonly steps: number;
  readonly restarts: number;
  readonly class?: string;
  readonly seed: number;
  readonly output: string;
}

export function defineProject(program: Command): void {
  const command = program
    .command('project')
    .description('Find what the generator can make that is nearest to a picture, and the noise that makes it.')
    .argument('<picture>', 'a PNG, JPEG, WebP, GIF, TIFF, AVIF or BMP file; its transparent parts may become anything')
    .argument(SOURCE_ARGUMENT, SOURCE_HELP)
    .addOption(
      new Option('--steps <n>', 'steps from each start')
        .argParser(wholeNumber('--steps', 0, 1_000_000))
        .default(DEFAULT_STEPS),
    )
    .addOption(
      new Option('--restarts <n>', 'starts, each from another of the nearest samples')
        .argParser(wholeNumber('--restarts', 1, 64))
        .default(DEFAULT_STARTS),
    )
    .addOption(classOption())
    .addOption(seedOption('decides the samples to start from').default(0))
    .option(
      '-o, --output <path>',
      'a picture of both side by side; the noise goes into the .npy file of the same name',
      'projection.png',
    );
  addDrawingOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((picture: string, source: string | undefined, flags: Flags) => project(picture, source, flags));
}

async function project(path: string, source: string | undefined, flags: Flags): Promise<void> {
  const { steps, restarts: starts, seed } = flags;
  const output = process.stdout.isTTY ? unusedName(flags.output, noiseFileOf) : flags.output;
  const encode = await pictureEncoder(output, '--output');
  const noiseFile = noiseFileOf(output);
  await withModel(source, flags, async (gan, checkpoint, run) => {
    const reading = run === null ? {} : (readRunConfig(run).data.reading ?? {});
    for (const written of [output, noiseFile]) refuseSources(written, [path, checkpoint]);
    const { latent } = gan.config;
    const shape = imageShape(gan.config);
    const { picture, mask } = await readMasked(path, shape, reading);
    const label = classAsked(flags.class, gan);
    const found = await gan.project(picture, { steps, starts, seed, class: label, mask });
    const pair = new Float32Array(2 * picture.length);
    pair.set(picture);
    pair.set(found.image, picture.length);
    const grid = makeGrid(pair, [2, ...shape], { columns: 2 });
    writeFileDurably(output, await encode([grid]));
    writeFileDurably(noiseFile, encodeNpy(found.noise, [1, latent]));
    if (flags.pictures) new Screen(process.stdout).picture(grid);
    const kind = ownClasses(gan.config) > 0 ? 'class' : 'group';
    const nameOf = (label: number): string => gan.classNames?.[label] ?? String(label);
    const of = found.class === null ? '' : `, ${kind} ${nameOf(found.class)}`;
    write(`${path} by ${checkpoint}: ${found.distance.toFixed(2)} grey levels away${of}: ${output}, ${noiseFile}\n`);
    const again =
      found.class === null
        ? commandLine(['sample', checkpoint, '--noise', noiseFile])
        : commandLine(['sample', checkpoint, '--noise', noiseFile, '--class', nameOf(found.class)]);
    write(`To make it again: ${again}\n`);
  });
}

/** Returns the file of the noise, whose name is that of the picture. */
const noiseFileOf = (picture: string): string => picture.replace(/\.[^.]*$/, '.npy');

/**
 * Reads a picture as the run read its own, and how opaque each of its pixels is. Padding is opaque,
 * since the run has learned it too.
 */
async function readMasked(
  path: string,
  [height, width, channels]: ReturnType<typeof imageShape>,
  { fit = 'crop', background = DEFAULT_BACKGROUND }: Pick<ReadingOptions, 'fit' | 'background'>,
): Promise<{ readonly picture: Float32Array; readonly mask: Float32Array }> {
  const size = imageSizeOf(height, width);
  const bytes = await readShaped(path, { size, fit, channels: channels === 1 ? 1 : 3, background });
  const alpha = await readPixels(path, (upright) =>
    upright.ensureAlpha().resize(width, height, { fit: RESIZE[fit], background }).extractChannel('alpha'),
  );
  const mask = Float32Array.from({ length: height * width }, (_, i) => alpha.pixels[i * alpha.channels]! / 255);
  if (mask.every((opaque) => opaque === 0))
    throw usage({ what: `${path} is transparent everywhere`, todo: 'Give a picture that shows something' });
  return { picture: toNumbers(bytes), mask };
}
