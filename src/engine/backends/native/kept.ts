// Answers that are kept for the process, because sources and machine do not change under it.

/** Keeps what `open` gives, by its argument. A failure is not kept, because it may be remedied. */
export class KeptAnswers<T> {
  readonly #open: (key: string) => Promise<T>;
  readonly #answers = new Map<string, Promise<T>>();

  constructor(open: (key: string) => Promise<T>) {
    this.#open = open;
  }

  get(key: string): Promise<T> {
    const known = this.#answers.get(key);
    if (known) return known;
    const answer = this.#open(key);
    this.#answers.set(key, answer);
    answer.catch(() => this.#answers.delete(key));
    return answer;
  }

  /** Forgets all answers. */
  clear(): void {
    this.#answers.clear();
  }
}
