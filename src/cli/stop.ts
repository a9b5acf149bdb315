// Ctrl-C, SIGTERM and a closed terminal (SIGHUP) while training: the first one asks for an end (the step is finished, the state saved), the second one
// ends the process at once. A running step cannot be waited for then, and `process.exit` would: so the signal is raised
// again without a handler.

/** npm and npx hand on a signal that the terminal has sent us already: what comes this soon is the same Ctrl-C. */
const SAME_MS = 400;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type StopSignal = (typeof SIGNALS)[number];

/** What a process ended by a signal reports. */
export const EXIT_CODES: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/**
 * Does `act` before a signal ends the process, which it then does as it would have; returns what takes that back.
 * For commands that save nothing but would leave something behind.
 */
export function beforeEnd(act: () => void): () => void {
  const handle = (signal: NodeJS.Signals): void => {
    act();
    raise(signal);
  };
  for (const name of SIGNALS) process.once(name, handle);
  return () => {
    for (const name of SIGNALS) process.off(name, handle);
  };
}

function raise(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

export class Stop {
  readonly #controller = new AbortController();
  readonly #onFirst: (signal: StopSignal) => void;
  #by: StopSignal | null = null;
  #at = 0;

  constructor(onFirst: (signal: StopSignal) => void) {
    this.#onFirst = onFirst;
    for (const name of SIGNALS) process.on(name, this.#handle);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The signal that came, if one did. */
  get by(): StopSignal | null {
    return this.#by;
  }

  /** Asks for an end for another reason. */
  ask(): void {
    this.#controller.abort();
  }

  dispose(): void {
    for (const name of SIGNALS) process.off(name, this.#handle);
  }

  readonly #handle = (signal: NodeJS.Signals): void => {
    const name = signal as StopSignal;
    if (this.#by === null) {
      this.#by = name;
      this.#at = performance.now();
      this.#controller.abort();
      this.#onFirst(name);
    } else if (performance.now() - this.#at > SAME_MS) {
      raise(name);
    }
  };
}
