// The static page (../still/site.ts): the views of the studio over the runs beside it. Its service
// worker adds the headers that threads need, so the first visit loads the page a second time.
import { render } from 'preact';
import { App } from './app.tsx';
import { openSite } from './sources/site.ts';
import { followLook } from './state/look.ts';
import { t } from './strings/index.ts';
import { Here } from './views/here.tsx';

const RELOADED = 'dcgan-reloaded';

/** Resolves to false where the worker could not keep its files, and so ended before it began. */
function isActive({ active, installing, waiting }: ServiceWorkerRegistration): Promise<boolean> {
  const worker = active ?? installing ?? waiting;
  if (!worker || worker.state === 'activated') return Promise.resolve(worker !== null);
  return new Promise((resolve) =>
    worker.addEventListener('statechange', () => {
      if (worker.state === 'activated') resolve(true);
      else if (worker.state === 'redundant') resolve(false);
    }),
  );
}

/** Resolves once the page is isolated, or it is clear that it will not be. */
async function isolate(): Promise<void> {
  const { serviceWorker } = navigator;
  if (!serviceWorker) return;
  try {
    const registration = await serviceWorker.register('service-worker.js');
    if (crossOriginIsolated || sessionStorage.getItem(RELOADED)) return;
    if (!(await isActive(registration))) return;
    sessionStorage.setItem(RELOADED, 'yes');
    location.reload();
    await new Promise(() => {});
  } catch {
    // Without a service worker the page works all the same, on one thread and online alone.
  }
}

followLook();
render(
  <App
    open={async () => {
      await isolate();
      return openSite();
    }}
    here={Here}
    note={() => (crossOriginIsolated ? null : t.value.oneThread)}
  />,
  document.body,
);
