// Works on the items of a stream, a few at a time, and gives the results in the stream's order.
// This keeps all cores decoding and memory bounded.

type Outcome<R> = { readonly value: R } | { readonly error: unknown };

/**
 * `work` on each item, at most `most` at once; an item is taken from the stream only when there is
 * room for it.
 */
export async function* inOrder<T, R>(
  items: AsyncIterable<T>,
  most: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const waiting: Promise<Outcome<R>>[] = [];
  const settle = async (item: T): Promise<Outcome<R>> => {
    try {
      return { value: await work(item) };
    } catch (error) {
      return { error };
    }
  };
  const next = async (): Promise<R> => {
    const outcome = await waiting.shift()!;
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  };
  try {
    for await (const item of items) {
      waiting.push(settle(item));
      if (waiting.length >= most) yield await next();
    }
    while (waiting.length > 0) yield await next();
  } finally {
    await Promise.all(waiting);
  }
}
