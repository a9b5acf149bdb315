// A page has one stream of server-sent events, since a browser allows six connections to a host. It
// carries the heads of runs as they change, and new lines of metrics of the runs that the page
// follows. Every event carries the places reached as its id. A browser that lost the connection
// sends the last id, and the stream goes on from there, with no line twice and none missing.
// Source: WHATWG HTML, "Server-sent events".
import type { SSEStreamingApi } from 'hono/streaming';
import type { LiveEvents, RunHead } from '../api.ts';
import type { Runs } from './runs.ts';
import { metricsParts, START } from './tail.ts';

/** There are ten messages a second at most; a busy run has hundreds of steps. */
const METRICS_MS = 100;
/** Heads are read this often, and the list of runs with them. */
const HEADS_MS = 1000;
/** Silent connections are cut by some proxies and noticed late by browsers. */
const COMMENT_MS = 15_000;

export type Places = Readonly<Record<string, string>>;

/** Writes places as the text of an event's id. Any other text means the beginning. */
export const encodePlaces = (places: Places): string => Buffer.from(JSON.stringify(places)).toString('base64url');

export function decodePlaces(text: string): Places {
  try {
    const data: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (typeof data !== 'object' || data === null) return {};
    return Object.fromEntries(
      Object.entries(data).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  } catch {
    return {};
  }
}

/**
 * Follows runs until the page goes away. `places` names the runs whose metrics it wants, and where
 * they begin.
 */
export async function follow(stream: SSEStreamingApi, runs: Runs, places: Places): Promise<void> {
  const reached = new Map(Object.entries(places));
  const known = new Map<string, string>();
  let [nextHeads, lastSent, listed] = [0, performance.now(), false];
  const send = async <K extends keyof LiveEvents>(event: K, data: LiveEvents[K]): Promise<void> => {
    lastSent = performance.now();
    await stream.writeSSE({ event, data: JSON.stringify(data), id: encodePlaces(Object.fromEntries(reached)) });
  };
  while (!stream.aborted && !stream.closed) {
    for (const id of reached.keys()) {
      const place = runs.find(id);
      if (!place) continue;
      for await (const part of metricsParts(place.root, place.parts, reached.get(id) ?? START)) {
        if (stream.aborted || stream.closed) return;
        reached.set(id, part.place);
        await send('metrics', { id, ...part });
      }
    }
    if (performance.now() >= nextHeads) {
      nextHeads = performance.now() + HEADS_MS;
      const heads = await runs.list();
      for (const head of changedHeads(heads, known)) await send('head', head);
      if (!listed) await send('ready', {});
      listed = true;
      const names = new Set(heads.map(({ id }) => id));
      for (const id of [...known.keys()].filter((name) => !names.has(name))) {
        known.delete(id);
        await send('gone', { id });
      }
    }
    if (performance.now() - lastSent > COMMENT_MS) {
      lastSent = performance.now();
      await stream.write(': still here\n\n');
    }
    await stream.sleep(METRICS_MS);
  }
}

/** Returns the heads that differ from what was sent last, which `known` holds by id. */
function changedHeads(heads: readonly RunHead[], known: Map<string, string>): RunHead[] {
  return heads.filter((head) => {
    const text = JSON.stringify(head);
    if (known.get(head.id) === text) return false;
    known.set(head.id, text);
    return true;
  });
}
