// This source asks a studio's server by HTTP, and follows runs by one stream of events.
import type { LiveEvents, MetricsPart, NearImage, RunHead, SentImage, SentReal } from '../../api.ts';
import { openEngine } from './engine.ts';
import type { Networks, RealImages } from './networks.ts';
import type { Control, Source } from './source.ts';

/** A request that the server refused, in its words. */
class Refused extends Error {}

async function ask<T>(path: string, body?: unknown): Promise<T> {
  const sent: RequestInit =
    body === undefined
      ? {}
      : { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(path, sent);
  if (!response.ok) throw new Refused(await sentenceOf(response));
  return (await response.json()) as T;
}

async function sentenceOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    return (JSON.parse(text) as { error: string }).error;
  } catch {
    return text.trim() || `${response.status} ${response.statusText}`;
  }
}

const run = (id: string): string => `/api/runs/${encodeURIComponent(id)}`;

/** The whole page shares one stream. It carries the metrics of every run that is followed. */
class Live {
  readonly #heads = new Map<string, RunHead>();
  readonly #watchers = new Set<(heads: readonly RunHead[]) => void>();
  readonly #followers = new Map<string, Set<(part: MetricsPart) => void>>();
  readonly #places = new Map<string, string>();
  #stream: EventSource | null = null;
  #told = false;
  #telling = false;

  watch(tell: (heads: readonly RunHead[]) => void): () => void {
    this.#watchers.add(tell);
    if (this.#stream === null) this.#open();
    if (this.#told) tell(this.#list());
    return () => this.#watchers.delete(tell);
  }

  follow(id: string, take: (part: MetricsPart) => void): () => void {
    const followers = this.#followers.get(id) ?? new Set();
    followers.add(take);
    this.#followers.set(id, followers);
    // A second view of one run needs its lines from the beginning too.
    this.#places.set(id, '0:0');
    this.#open();
    return () => {
      followers.delete(take);
      if (followers.size > 0) return;
      this.#followers.delete(id);
      this.#places.delete(id);
      this.#open();
    };
  }

  /** Takes a run off the list at once; the server says the same within a second. */
  forget(id: string): void {
    if (this.#heads.delete(id)) this.#tell();
  }

  #list(): RunHead[] {
    return [...this.#heads.values()].sort((a, b) => b.changed - a.changed);
  }

  #open(): void {
    this.#stream?.close();
    const after = btoa(JSON.stringify(Object.fromEntries(this.#places)));
    const address = after.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
    const stream = new EventSource(`/api/live?after=${address}`);
    this.#on(stream, 'metrics', ({ id, ...part }) => {
      this.#places.set(id, part.place);
      for (const take of this.#followers.get(id) ?? []) take(part);
    });
    this.#on(stream, 'head', (head) => {
      this.#heads.set(head.id, head);
      this.#tellSoon();
    });
    this.#on(stream, 'gone', ({ id }) => {
      this.#heads.delete(id);
      this.#tell();
    });
    this.#on(stream, 'ready', () => this.#tell());
    this.#stream = stream;
  }

  /** Tells once a frame, since the start brings a head for every run. */
  #tellSoon(): void {
    if (!this.#told || this.#telling) return;
    this.#telling = true;
    requestAnimationFrame(() => {
      this.#telling = false;
      this.#tell();
    });
  }

  #tell(): void {
    this.#told = true;
    for (const tell of this.#watchers) tell(this.#list());
  }

  #on<K extends keyof LiveEvents>(stream: EventSource, name: K, act: (data: LiveEvents[K]) => void): void {
    stream.addEventListener(name, (event) => act(JSON.parse((event as MessageEvent<string>).data)));
  }
}

const controlOf = (live: Live): Control => ({
  form: () => ask('/api/form'),
  estimate: (options) => ask('/api/estimate', { options }),
  inspect: (path, size) => ask('/api/inspect', size === undefined ? { path } : { path, size }),
  start: async (options) => (await ask<{ id: string }>('/api/start', { options })).id,
  sample: async (id, seed) => {
    const { picture } = await ask<{ picture: string }>(`${run(id)}/sample`, { seed });
    return `data:image/png;base64,${picture}`;
  },
  stop: (id) => ask(`${run(id)}/stop`, {}),
  resume: (id, epochs) => ask(`${run(id)}/resume`, epochs === undefined ? {} : { epochs }),
  remove: async (id, confirm) => {
    const answer = await ask<Awaited<ReturnType<Control['remove']>>>(
      `${run(id)}/delete`,
      confirm === undefined ? {} : { confirm },
    );
    if (answer.trash !== undefined) live.forget(id);
    return answer;
  },
});

const imageOf = ({ index, pixels }: SentImage) => ({
  index,
  bytes: Uint8Array.from(atob(pixels), (char) => char.charCodeAt(0)),
});

const reals: RealImages = {
  some: async (id, count, seed) =>
    (await ask<SentReal[]>(`${run(id)}/reals`, { count, seed })).map((image) => ({
      ...imageOf(image),
      label: image.label,
    })),
  async nearest(id, picture, count) {
    const found = await ask<NearImage[]>(`${run(id)}/nearest`, {
      picture: btoa(String.fromCharCode(...picture)),
      count,
    });
    return found.map((image) => ({ ...imageOf(image), distance: image.distance }));
  },
};

async function openCheckpoint(id: string, name: string): Promise<Networks> {
  const response = await fetch(`${run(id)}/checkpoints/${encodeURIComponent(name)}`);
  if (!response.ok) throw new Refused(await sentenceOf(response));
  return openEngine(await response.blob());
}

export async function openServer(): Promise<Source> {
  const live = new Live();
  const { folder } = await ask<{ folder: string }>('/api/place');
  return {
    place: () => folder,
    watch: (tell) => live.watch(tell),
    detail: (id) => ask(run(id)),
    follow: (id, take) => live.follow(id, take),
    warnings: (id) => ask(`${run(id)}/warnings`),
    picture: (id, { name, version }) => `${run(id)}/images/${name}?v=${version}`,
    film: (id) => `${run(id)}/film`,
    checkpoint: (id, name) => `${run(id)}/checkpoints/${name}`,
    networks: { open: openCheckpoint, reals },
    control: controlOf(live),
  };
}
