// Asks questions of a separate Node process. A stranger's file may make a library use any amount of
// memory or time, or end its process. The separate process has a limit on its heap and on the time
// of an answer. It ends when this process does, because its channel closes. Its program is kept as
// text, so that the same one starts from sources and from dist.

import { type ChildProcess, spawn } from 'node:child_process';

/** A process that gets no question for this long ends. */
const IDLE_MS = 5000;

const BEGINNING = `
process.on('disconnect', () => process.exit());
// Ctrl-C in a terminal reaches this process too. The one that asked decides what ends.
for (const name of ['SIGINT', 'SIGHUP']) process.on(name, () => {});
const send = (answer) => process.send(answer, undefined, undefined, () => {});
`;

/** `limit`: the process gave no answer, and is ended. */
type Answer<Result> = { readonly result: Result } | { readonly why: string } | { readonly limit: string };

export interface SideLimits {
  /** What the process does, as the subject of a sentence: `reading it`. */
  readonly doing: string;
  readonly heapMb: number;
  /** The most milliseconds from a question to its answer. */
  readonly limitMs: number;
}

/** The process took more time or memory than it may, or could not be asked. */
export class LimitPassed extends Error {}

export class SideProcess<Result> {
  readonly #program: string;
  readonly #limits: SideLimits;
  #child: ChildProcess | null = null;
  #idle: NodeJS.Timeout | undefined;
  /** Questions are answered one after another. */
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param program an ES module that answers each message by `send({ result })` or `send({ why })`
   */
  constructor(program: string, limits: SideLimits) {
    this.#program = program;
    this.#limits = limits;
  }

  /**
   * Returns the answer to a question. A process that answers with an error goes on to the next one.
   * @param first values that are added to the first question to each process
   * @throws Error whose message is what the process gave as `why`
   * @throws LimitPassed that says which limit it passed
   */
  ask(question: object, first: object = {}): Promise<Result> {
    const answer = this.#last.then(() => this.#ask(question, first));
    this.#last = answer.catch(() => {});
    return answer;
  }

  async #ask(question: object, first: object): Promise<Result> {
    clearTimeout(this.#idle);
    const child = this.#child ?? this.#start();
    const fresh = child !== this.#child;
    this.#child = child;
    hold(child, true);
    try {
      const answer = await this.#answerOf(child, { ...question, ...(fresh && first) });
      if ('limit' in answer) {
        this.#end();
        throw new LimitPassed(answer.limit);
      }
      this.#idle = setTimeout(() => this.#end(), IDLE_MS);
      this.#idle.unref();
      if ('why' in answer) throw new Error(answer.why);
      return answer.result;
    } finally {
      hold(child, false);
    }
  }

  #end(): void {
    this.#child?.kill('SIGKILL');
    this.#child = null;
  }

  #start(): ChildProcess {
    const flags = [`--max-old-space-size=${this.#limits.heapMb}`, '--input-type=module'];
    const child = spawn(process.execPath, [...flags, '-e', BEGINNING + this.#program], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    });
    // An error after its last answer concerns no question.
    child.on('error', () => {});
    return child;
  }

  #answerOf(child: ChildProcess, message: object): Promise<Answer<Result>> {
    const { doing, heapMb, limitMs } = this.#limits;
    return new Promise((resolve) => {
      const settle = (answer: Answer<Result>): void => {
        clearTimeout(timer);
        child.off('message', settle);
        child.off('exit', onExit);
        child.off('error', onError);
        resolve(answer);
      };
      const onExit = (): void => settle({ limit: `${doing} needs more than ${heapMb} MB, or its process was ended` });
      const onError = (error: Error): void => settle({ limit: error.message });
      const timer = setTimeout(() => settle({ limit: `${doing} takes more than ${limitMs / 1000} seconds` }), limitMs);
      child.on('message', settle);
      child.on('exit', onExit);
      child.on('error', onError);
      child.send(message, (error) => {
        if (error) onError(error);
      });
    });
  }
}

/** Only a question that waits for its answer keeps this process alive. */
function hold(child: ChildProcess, held: boolean): void {
  const channel = child.channel as { ref(): void; unref(): void } | null | undefined;
  if (held) child.ref();
  else child.unref();
  if (held) channel?.ref();
  else channel?.unref();
}
