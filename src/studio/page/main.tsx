// The page consists of a frame and the view that the address names.
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { openServer } from './sources/server.ts';
import type { Source } from './sources/source.ts';
import { followLook, THEMES, type Theme, theme } from './state/look.ts';
import { links, route } from './state/route.ts';
import { followHeads } from './state/runs.ts';
import { choose, LANGUAGES, type Language, language, t } from './strings/index.ts';
import { Compare } from './views/compare.tsx';
import { Lab } from './views/lab.tsx';
import { Learn } from './views/learn.tsx';
import { NewRun } from './views/new-run.tsx';
import { Run } from './views/run.tsx';
import { Runs } from './views/runs.tsx';

function Page({ source }: { readonly source: Source }) {
  const words = t.value;
  const { value } = route;
  useEffect(() => {
    document.documentElement.lang = language.value;
    document.title = 'id' in value ? `${value.id} · ${words.title}` : words.title;
  });
  return (
    <>
      <header>
        <a href={links.runs} class="home">
          {words.title}
        </a>
        <span class="place" title={source.place()}>
          {source.place()}
        </span>
        <a href={links.learn()}>{words.learn.learn}</a>
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
      <main>
        {value.view === 'run' ? (
          <Run key={value.id} source={source} id={value.id} />
        ) : (value.view === 'explore' || value.view === 'draw' || value.view === 'inside') && source.networks ? (
          <Lab key={value.id} source={source} networks={source.networks} place={value} />
        ) : value.view === 'compare' ? (
          <Compare key={value.ids.join()} source={source} ids={value.ids} />
        ) : value.view === 'learn' ? (
          <Learn chapter={value.chapter} />
        ) : value.view === 'new' && source.control ? (
          <NewRun key={JSON.stringify(value.options)} control={source.control} given={value.options} />
        ) : (
          <Runs source={source} />
        )}
      </main>
    </>
  );
}

function App() {
  const [source, setSource] = useState<Source | null>(null);
  const [lost, setLost] = useState(false);
  useEffect(() => {
    openServer().then(
      (opened) => {
        followHeads(opened);
        setSource(opened);
      },
      () => setLost(true),
    );
  }, []);
  if (lost)
    return (
      <main>
        <p role="alert" class="notice">
          {t.value.lost}
        </p>
      </main>
    );
  return source ? <Page source={source} /> : <p class="wait">{t.value.loading}</p>;
}

followLook();
render(<App />, document.body);
