// The address behind '#' names the view, so that back, forward and links work.
import { signal } from '@preact/signals';
import type { TrainingOptions } from '../sources/source.ts';
import { lessonEn } from '../strings/lesson-en.ts';

/** The views that look into the networks of a run's checkpoint. */
export const LAB_VIEWS = ['explore', 'draw', 'inside'] as const;
export type LabView = (typeof LAB_VIEWS)[number];

export type Route =
  | { readonly view: 'runs' }
  | { readonly view: 'run'; readonly id: string }
  | { readonly view: 'compare'; readonly ids: readonly string[] }
  | { readonly view: LabView; readonly id: string; readonly checkpoint: string | null }
  | { readonly view: 'learn'; readonly chapter: number }
  | { readonly view: 'here' }
  | { readonly view: 'new'; readonly options: TrainingOptions };

/** Chapters are counted from 1 in the address. */
function chapterOf(name: string | undefined): number {
  const chapter = Math.trunc(Number(name)) - 1;
  return chapter >= 0 && chapter < lessonEn.chapters.length ? chapter : 0;
}

/** Reads the parts of an address behind the view's name; null when a part is missing. */
type Read = (names: readonly string[], query: string) => Route | null;

const labViews = Object.fromEntries(
  LAB_VIEWS.map((view): [LabView, Read] => [
    view,
    ([id, checkpoint]) => (id ? { view, id, checkpoint: checkpoint || null } : null),
  ]),
) as Record<LabView, Read>;

const VIEWS: Readonly<Record<Route['view'], Read>> = {
  runs: () => ({ view: 'runs' }),
  run: ([id]) => (id ? { view: 'run', id } : null),
  ...labViews,
  compare: (names) => ({ view: 'compare', ids: names.filter(Boolean) }),
  learn: ([chapter]) => ({ view: 'learn', chapter: chapterOf(chapter) }),
  here: () => ({ view: 'here' }),
  new: (_, query) => ({ view: 'new', options: Object.fromEntries(new URLSearchParams(query)) }),
};

/** Any other address shows the list of runs. */
function parse(hash: string): Route {
  const [view = '', ...rest] = hash.replace(/^#\/?/, '').split('/');
  const read = Object.hasOwn(VIEWS, view) ? VIEWS[view as Route['view']] : VIEWS.runs;
  try {
    return read(rest.map(decodeURIComponent), rest[0] ?? '') ?? { view: 'runs' };
  } catch {
    return { view: 'runs' }; // a damaged address: `%` without two digits
  }
}

export const route = signal<Route>(parse(location.hash));
addEventListener('hashchange', () => {
  route.value = parse(location.hash);
});

export const links = {
  runs: '#/',
  here: '#/here',
  learn: (chapter = 0) => `#/learn/${chapter + 1}`,
  run: (id: string) => `#/run/${encodeURIComponent(id)}`,
  lab: (view: LabView, id: string, checkpoint: string | null = null) =>
    `#/${view}/${[id, ...(checkpoint === null ? [] : [checkpoint])].map(encodeURIComponent).join('/')}`,
  compare: (ids: readonly string[]) => `#/compare/${ids.map(encodeURIComponent).join('/')}`,
  fresh: (options: TrainingOptions = {}) =>
    `#/new/${new URLSearchParams(Object.entries(options).map(([name, value]) => [name, String(value)]))}`,
};
