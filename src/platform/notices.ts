// What a person should know and nothing fails for, from places that have no one to tell: a cache
// that was not trusted, a library that was compiled again. Each is said once a process: as a
// warning of Node's, or as the program sees fit.

type Sink = (text: string) => void;

const said = new Set<string>();
let sink: Sink = (text) => process.emitWarning(`${text}.`, 'DcganWarning');

/** Says something: one sentence or several, without the last full stop. */
export function notice(text: string): void {
  if (said.has(text)) return;
  said.add(text);
  sink(text);
}

/** Sends notices elsewhere from now on; returns what undoes it. */
export function onNotice(next: Sink): () => void {
  const before = sink;
  sink = next;
  return () => {
    sink = before;
  };
}
