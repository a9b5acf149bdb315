// Options that say how pictures become images. They are the same for every command that reads data.
import { type Command, Option } from 'commander';
import type { PackProgress } from '../../data/build.ts';
import { type DataOptions, FITS, LARGEST_SIDE } from '../../data/image-options.ts';
import type { ImageSize } from '../../data/image-size.ts';
import { count, grouped } from '../format.ts';
import type { Screen } from '../output.ts';
import { choice, imageSize } from './values.ts';

export interface DataFlags {
  readonly size?: ImageSize;
  readonly fit?: DataOptions['fit'];
  readonly channels?: 1 | 3;
  readonly background?: string;
  readonly key?: string;
  readonly transpose?: true;
  readonly svg?: true;
  readonly followLinks?: true;
  readonly dedupe?: true;
  readonly skipBroken?: true;
}

export const DATA_FORMS =
  'mnist, mnist-test, fashion-mnist, fashion-mnist-test; or a path: a folder of pictures, a .zip or .tar of them, ' +
  'IDX, .npy, .npz, Parquet, CSV, CIFAR, STL-10, a pack';

export function addDataOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--size <n>',
        'side of the images, or height x width as in 64x96 (default: their own size if all have the same, otherwise 64)',
      ).argParser(imageSize('--size', LARGEST_SIDE)),
    )
    .addOption(
      new Option(
        '--fit <how>',
        'what to do with pictures that are not square: crop (keep the middle, default), pad, or stretch',
      ).argParser(choice('--fit', FITS)),
    )
    .addOption(
      new Option('--channels <n>', '1 (grey) or 3 (RGB) (default: as they are)').argParser(
        (text) => Number(choice('--channels', ['1', '3'] as const)(text)) as 1 | 3,
      ),
    )
    .option('--background <colour>', 'colour behind transparent parts and of padding (default: white)')
    .option('--key <name>', 'the array of a .npz that holds the images (default: one of the usual names)')
    .option('--transpose', "turn rows into columns, for arrays such as EMNIST's")
    .option('--svg', 'read SVG files as pictures too')
    .option('--follow-links', 'follow symbolic links that lead out of a folder of data')
    .option('--dedupe', 'leave out images that are equal to an earlier one')
    .option('--skip-broken', 'leave out files that cannot be read as pictures');
}

/** Shows the reading of pictures as a live line, a few times a second. */
export function readingProgress(screen: Screen, name: string): (progress: PackProgress) => void {
  let drawn = 0;
  return ({ done, total, skipped }) => {
    const now = performance.now();
    if (done < total && now - drawn < 100) return;
    drawn = now;
    const left = skipped > 0 ? `, ${count(skipped, 'broken file')} left out` : '';
    screen.live(
      `Reading ${name}: ${grouped(done)} of ${grouped(total)} (${Math.floor((100 * done) / total)} %)${left}`,
    );
  };
}
