// The studio's page as static files with some runs in it, for any web server, also below a path.
// A service worker keeps all files, so that the page works offline after the first visit. It also
// adds the two headers that threads need where the host sends none.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DcganError } from '../../platform/errors.ts';
import { GIF_NAME, IMAGES_FOLDER } from '../../train/pictures.ts';
import { hasFilm } from '../server/heads.ts';
import { describe, type StillOptions, withCheckpoint } from './gather.ts';
import { partBytes } from './html.ts';
import type { Site } from './still.ts';

/** The page's own files, by the names under which they are built. */
const PAGE_FILES = ['site.js', 'engine.js', 'page-style.css', 'digits.gz'] as const;

/** The page's own HTML, which asks for files beside it and for the script of this source. */
function htmlOfSite(): string {
  const html = new TextDecoder().decode(partBytes('index.html'));
  return html.replaceAll('="/', '="').replace('"page.js"', '"site.js"');
}

/** A page that was written. */
export interface WrittenSite {
  readonly files: number;
  readonly bytes: number;
}

/**
 * Writes the page and the runs into an empty folder that exists.
 * @param sources runs or checkpoints, as everywhere
 * @throws DcganError for what is neither, and for a folder that cannot be written
 */
export async function writeSite(
  folder: string,
  sources: readonly (string | undefined)[],
  options: Pick<StillOptions, 'withReals'> = {},
): Promise<WrittenSite> {
  const written = new Map<string, number>();
  const version = createHash('sha256');
  const put = (name: string, content: string | Uint8Array): void => {
    const bytes = Buffer.from(content);
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
    written.set(name, bytes.length);
    version.update(name).update(bytes);
  };
  const copy = (from: string, name: string): void => put(name, readFileSync(from));
  const runs: Site['runs'][number][] = [];
  for (const [i, source] of sources.entries()) {
    const described = await describe(source, options);
    const at = `runs/${i + 1}`;
    const { checkpoint, run, metrics, warnings } = described;
    const name = basename(checkpoint);
    const film = run !== null && hasFilm({ root: dirname(run), parts: [basename(run)] });
    const detail = { ...withCheckpoint(described, name, statSync(checkpoint).size), film };
    if (runs.some((one) => one.detail.head.id === detail.head.id))
      throw new DcganError({ what: `two runs are called ${detail.head.id}`, todo: 'Give one of them' });
    copy(checkpoint, `${at}/${name}`);
    put(`${at}/metrics.json`, JSON.stringify(metrics));
    if (run !== null) {
      for (const picture of [...detail.pictures, ...(detail.reals ? [detail.reals] : [])])
        copy(join(run, IMAGES_FOLDER, picture.name), `${at}/${picture.name}`);
      if (film) copy(join(run, GIF_NAME), `${at}/${GIF_NAME}`);
    }
    runs.push({ folder: at, detail, warnings });
  }
  put('site.json', JSON.stringify({ runs } satisfies Site));
  for (const name of PAGE_FILES) put(name, partBytes(name));
  put('index.html', htmlOfSite());
  put('service-worker.js', serviceWorker([...written.keys()], version.copy().digest('hex').slice(0, 16)));
  return { files: written.size, bytes: [...written.values()].reduce((total, bytes) => total + bytes, 0) };
}

/**
 * Answers from the kept files first. Their version is a hash of all of them, so another export is
 * another worker, which keeps its own files and removes the older ones.
 */
function serviceWorker(names: readonly string[], version: string): string {
  return `const KEPT = 'dcgan-${version}';
const NAMES = ${JSON.stringify(['./', ...names])};
const isolated = (response) => {
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
};
addEventListener('install', (event) => {
  event.waitUntil(caches.open(KEPT).then((kept) => kept.addAll(NAMES)).then(() => skipWaiting()));
});
addEventListener('activate', (event) => {
  const tidy = caches.keys().then((all) =>
    Promise.all(all.filter((name) => name.startsWith('dcgan-') && name !== KEPT).map((name) => caches.delete(name))));
  event.waitUntil(tidy.then(() => clients.claim()));
});
addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || !request.url.startsWith(registration.scope)) return;
  event.respondWith(caches.open(KEPT)
    .then((kept) => kept.match(request, { ignoreSearch: true }))
    .then((known) => known ?? fetch(request))
    .then((response) => (response.status === 200 ? isolated(response) : response)));
});
`;
}
