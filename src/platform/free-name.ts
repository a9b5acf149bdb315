// Finds names that nothing has yet.

/**
 * Returns `stem` and `ending` together, or the first of `stem-2`, `stem-3` ... with `ending` that
 * is not `taken`.
 */
export function freeName(taken: (name: string) => boolean, stem: string, ending = ''): string {
  for (let n = 1; ; n++) {
    const name = `${stem}${n === 1 ? '' : `-${n}`}${ending}`;
    if (!taken(name)) return name;
  }
}
