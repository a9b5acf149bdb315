// Who may ask the studio anything. Every row sends a bad request by raw HTTP, and must get a sentence
// and nothing of the runs; names of files outside the runs lead nowhere, whatever they contain.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { userOf } from '../src/studio/server/peer.ts';
import { sharedFolder } from './support/cli.ts';
import { enter, openStudio, raw, type TestStudio } from './support/studio.ts';

const SECRET = 'a line of a file outside the runs';
const shared = sharedFolder();
let studio: TestStudio;

beforeAll(async () => {
  const folder = shared.path;
  const root = join(folder, 'runs');
  for (const name of ['00001-mnist-tiny', 'sweep/a']) {
    mkdirSync(join(root, name, 'images'), { recursive: true });
    writeFileSync(join(root, name, 'config.json'), '{}');
    writeFileSync(join(root, name, 'images', 'reals.png'), 'pixels');
  }
  writeFileSync(join(folder, 'secret.png'), SECRET);
  symlinkSync(join(folder, 'secret.png'), join(root, '00001-mnist-tiny', 'images', 'image_at_epoch_0001.png'));
  symlinkSync(folder, join(root, '00002-link'));
  writeFileSync(join(folder, 'config.json'), '{}');
  // Thousands of connections would each read the system's table.
  studio = await openStudio(root, {}, { userOf: () => 1 });
});
afterAll(() => studio.close());

