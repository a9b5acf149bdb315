// Gives the page images that a run was trained on: some at random, each with the class or group
// that the networks were told with it, and those nearest to a picture, which show whether the
// picture is a copy. The data and the groups of one run stay in memory, because a person asks
// again.
import type { Dataset } from '../../data/dataset.ts';
import { toBytes, toNumbers } from '../../data/pixels.ts';
import { permutation } from '../../engine/random.ts';
import { Distances } from '../../metrics/distances.ts';
import type { Features } from '../../metrics/extractor.ts';
import { nearest } from '../../metrics/neighbours.ts';
import { DcganError, usage } from '../../platform/errors.ts';
import { dataOfRun, openData } from '../../train/run-data.ts';
import type { RunConfig } from '../../train/run-schema.ts';
import { withGroups } from '../../train/settle.ts';
import type { NearImage, SentImage, SentReal } from '../api.ts';
import { folderOf, type RunPlace, readConfig } from './heads.ts';

/** Images that are compared at a time. */
const BLOCK = 2000;
/** The random stream that chooses images. */
const CHOICE = 0;

interface Opened {
  readonly folder: string;
  readonly run: Promise<{ readonly data: Dataset; readonly config: RunConfig['config'] }>;
  /** Groups are found when somebody first asks, since that takes seconds. */
  labels: Promise<Uint8Array | null> | null;
}

export class Reals {
  #opened: Opened | null = null;
  #distances: Promise<Distances> | null = null;
  /** Searches follow one another: one device serves all. */
  #last: Promise<unknown> = Promise.resolve();

  /** Some images, which the seed chooses; the same ones each time. */
  async some(place: RunPlace, count: number, seed: number): Promise<SentReal[]> {
    const opened = this.#open(place);
    const { data } = await opened.run;
    const labels = await labelsIn(opened);
    const order = permutation(data.count, { seed, step: 0 }, CHOICE);
    return [...order.subarray(0, count)].map((index) => ({ ...imageAt(data, index), label: labels?.[index] ?? null }));
  }

  /**
   * The images nearest to a picture [H, W, channels], nearest first.
   * @throws a usage DcganError for a picture of another size
   */
  nearest(place: RunPlace, picture: Uint8Array, count: number): Promise<NearImage[]> {
    const found = this.#last.then(() => this.#nearest(place, picture, count));
    this.#last = found.catch(() => {});
    return found;
  }

  async #nearest(place: RunPlace, picture: Uint8Array, count: number): Promise<NearImage[]> {
    const { data } = await this.#open(place).run;
    const width = data.imageSize;
    if (picture.length !== width)
      throw usage({ what: 'the picture has another size', expected: `${width} bytes`, got: String(picture.length) });
    this.#distances ??= Distances.open({ device: 'wasm', threads: 1 });
    const distances = await this.#distances;
    const wanted: Features = { count: 1, width, values: toNumbers(picture) };
    let best: { index: number; squared: number }[] = [];
    for (let first = 0; first < data.count; first += BLOCK) {
      const rows = Array.from({ length: Math.min(BLOCK, data.count - first) }, (_, i) => first + i);
      const { index, squared } = await nearest(
        distances,
        wanted,
        { count: rows.length, width, values: data.batch(rows) },
        count,
      );
      const more = [...index].map((row, i) => ({ index: first + row, squared: squared[i]! }));
      best = [...best, ...more].sort((a, b) => a.squared - b.squared || a.index - b.index).slice(0, count);
    }
    return best.map(({ index }) => {
      const image = imageAt(data, index);
      const other = Buffer.from(image.pixels, 'base64');
      const distance = picture.reduce((sum, value, i) => sum + Math.abs(value - other[i]!), 0) / width;
      return { ...image, distance };
    });
  }

  #open(place: RunPlace): Opened {
    const folder = folderOf(place);
    if (this.#opened?.folder === folder) return this.#opened;
    const opened: Opened = { folder, run: openOf(place), labels: null };
    this.#opened = opened;
    opened.run.catch(() => {
      if (this.#opened === opened) this.#opened = null;
    });
    return opened;
  }
}

/** What the networks were told with each image: its group or its class; null for neither. */
function labelsIn(opened: Opened): NonNullable<Opened['labels']> {
  if (opened.labels) return opened.labels;
  const labels = findLabels(opened);
  opened.labels = labels;
  labels.catch(() => {
    opened.labels = null;
  });
  return labels;
}

async function findLabels({ run }: Opened): Promise<Uint8Array | null> {
  const { data, config } = await run;
  return config.classes > 0 ? ((await withGroups(data, config)).labels ?? null) : null;
}

async function openOf(place: RunPlace): Promise<Awaited<Opened['run']>> {
  const config = await readConfig(place);
  if (typeof config === 'string') throw new DcganError({ what: config });
  const folder = folderOf(place);
  const data = await openData(dataOfRun(folder, config, {}));
  if (data.count === config.data.count && data.sha256 === config.data.sha256) return { data, config: config.config };
  throw usage({ what: 'the data of this run have changed since', expected: 'the images that it was trained on' });
}

function imageAt(data: Dataset, index: number): SentImage {
  return { index, pixels: Buffer.from(toBytes(data.batch([index]))).toString('base64') };
}
