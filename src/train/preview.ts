// images/preview.png: what the generator makes now, for whoever watches a run whose epochs take long. It is drawn at most every so
// many seconds, and it measures itself: no more than a hundredth of the run's time goes into it.
import { join } from 'node:path';
import type { DCGAN } from '../gan/dcgan.ts';
import { IMAGES_FOLDER, savePicture } from './pictures.ts';
import { type Contrast, progressImages, progressPicture } from './progress-pictures.ts';

export const PREVIEW_NAME = 'preview.png';

/** Of the time since the run was begun or gone on with. */
const SHARE = 1 / 100;
/** Milliseconds that the first one is taken to cost. */
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

  /** @param seconds from one to the next, at least */
  constructor(run: string, seconds: number, contrast: Contrast, now: () => number = () => performance.now()) {
    this.#path = join(run, IMAGES_FOLDER, PREVIEW_NAME);
    this.#every = 1000 * seconds;
    this.#contrast = contrast;
    this.#now = now;
    this.#started = now();
    this.#drawn = this.#started;
  }

  /** Draws one if it is due. It changes nothing of the model. @throws DcganError when it can't be written */
  async draw(gan: DCGAN): Promise<void> {
    const before = this.#now();
    if (before - this.#drawn < this.#every || this.#spent + this.#last > SHARE * (before - this.#started)) return;
    savePicture(this.#path, progressPicture(await progressImages(gan), gan, this.#contrast));
    this.#drawn = this.#now();
    this.#last = this.#drawn - before;
    this.#spent += this.#last;
  }
}
