// Works on the items of a stream, a few at a time, and gives the results in the stream's order.
// This keeps all cores decoding. Memory is bounded by the number of items and by what they weigh
// together.

type Outcome<R> = { readonly value: R } | { readonly error: unknown };

/** How many items are under way at once, and what they may weigh together: one weighs anything. */
export interface Window<T> {
  readonly most: number;
  readonly heaviest: number;
  weigh(item: T): number;
}

/**
 * `work` on each item, as many at once as the window says; an item is taken from the stream only
 * when there is room for one more.
 */
export async function* inOrder<T, R>(
  items: AsyncIterable<T>,
  { most, heaviest, weigh }: Window<T>,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const waiting: { readonly outcome: Promise<Outcome<R>>; readonly weight: number }[] = [];
  let held = 0;
  const settle = async (item: T): Promise<Outcome<R>> => {
    try {
      return { value: await work(item) };
    } catch (error) {
      return { error };
    }
  };
  const next = async (): Promise<R> => {
    const first = waiting.shift()!;
    const outcome = await first.outcome;
    held -= first.weight;
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  };
  try {
    for await (const item of items) {
      const weight = weigh(item);
      while (waiting.length > 0 && held + weight > heaviest) yield await next();
      held += weight;
      waiting.push({ outcome: settle(item), weight });
      if (waiting.length >= most) yield await next();
    }
    while (waiting.length > 0) yield await next();
  } finally {
    await Promise.all(waiting.map(({ outcome }) => outcome));
  }
}
