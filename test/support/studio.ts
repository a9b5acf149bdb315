// A studio for tests: the real routes on a real port, over runs that tests make.
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileSchema } from '../../src/cli/options/config-file.ts';
import { describeForm } from '../../src/studio/server/form.ts';
import { Doorkeeper, type DoorOptions } from '../../src/studio/server/guard.ts';
import type { HolderOf } from '../../src/studio/server/heads.ts';
import { type Listening, listen } from '../../src/studio/server/listen.ts';
import { routes, type Studio } from '../../src/studio/server/routes.ts';
import { Runs } from '../../src/studio/server/runs.ts';
import { Trainings } from '../../src/studio/server/trainings.ts';

export interface TestStudio extends Listening {
  readonly door: Doorkeeper;
  readonly cookie: string;
  /** A request with the session's cookie, as the page sends it. */
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  post(path: string, body: unknown): Promise<Response>;
}

const FLAGS = ['preset', 'data', 'limit', 'epochs', 'seed', 'batchSize', 'generatorWidths'].map((name) => ({
  flag: `--${name}`,
  name,
  help: `what ${name} means`,
  group: 'Model',
  takesValue: true,
}));
const FORM = describeForm(FLAGS, fileSchema);

export async function openStudio(
  root: string,
  parts: Partial<Studio> = {},
  options: DoorOptions = {},
): Promise<TestStudio> {
  const nobody: HolderOf = () => null;
  let door: Doorkeeper | undefined;
  const listening = await listen(43_210 + Math.floor(Math.random() * 2000), (port) => {
    door = new Doorkeeper(port, options);
    return routes({
      door,
      runs: new Runs(root, parts.holderOf ?? nobody),
      trainings: new Trainings(root, [process.execPath, 'bin/dcgan.js']),
      holderOf: nobody,
      stop: () => {},
      typed: (args) => ['dcgan', ...args].join(' '),
      page: new Map([['/', { type: 'text/html', bytes: new TextEncoder().encode('the page') }]]),
      form: () => FORM,
      nameOf: (flag) => flag,
      ...parts,
    });
  });
  return { ...listening, door: door!, ...(await enter(door!.link())) };
}

/** Opens a studio by a link, as a browser does. */
export async function enter(link: string): Promise<Pick<TestStudio, 'cookie' | 'get' | 'post'>> {
  const { origin } = new URL(link);
  const entered = await fetch(link, { redirect: 'manual' });
  const cookie = entered.headers.get('Set-Cookie')!.split(';')[0]!;
  return {
    cookie,
    get: (path, headers = {}) => fetch(`${origin}${path}`, { headers: { Cookie: cookie, ...headers } }),
    post: (path, body) =>
      fetch(`${origin}${path}`, {
        method: 'POST',
        headers: { Cookie: cookie, Origin: origin, 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      }),
  };
}

/** Sends bytes as they are, with the freedom that `fetch` does not give, and returns all of the answer. */
export async function raw(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(request.replaceAll('\n', '\r\n'));
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}
