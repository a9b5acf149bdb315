// Counts how much of the variety of real pictures samples show, from what the classifier of the
// parts answers for each of them.
import { SIDE } from './sets.mjs';

/** A picture [side, side, 3] at the classifier's size, of which its own side is a whole part. */
export function enlarged(picture) {
  const side = Math.sqrt(picture.length / 3);
  const factor = SIDE / side;
  if (!Number.isInteger(factor))
    throw new Error(`pictures of ${side} x ${side} are no whole part of ${SIDE} x ${SIDE}`);
  if (factor === 1) return picture;
  return Float32Array.from({ length: SIDE * SIDE * 3 }, (_, i) => {
    const [row, column] = [Math.floor(i / 3 / SIDE), Math.floor(i / 3) % SIDE];
    return picture[(Math.floor(row / factor) * side + Math.floor(column / factor)) * 3 + (i % 3)];
  });
}

/** How often answers have each value of a part, and each pair of values of two parts. */
function counted(answers) {
  const single = new Map();
  const pairs = new Map();
  const add = (map, key) => map.set(key, (map.get(key) ?? 0) + 1);
  for (const answer of answers)
    answer.forEach((value, part) => {
      add(single, `${part} ${value}`);
      for (let other = 0; other < part; other++) add(pairs, `${part} ${value} ${other} ${answer[other]}`);
    });
  return { single, pairs };
}

/**
 * How much of the variety of real pictures some samples show, both as answers of the classifier.
 * `common` are the pairs that are at least a fourth as frequent as among real pictures.
 */
export function coverage(answers, real, parts) {
  const [seen, expected] = [counted(answers), counted(real)];
  const share = answers.length / real.length;
  const covered = [...expected.single].filter(([key, count]) => (seen.single.get(key) ?? 0) >= (count * share) / 4);
  const pairs = [...expected.pairs];
  return {
    values: covered.length / expected.single.size,
    pairs: pairs.filter(([key]) => seen.pairs.has(key)).length / pairs.length,
    common: pairs.filter(([key, count]) => (seen.pairs.get(key) ?? 0) >= (count * share) / 4).length / pairs.length,
    byPart: Array.from(
      { length: parts },
      (_, part) =>
        covered.filter(([key]) => key.startsWith(`${part} `)).length /
        [...expected.single.keys()].filter((key) => key.startsWith(`${part} `)).length,
    ),
  };
}
