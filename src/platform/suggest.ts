// The nearest right name for a wrong one, as commander and git find it: few edits, and more kept than changed.
// Distance: optimal string alignment (insert, delete, replace, swap two neighbours), G. Navarro, "A guided tour to
// approximate string matching", ACM Computing Surveys 33(1), 2001.

const MAX_EDITS = 3;
const MIN_SIMILARITY = 0.4;

/** The candidate nearest to `word` (the first of equals), or null when none is near enough to be what was meant. */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  let best: string | null = null;
  let bestEdits = MAX_EDITS + 1;
  for (const candidate of candidates) {
    const edits = distance(word.toLowerCase(), candidate.toLowerCase());
    const length = Math.max(word.length, candidate.length);
    const similarity = (length - edits) / length;
    if (edits < bestEdits && similarity > MIN_SIMILARITY) {
      best = candidate;
      bestEdits = edits;
    }
  }
  return best;
}

/** The question after a wrong word, for an error's `todo`; null when no candidate is near enough. */
export function didYouMean(word: string, candidates: Iterable<string>): string | null {
  const close = nearest(word, candidates);
  return close && `Did you mean ${close}?`;
}

function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MAX_EDITS) return MAX_EDITS + 1;
  // Three rows of the table d[i][j], edits between the first i letters of a and the first j of b.
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let edits = Math.min(replace, above[j]! + 1, row[j - 1]! + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) edits = Math.min(edits, before[j - 2]! + 1);
      row.push(edits);
    }
    before = above;
    above = row;
  }
  return above[b.length]!;
}
