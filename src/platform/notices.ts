// Passes on notices: things that a person should know but that stop nothing, such as a cache that
// was not trusted or a library that was compiled again. They come from places that have no callback
// for them. Each notice is given once per process, as a warning of Node's unless the program sends
// it elsewhere.

type Sink = (text: string) => void;

const said = new Set<string>();
let sink: Sink = (text) => process.emitWarning(`${text}.`, 'DcganWarning');

/** Gives a notice: one or several sentences, without the last full stop. */
export function notice(text: string): void {
  if (said.has(text)) return;
  said.add(text);
  sink(text);
}

/** Sends notices to `next` from now on. Returns a function that undoes this. */
export function onNotice(next: Sink): () => void {
  const before = sink;
  sink = next;
  return () => {
    sink = before;
  };
}