/** A request in its own words; what a row changes replaces a line. */
function request(changes: {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | null>>;
}): string {
  const headers: Record<string, string | null> = {
    Host: `127.0.0.1:${studio.port}`,
    Cookie: studio.cookie,
    Connection: 'close',
    ...changes.headers,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  return `${changes.method ?? 'GET'} ${changes.path ?? '/api/runs'} HTTP/1.1\n${lines.join('\n')}\n\n`;
}

const status = (answer: string): number => Number(answer.slice(9, 12));

describe('a request', () => {
  it('of the page is answered', async () => {
    const answer = await raw(studio.port, request({}));
    expect(status(answer)).toBe(200);
    expect(answer).toContain('00001-mnist-tiny');
  });

  const post = { method: 'POST', path: '/api/runs/00001-mnist-tiny/delete' };
  const json = { 'Content-Type': 'application/json', 'Content-Length': '0' };
  it.each([
    ['with the host of another name', 403, { headers: { Host: 'evil.example' } }],
    ['with the host of another name and our port', 403, () => ({ headers: { Host: `evil.example:${studio.port}` } })],
    ['with our host and another port', 403, { headers: { Host: '127.0.0.1:1' } }],
    ['with our host and no port', 403, { headers: { Host: '127.0.0.1' } }],
    ['with a host that begins as ours', 400, () => ({ headers: { Host: `localhost:${studio.port}.evil.example` } })],
    ['without a host', 400, { headers: { Host: null } }],
    ['of another origin', 403, { headers: { Origin: 'http://evil.example' } }],
    ['of the origin null', 403, { headers: { Origin: 'null' } }],
    ['of another port of this machine', 403, { headers: { Origin: 'http://127.0.0.1:1' } }],
    ['of https on our port', 403, () => ({ headers: { Origin: `https://127.0.0.1:${studio.port}` } })],
    ['that another site started', 403, { headers: { 'Sec-Fetch-Site': 'cross-site' } }],
    ['that another port started', 403, { headers: { 'Sec-Fetch-Site': 'same-site' } }],
    ['without the cookie', 401, { headers: { Cookie: null } }],
    ['with a wrong cookie', 401, () => ({ headers: { Cookie: `dcgan-studio-${studio.port}=AAAA` } })],
    ['with a wrong token', 401, { path: '/?token=AAAA', headers: { Cookie: null } }],
    ['to the page without the cookie', 401, { path: '/', headers: { Cookie: null } }],
    ['by PUT', 405, { method: 'PUT' }],
    ['by OPTIONS, as a browser asks for another page', 405, { method: 'OPTIONS' }],
    ['by POST without an origin', 403, { ...post, headers: json }],
    ['by POST of a form', 415, () => ({ ...post, headers: { ...own(), 'Content-Type': 'text/plain' } })],
    ['by POST without a type', 415, () => ({ ...post, headers: own() })],
  ])('%s is refused with %i and a sentence', async (_, expected, changes) => {
    const answer = await raw(studio.port, request(typeof changes === 'function' ? changes() : changes));
    expect(status(answer)).toBe(expected);
    expect(answer).not.toContain('mnist');
    expect(answer).not.toMatch(/access-control/i);
  });

  const own = (): Record<string, string> => ({ Origin: `http://127.0.0.1:${studio.port}`, 'Content-Length': '0' });
});

it('a link works once, and gives a cookie that no script and no other site can use', async () => {
  const link = studio.door.link();
  const first = await fetch(link, { redirect: 'manual' });
  expect(first.status).toBe(303);
  expect(first.headers.get('Set-Cookie')).toMatch(/; HttpOnly/);
  expect(first.headers.get('Set-Cookie')).toMatch(/; SameSite=Strict/);
  const second = await fetch(link, { redirect: 'manual' });
  expect(second.status).toBe(401);
  expect(second.headers.get('Set-Cookie')).toBeNull();
});

it('a used link that comes again ends what it gave, and says so', async () => {
  const said: string[] = [];
  const own = await openStudio(join(shared.path, 'runs'), {}, { say: (text) => said.push(text) });
  try {
    const link = own.door.link();
    const { get } = await enter(link);
    expect((await get('/api/runs')).status).toBe(200);
    const live = await get('/api/live');
    expect((await fetch(link, { redirect: 'manual' })).status).toBe(401);
    await expect(live.text()).rejects.toThrow();
    expect((await get('/api/runs')).status).toBe(401);
    expect((await own.get('/api/runs')).status).toBe(200);
    expect((await fetch(link, { redirect: 'manual' })).status).toBe(401);
    expect(said).toEqual(['A used link came again. Whoever used it before is shut out now. Enter: another link.']);
  } finally {
    await own.close();
  }
});

it('what another user has read of a command line or a cookie opens nothing', async () => {
  const said: string[] = [];
  let user: number | null = process.geteuid!();
  const options = { say: (text: string) => said.push(text), userOf: () => user };
  const own = await openStudio(join(shared.path, 'runs'), {}, options);
  try {
    const link = own.door.link(true);
    const { get } = await enter(own.door.link());
    expect((await get('/api/runs')).status).toBe(200);
    for (const other of [54_321, null]) {
      user = other;
      expect((await get('/api/runs')).status).toBe(401);
      for (let times = 0; times < 2; times++) expect((await fetch(link, { redirect: 'manual' })).status).toBe(401);
    }
    expect(said).toEqual(['Another user of this machine tried the link that the browser was given, and was refused.']);
    user = process.geteuid!();
    expect((await fetch(link, { redirect: 'manual' })).status).toBe(303);
    expect((await get('/api/runs')).status).toBe(200);
  } finally {
    await own.close();
  }
});

it('the system says who is at the other end', async () => {
  const users: (number | null)[] = [];
  const server = createServer((socket) => {
    users.push(userOf(socket));
    socket.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await raw((server.address() as AddressInfo).port, 'hello');
  server.close();
  expect(users).toEqual([process.platform === 'linux' ? process.geteuid!() : null]);
});

it('every answer forbids what is not needed', async () => {
  for (const path of ['/', '/api/runs', '/nothing']) {
    const { headers } = await studio.get(path);
    expect(headers.get('Content-Security-Policy')).toContain("default-src 'none'");
    expect(headers.get('Content-Security-Policy')).toContain("script-src 'self' 'wasm-unsafe-eval';");
    expect(headers.get('Content-Security-Policy')).not.toMatch(/'unsafe-|https?:|\*/);
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(headers.get('X-Frame-Options')).toBe('DENY');
    expect(headers.get('Access-Control-Allow-Origin')).toBeNull();
  }
});

it('runs below other folders have names, links to folders have none', async () => {
  const { runs } = (await (await studio.get('/api/runs')).json()) as { runs: { id: string }[] };
  expect(runs.map(({ id }) => id).sort()).toEqual(['00001-mnist-tiny', 'sweep/a']);
});

it('a picture is served, a link in its place is not', async () => {
  expect(await (await studio.get('/api/runs/00001-mnist-tiny/images/reals.png')).text()).toBe('pixels');
  expect((await studio.get('/api/runs/sweep%2Fa/images/reals.png')).status).toBe(200);
  const linked = await studio.get('/api/runs/00001-mnist-tiny/images/image_at_epoch_0001.png');
  expect(linked.status).toBe(404);
});

describe('no name leads out of the runs', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '..',
      '.',
      '',
      'secret.png',
      'config.json',
      '00002-link',
      '00001-mnist-tiny',
      'images',
      'runs',
      'sweep',
    ),
    fc.constantFrom(
      '%2e%2e',
      '%2E%2E%2F',
      '..%2f',
      '%252e%252e',
      '..%5c',
      '..\\',
      'C:',
      '%00',
      '?',
      '#',
      '%c0%ae',
      '~',
      '\u202e',
    ),
    fc.string({ maxLength: 12 }),
  );
  it('by any path tried', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('/api/runs/', '/api/runs/00001-mnist-tiny/images/', '/api/runs/sweep%2Fa/checkpoints/', '/'),
        fc.array(piece, { minLength: 1, maxLength: 6 }),
        fc.constantFrom('/', '%2F', '%5C'),
        async (start, pieces, between) => {
          const path = (start + pieces.join(between)).replace(/[^!-~]/gu, encodeURIComponent);
          const answer = await raw(studio.port, request({ path }));
          expect(answer).not.toContain(SECRET);
          expect([200, 303, 400, 401, 403, 404]).toContain(status(answer));
        },
      ),
      { numRuns: 5000 },
    );
  });
});
