// `dcgan data` shows the images before hours of training go into them, and builds packs.

import type { Command } from 'commander';
import { SEVERAL_FRAMES } from '../../data/frames.ts';
import { showShaped } from '../../data/image-size.ts';
import { type Inspection, inspectData } from '../../data/inspect.ts';
import { buildPack } from '../../data/load.ts';
import { liesAmong } from '../../data/output.ts';
import { unreadText } from '../../data/unread.ts';
import { writeFileDurably } from '../../platform/durable.ts';
import { clean, firstOf } from '../../platform/text.ts';
import { pictureEncoder } from '../../render/encode.ts';
import { makeGrid } from '../../render/grid.ts';
import type { Outcome } from '../failure.ts';
import { columns, count, grouped } from '../format.ts';
import { addDataOptions, DATA_FORMS, type DataFlags, readingProgress } from '../options/data.ts';
import { asTyped } from '../options/typed.ts';
import { debugOption } from '../options/values.ts';
import { Screen, warn, write } from '../output.ts';
import { EXIT_CODES, Stop } from '../stop.ts';

/** So many entries of each list are printed; --json has all. */
const LISTED = 5;

const VERSIONS_HINT = '  they differ in a part or a colour alone: if that does not matter, keep one of each group\n';

const EXAMPLES = `
Examples:
  dcgan data inspect my-pictures
  dcgan data build my-pictures -o my.pack`;

const INSPECT_EXAMPLES = `
Examples:
  dcgan data inspect my-pictures               what is in it, and sheet.png to look at
  dcgan data inspect photos.zip --size 32 --fit pad -o photos.png
  dcgan data inspect mnist --json | jq .classes`;

const BUILD_EXAMPLES = `
Examples:
  dcgan data build my-pictures -o my.pack      then my.pack is what dcgan train reads
  dcgan data build photos.zip --size 64 --skip-broken -o photos.pack`;

interface BuildFlags extends DataFlags {
  readonly output: string;
}

interface InspectFlags extends DataFlags {
  readonly output: string;
  readonly json?: true;
}

export function defineData(program: Command, outcome: Outcome): void {
  const data = program
    .command('data')
    .description('Look at images before training on them, or pack them into one file.')
    .addOption(debugOption())
    .addHelpText('after', EXAMPLES);
  addDataOptions(
    data
      .command('inspect')
      .description('Count, measure and look: sizes, classes, duplicates, broken files, a contact sheet.')
      .argument('<data>', DATA_FORMS),
  )
    .option('-o, --output <picture>', 'where the contact sheet goes', 'sheet.png')
    .option('--json', 'everything as JSON')
    .addOption(debugOption())
    .addHelpText('after', INSPECT_EXAMPLES)
    .action((where: string, flags: InspectFlags) => inspect(where, flags, outcome));
  addDataOptions(
    data
      .command('build')
      .description('Decode once, and keep the images in one checksummed file, a pack.')
      .argument('<data>', DATA_FORMS),
  )
    .requiredOption('-o, --output <file>', 'the pack')
    .addOption(debugOption())
    .addHelpText('after', BUILD_EXAMPLES)
    .action((where: string, flags: BuildFlags) => build(where, flags, outcome));
}

async function inspect(where: string, { output, json, ...options }: InspectFlags, outcome: Outcome): Promise<void> {
  const encode = await pictureEncoder(output, '--output');
  const report = await reading(where, options, outcome, (heard) =>
    inspectData(where, { ...options, ...heard, output }),
  );
  if (report === null) return;
  const { sheet, ...rest } = report;
  const written = sheet.shape[0] > 0 ? output : null;
  const picture = written === null ? null : await encode([makeGrid(sheet.images, sheet.shape)]);
  const text = (place: string | null): string =>
    json ? `${JSON.stringify({ ...rest, sheet: place })}\n` : describe(report, place);
  try {
    if (picture !== null) writeFileDurably(output, picture);
  } catch (error) {
    // What was found has taken its time, and is of use without the sheet too.
    write(text(null));
    throw error;
  }
  write(text(written));
  if (json) return;
  const { colour, grey, colourless } = report.kinds;
  if (colour > 0 && grey === 0 && colourless === colour)
    warn('Note: all pictures are grey, though stored in colour; --channels 1 trains on them as grey ones.\n');
  if (written !== null && liesAmong(where, written))
    warn(`Note: ${written} lies in the folder of data, where it would be read as a picture; -o writes it elsewhere.\n`);
}

async function build(where: string, { output, ...options }: BuildFlags, outcome: Outcome): Promise<void> {
  const built = await reading(where, options, outcome, (heard) => buildPack(where, output, { ...options, ...heard }));
  if (built === null) return;
  const { size, channels } = built.shaping;
  write(`${count(built.count, 'image')} of ${showShaped(size, channels)}: ${output}\n`);
}

