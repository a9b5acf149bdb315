// What a page of another origin can try with a studio whose cookie its browser has. A test adds this
// script to such a page.

const BOUND_MS = 3000;
const START = { options: { preset: 'tiny', limit: 64, epochs: 1, device: 'wasm' } };

/** Resolves when the attempt does, or when its time is over. */
const bounded = (attempt) => Promise.race([attempt, new Promise((resolve) => setTimeout(resolve, BOUND_MS))]);

/** An element that loads an address; resolves to its name when it loaded. */
function element(name, attributes, isRead = () => true) {
  return new Promise((resolve) => {
    const made = Object.assign(document.createElement(name), attributes);
    made.addEventListener('load', () => resolve(isRead(made) ? name : undefined));
    made.addEventListener('error', () => resolve());
    document.body.append(made);
  });
}

/** Returns the document of a frame where this page may look into it. */
function inside(frame) {
  try {
    return frame.contentDocument?.body?.textContent || undefined;
  } catch {
    return undefined;
  }
}

/** Sends JSON by a form, which needs no permission. */
function form(action) {
  const target = `frame-${Math.random()}`;
  const frame = element('iframe', { name: target }, inside);
  const [name, value] = `${JSON.stringify(START).slice(0, -1)},"x":"|"}`.split('|');
  const made = Object.assign(document.createElement('form'), { method: 'post', action, target, enctype: 'text/plain' });
  made.append(Object.assign(document.createElement('input'), { name, value }));
  document.body.append(made);
  made.submit();
  return frame;
}

/** A stream of events, or a socket. */
const opened = (stream) =>
  new Promise((resolve) => {
    const end = (result) => {
      stream.close();
      resolve(result);
    };
    stream.onopen = () => end(stream.constructor.name);
    stream.onerror = () => end();
  });

/** Tries each way that a page has with the studio at `origin`; resolves to a list of what it could read. */
globalThis.tryAll = async (origin, run) => {
  const text = async (path, init) => {
    const answer = await fetch(`${origin}${path}`, { credentials: 'include', ...init });
    return answer.type === 'opaque' ? undefined : `${path}: ${await answer.text()}`;
  };
  const body = JSON.stringify(START);
  const json = { 'Content-Type': 'application/json' };
  const picture = `${origin}/api/runs/${run}/images/reals.png`;
  const attempts = [
    ...['/', '/api/runs', '/api/form', `/api/runs/${run}`].map((path) => text(path)),
    ...['/api/runs', '/api/live'].map((path) => text(path, { mode: 'no-cors' })),
    text('/api/start', { method: 'POST', mode: 'no-cors', body }),
    text('/api/start', { method: 'POST', headers: json, body }),
    text('/api/start', { method: 'PUT', headers: json, body }),
    text(`/api/runs/${run}/delete`, { method: 'POST', mode: 'no-cors', body: '{}' }),
    element('img', { src: picture }),
    element('script', { src: `${origin}/page.js` }),
    element('script', { src: `${origin}/api/runs`, type: 'module' }),
    element('link', { rel: 'stylesheet', href: `${origin}/page-style.css` }),
    element('iframe', { src: `${origin}/` }, inside),
    form(`${origin}/api/start`),
    opened(new EventSource(`${origin}/api/live`, { withCredentials: true })),
    opened(new WebSocket(`${origin.replace('http', 'ws')}/api/live`)),
  ];
  navigator.sendBeacon(`${origin}/api/start`, new Blob([body], { type: 'text/plain' }));
  const read = await Promise.allSettled(attempts.map(bounded));
  return read.map(({ value }) => value).filter((value) => value !== undefined);
};
