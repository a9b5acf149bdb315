// Trains and shows the training to a person or, as JSON lines, to a program. Ctrl-C saves first.
// The commands that train decide what they say at the end.
import type { TrainEvent } from '../train/events.ts';
import type { RankedTrainOptions } from '../train/run-options.ts';
import { trainRanked } from '../train/train.ts';
import { wayOn, withWayOn } from './failure.ts';
import { readingProgress } from './options/data.ts';
import { Screen, warn, whenOutputIsLost, write } from './output.ts';
import { Progress } from './progress.ts';
import { EXIT_CODES, Stop, type StopSignal } from './stop.ts';

export interface Shown {
  /** Where a person reads the progress. */
  readonly progress: NodeJS.WriteStream;
  /** Whether events are written as JSON lines to standard output. */
  readonly events: boolean;
  readonly quiet: boolean;
  /** Whether pictures are drawn on a terminal. */
  readonly pictures: boolean;
}

/** How a training ended that did not fail. */
export interface Ended {
  readonly folder: string;
  readonly last: TrainEvent | null;
  /** The signal that asked for the end, if one did. */
  readonly by: StopSignal | null;
  /** Why output could not be written any more, which also asks for the end. */
  readonly lost: NodeJS.ErrnoException | null;
}

/** @throws what `train` throws; a run that has begun adds how it goes on */
export async function trainShown(
  options: RankedTrainOptions,
  { progress: stream, events, quiet, pictures }: Shown,
): Promise<Ended> {
  const { ranks } = options;
  // Launchers give processes a terminal of their own, whatever their output goes to.
  const screen = new Screen(stream, ranks !== undefined);
  const progress = new Progress(screen, quiet, pictures);
  const stop = new Stop((signal) => {
    if (progress.folder !== '') {
      progress.stopping(signal);
      // A launcher may not wait for that, and may have lost a rank.
      if (ranks) warn(`If the launcher ends this first: ${wayOn(progress.folder)}\n`);
      return;
    }
    // Nothing has begun that could be saved. A compiler may have been at work, but the same Ctrl-C
    // has ended it.
    screen.clear();
    warn('Stopped before training began.\n');
    process.exit(EXIT_CODES[signal]);
  });
  ranks?.stopped.addEventListener('abort', () => stop.ask());
  let lost: NodeJS.ErrnoException | null = null;
  whenOutputIsLost((error) => {
    lost = error;
    stop.ask();
  });
  let last: TrainEvent | null = null;
  try {
    progress.preparing();
    const onDataProgress = quiet ? undefined : readingProgress(screen, String(options.data ?? 'pictures'));
    for await (const event of trainRanked({ ...options, onDataProgress, signal: stop.signal })) {
      if (events) write(`${jsonLine(event)}\n`);
      progress.show(event);
      last = event;
    }
  } catch (error) {
    throw withWayOn(error, progress.folder);
  } finally {
    screen.clear();
    stop.dispose();
  }
  return { folder: progress.folder, last, by: stop.by, lost };
}

/** Returns an event as JSON, a picture without its pixels. */
function jsonLine(event: TrainEvent): string {
  if (event.type !== 'picture') return JSON.stringify(event);
  const { picture, ...rest } = event;
  return JSON.stringify({ ...rest, width: picture.width, height: picture.height, channels: picture.channels });
}