interface Heard {
  readonly onProgress: ReturnType<typeof readingProgress>;
  readonly onNote: (note: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Runs `act` with a live line on standard error, where notes go too. Returns null when a signal
 * ended it; nothing is left behind then.
 */
async function reading<T>(
  where: string,
  flags: DataFlags,
  outcome: Outcome,
  act: (heard: Heard) => Promise<T>,
): Promise<T | null> {
  const screen = new Screen(process.stderr);
  const stop = new Stop(() => {});
  try {
    const onNote = (note: string): void => screen.print(`Note: ${note}.`);
    return await act({ onProgress: readingProgress(screen, where), onNote, signal: stop.signal });
  } catch (error) {
    if (stop.by === null) throw asTyped(error, flags);
    outcome.code = EXIT_CODES[stop.by];
    screen.print('Stopped; nothing was written.');
    return null;
  } finally {
    stop.dispose();
    screen.clear();
  }
}

function describe(report: Inspection, sheet: string | null): string {
  const { shape, sizes, extremes, kinds, classes, duplicates, near, versions, broken } = report;
  const per = (values: readonly number[]): string => values.map((value) => value.toFixed(1)).join(', ');
  const kindNames = {
    grey: 'grey',
    colour: 'colour',
    colourless: 'of these without any colour',
    transparent: 'with transparency',
    deep: 'of 16 bits',
    several: SEVERAL_FRAMES,
  } as const;
  const rows: (readonly [string, string])[] = [
    ['form', report.form],
    ['images', grouped(report.count)],
    [
      'sizes',
      shortened(
        sizes.map(({ width, height, count: n }) => `${width} x ${height} (${grouped(n)})`),
        ', ',
      ) + (sizes.some(({ width, height }) => width !== height) ? '; width x height' : ''),
    ],
    ...(extremes !== null && sizes.length > 1 ? [['extremes', extremesText(extremes)] as const] : []),
    [
      'formats',
      Object.entries(report.formats)
        .map(([name, n]) => `${name} (${grouped(n)})`)
        .join(', ') || 'none',
    ],
    [
      'kinds',
      (Object.keys(kindNames) as (keyof typeof kindNames)[])
        .filter((kind) => kinds[kind] > 0)
        .map((kind) => `${grouped(kinds[kind])} ${kindNames[kind]}`)
        .join(', ') || 'none',
    ],
    [
      'classes',
      classes.length === 0 && report.whyNoClasses !== null
        ? `none: ${clean(report.whyNoClasses)}`
        : shortened(
            classes.map(({ name, count: n }) => `${name} (${grouped(n)})`),
            ', ',
            20,
          ) || 'none',
    ],
    ['as trained on', showShaped(shape.size, shape.channels)],
    ['mean', per(report.mean)],
    ['deviation', per(report.deviation)],
    ['not read', report.unread.count === 0 ? 'no file' : unreadText(report.unread)],
    ...(sheet === null ? [] : [['contact sheet', sheet] as const]),
  ];
  const lists = [
    list(
      'broken',
      broken.map(({ name, why }) => `${name}: ${why}`),
      'no broken files',
      'file',
      Number.POSITIVE_INFINITY,
    ),
    list(
      'the same as another',
      duplicates.map((group) => group.join(' = ')),
      'no duplicates',
      'group',
    ),
    list(
      'nearly the same',
      near.map((group) => group.join(' ~ ')),
      'no near duplicates',
      'group',
    ),
    list(
      'versions of one picture',
      versions.map((group) => group.join(' ~ ')),
      'no versions of one picture',
      'group',
    ),
    ...(versions.length > 0 ? [VERSIONS_HINT] : []),
  ];
  return `${columns(rows)}\n${lists.join('')}`;
}

function extremesText({ smallest, largest, longest }: NonNullable<Inspection['extremes']>): string {
  const of = ({ name, width, height }: typeof smallest): string => `${clean(name)} (${width} x ${height})`;
  return `smallest ${of(smallest)}, largest ${of(largest)}, longest for its width ${of(longest)}`;
}

/** At most `most` of the items; --json has all. */
function list(title: string, items: readonly string[], none: string, what = 'file', most = LISTED): string {
  if (items.length === 0) return `${none}\n`;
  const shown = items
    .slice(0, most)
    .map(clean)
    .map((item) => `  ${item.length > 300 ? `${item.slice(0, 300)} ...` : item}`);
  if (items.length > most) shown.push(`  and ${grouped(items.length - most)} more: --json lists all`);
  return `${title}: ${count(items.length, what)}\n${shown.join('\n')}\n`;
}

function shortened(items: readonly string[], between: string, most = LISTED): string {
  return firstOf(items, most, grouped).join(between);
}
