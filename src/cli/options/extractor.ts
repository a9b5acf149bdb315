// Options that choose the extractor of features. They are the same wherever samples are evaluated.
import { type Command, Option } from 'commander';
import { DIGITS } from '../../metrics/extractors.ts';
import { PIXEL_RANGES, type PixelRange } from '../../metrics/network-input.ts';
import { PIXELS } from '../../metrics/pixels.ts';
import type { ExtractionProgress } from '../../metrics/sets.ts';
import { grouped } from '../format.ts';
import type { Screen } from '../output.ts';
import { choice } from './values.ts';

export interface ExtractorFlags {
  readonly extractor?: string;
  readonly extractorRange?: PixelRange;
}

export function addExtractorOptions(command: Command): Command {
  return command
    .option(
      '--extractor <which>',
      `what gives the features: ${DIGITS}, ${PIXELS}, or a network in FILE.onnx (default: ${DIGITS} for mnist, otherwise none)`,
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
