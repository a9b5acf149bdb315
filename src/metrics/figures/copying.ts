// Are samples copies? Two figures answer this with the distance in feature space from an image to
// its nearest image of the data. Copies are much nearer to the data than held-out images are.
import { nearest } from '../neighbours.ts';
import { figure, type MeasuredSet, oncePer } from './figure.ts';

/** The share of held-out images that counts as unusually near. */
const NEAR = 0.01;

/**
 * Returns the distance from each image of the set to its nearest image of the data, shortest first.
 */
const lengthsOf = oncePer(async ({ features, data }: MeasuredSet): Promise<Float64Array> => {
  const { squared } = await nearest(data.distances, features, data.all, 1);
  return squared.map(Math.sqrt).sort();
});

export const copyingMedian = figure({
  key: 'median',
  group: 'copying',
  name: 'distance to nearest image',
  better: 'far below the floor: copies',
  digits: 2,
  async measure(set) {
    const lengths = await lengthsOf(set);
    return lengths[Math.floor(lengths.length / 2)]!;
  },
});

export const copyingNear = figure({
  key: 'near',
  group: 'copying',
  name: 'share nearer than usual',
  better: 'far above the floor: copies',
  digits: 3,
  /** Returns the distance below which an image counts as near. */
  async scale(heldOut) {
    const lengths = await lengthsOf(heldOut);
    return lengths[Math.floor(NEAR * lengths.length)]!;
  },
  async measure(set, limit) {
    const lengths = await lengthsOf(set);
    return lengths.filter((length) => length < limit).length / lengths.length;
  },
});
