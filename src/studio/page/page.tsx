// The page's frame, and the view that the address names.
import type { ComponentType, JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Source } from './sources/source.ts';
import { THEMES, type Theme, theme } from './state/look.ts';
import { links, type Route, route } from './state/route.ts';
import { choose, LANGUAGES, type Language, language, t } from './strings/index.ts';
import { Compare } from './views/compare.tsx';
import { Lab } from './views/lab.tsx';
import { NewRun } from './views/new-run.tsx';
import { Run } from './views/run.tsx';
import { Runs } from './views/runs.tsx';

interface PageProps {
  readonly source: Source;
  /** The lesson, which trains in a Worker; missing where a page can have none. */
  readonly learn?: ComponentType<{ readonly chapter: number }>;
  /** Trains in the page on what a visitor brings; missing where a server does it. */
  readonly here?: ComponentType<{ readonly open: (file: File) => Promise<string> }>;
  /** What is said at the foot of the page. */
  readonly note?: string | null;
  /** Given by a page that is one file about one run, not the studio of a machine. */
  readonly file?: {
    readonly title: string;
    /** Where its title leads. */
    readonly home: string;
    /** The licence of the pictures and the generator; null where none was named. */
    readonly license: string | null;
  };
}

/** The view that the address names, or the list of runs where the page cannot show it. */
function viewOf(asked: Route, { source, learn: Learn, here: Here }: PageProps): JSX.Element {
  const runs = <Runs source={source} />;
  if ('checkpoint' in asked)
    return source.networks ? <Lab key={asked.id} source={source} networks={source.networks} place={asked} /> : runs;
  switch (asked.view) {
    case 'runs':
      return runs;
    case 'run':
      return <Run key={asked.id} source={source} id={asked.id} />;
    case 'compare':
      return <Compare key={asked.ids.join()} source={source} ids={asked.ids} />;
    case 'learn':
      return Learn ? <Learn chapter={asked.chapter} /> : runs;
    case 'here':
      return Here && source.open ? <Here open={source.open} /> : runs;
    case 'new':
      return source.control ? (
        <NewRun key={JSON.stringify(asked.options)} control={source.control} given={asked.options} />
      ) : (
        runs
      );
  }
}

export function Page(props: PageProps) {
  const { source, learn: Learn, here: Here, file, note } = props;
  const words = t.value;
  const { value } = route;
  useEffect(() => {
    document.documentElement.lang = language.value;
    document.title = file?.title ?? ('id' in value ? `${value.id} · ${words.title}` : words.title);
  });
  return (
    <>
      <header class={Here ? 'two-links' : ''}>
        <a href={file?.home ?? links.runs} class="home">
          {file?.title ?? words.title}
        </a>
        <span class="place" title={source.place()}>
          {file ? words.oneFile : source.place()}
        </span>
        {Learn && <a href={links.learn()}>{words.learn.learn}</a>}
        {Here && <a href={links.here}>{words.trainHere}</a>}
        <label>
          <span class="hidden">{words.languageLabel}</span>
          <select value={language.value} onChange={(event) => choose(event.currentTarget.value as Language)}>
            {(Object.keys(LANGUAGES) as Language[]).map((name) => (
              <option key={name} value={name} lang={name}>
                {LANGUAGES[name].language}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span class="hidden">{words.theme}</span>
          <select
            value={theme.value}
            onChange={(event) => {
              theme.value = event.currentTarget.value as Theme;
            }}
          >
            {THEMES.map((name) => (
              <option key={name} value={name}>
                {{ system: words.themeSystem, light: words.themeLight, dark: words.themeDark }[name]}
              </option>
            ))}
          </select>
        </label>
      </header>
      <main>{viewOf(value, props)}</main>
      {note && <footer class="quiet">{note}</footer>}
      {file && (
        <footer class="quiet">
          {file.license === null ? words.noLicense : words.licenseLine(file.license)} {words.madeWith}
        </footer>
      )}
    </>
  );
}
