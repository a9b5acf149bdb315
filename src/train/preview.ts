// images/preview.png shows what the generator makes now, for people who watch a run with long
// epochs. It is drawn at most once in a number of seconds. It measures its own time, and takes at
// most a hundredth of the run's.
import { join } from 'node:path';
import type { DCGAN } from '../gan/dcgan.ts';
import { IMAGES_FOLDER, savePicture } from './pictures.ts';
import { type Contrast, progressImages, progressPicture } from './progress-pictures.ts';

export const PREVIEW_NAME = 'preview.png';

/** The largest share of the time since this training began or resumed. */
const SHARE = 1 / 100;
/** The first preview is assumed to take this many milliseconds. */
const FIRST = 50;

export class Preview {
  readonly #path: string;
  readonly #every: number;
  readonly #contrast: Contrast;
  readonly #now: () => number;
  readonly #started: number;
  #drawn: number;
  #spent = 0;
  #last = FIRST;

  /** @param seconds the least time between two previews */
  constructor(run: string, seconds: number, contrast: Contrast, now: () => number = () => performance.now()) {
    this.#path = join(run, IMAGES_FOLDER, PREVIEW_NAME);
    this.#every = 1000 * seconds;
    this.#contrast = contrast;
    this.#now = now;
    this.#started = now();
    this.#drawn = this.#started;
  }

  /**
   * Draws a preview if one is due. It does not change the model. @throws DcganError when it can't
   * be written
   */
  async draw(gan: DCGAN): Promise<void> {
    const before = this.#now();
    if (before - this.#drawn < this.#every || this.#spent + this.#last > SHARE * (before - this.#started)) return;
    savePicture(this.#path, progressPicture(await progressImages(gan), gan, this.#contrast));
    this.#drawn = this.#now();
    this.#last = this.#drawn - before;
    this.#spent += this.#last;
  }
}
