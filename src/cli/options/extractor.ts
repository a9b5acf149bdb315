// Options that choose the extractor of features. They are the same wherever samples are evaluated.
import { type Command, Option } from 'commander';
import { DIGITS } from '../../metrics/digits.ts';
import { EXTRACTORS } from '../../metrics/extractors.ts';
import { PIXEL_RANGES, type PixelRange } from '../../metrics/network-input.ts';
import type { ExtractionProgress } from '../../metrics/sets.ts';
import { grouped } from '../format.ts';
import type { Screen } from '../output.ts';
import { choice } from './values.ts';

export interface ExtractorFlags {
  readonly extractor?: string;
  readonly extractorRange?: PixelRange;
}

/** Adds the options to a command that takes the extractor `others` for own pictures by default. */
export function addExtractorOptions(command: Command, others: (typeof EXTRACTORS)[number]): Command {
  return command
    .option(
      '--extractor <which>',
      `what gives the features: ${EXTRACTORS.join(', ')}, or a network in FILE.onnx (default: ${DIGITS} for mnist, otherwise ${others})`,
    )
    .addOption(
      new Option(
        '--extractor-range <range>',
        `the range of pixels that the network takes: ${PIXEL_RANGES.join(', ')} (default: -1..1)`,
      ).argParser(choice('--extractor-range', PIXEL_RANGES)),
    );
}

/** Shows the progress of taking features as a live line, a few times a second. */
export function extractionProgress(screen: Screen): ExtractionProgress {
  let drawn = 0;
  return ({ name, done, total }) => {
    const now = performance.now();
    if (now - drawn < 100) return;
    drawn = now;
    screen.live(`Features of ${name}: ${grouped(done)} of ${grouped(total)} (${Math.floor((100 * done) / total)} %)`);
  };
}
