// The page while its runs are opened, then the page itself.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Page } from './page.tsx';
import type { Source } from './sources/source.ts';
import { followHeads } from './state/runs.ts';
import { t } from './strings/index.ts';
import { Learn } from './views/learn.tsx';

interface AppProps {
  readonly open: () => Promise<Source>;
  /** The view that trains in the page; see `Page`. */
  readonly here?: ComponentType<{ readonly open: (file: File) => Promise<string> }>;
  /** What is said at the foot of the page; asked for once the runs are there. */
  readonly note?: () => string | null;
}

export function App({ open, here, note }: AppProps) {
  const [source, setSource] = useState<Source | null>(null);
  const [lost, setLost] = useState(false);
  useEffect(() => {
    open().then(
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
  return source ? (
    <Page source={source} learn={Learn} {...(here && { here })} note={note?.() ?? null} />
  ) : (
    <p class="wait">{t.value.loading}</p>
  );
}
