// Handles Ctrl-C, SIGTERM and a closed terminal (SIGHUP) during a training. The first signal asks
// for an end: the step is finished and the state saved. The second ends the process at once.
// `process.exit` would wait for the running step, so the signal is raised again without a handler.

/**
 * npm and npx pass on a signal that the terminal has sent us already. A signal that comes this soon
 * is therefore the same Ctrl-C.
 */
const SAME_MS = 400;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type StopSignal = (typeof SIGNALS)[number];

/** The exit codes of a process that a signal ended. */
export const EXIT_CODES: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/**
 * Runs `act` before a signal ends the process; returns a function that unregisters it. It is for
 * commands that save nothing but would leave something behind.
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

  /** Asks for an end for a reason other than a signal. */
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
