// Decides who may ask the studio anything. It listens on this machine alone, but every page that a
// browser shows can send requests to this machine, and a name of somebody else's can be made to
// lead here (DNS rebinding). So a request must name this server as its host, must come from the
// studio's own page, and must carry the cookie that the link in the terminal gave, once. A cookie
// is good only for the user of this machine who got it, where the system says who that is: browsers
// send it to other servers at this address too.
// Sources: W3C, "Fetch Metadata Request Headers"; RFC 6265bis (SameSite); W3C, "Content Security
// Policy Level 3".
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import type { HttpBindings } from '@hono/node-server';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { userOf } from './peer.ts';

/** Bytes of a token and of a session's secret. */
const SECRET_BYTES = 32;

/**
 * Every answer has these headers. Nothing from elsewhere is loaded, and no other page may frame or
 * read it.
 */
const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'none'",
    // The page computes with WebAssembly, in Workers that it starts from its own script's text.
    // They have this very policy, so they may load no more than the page.
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** A stranger reads one of these sentences, which say nothing about the runs. */
const SENTENCES = {
  host: 'This server answers on this machine only, by the address that it printed.',
  origin: 'This request comes from another page, which the studio does not answer.',
  link: 'Open the studio by the link that its terminal prints. Each link works once: press Enter there for another.',
  method: 'The studio answers GET and POST only.',
  json: 'What changes something is sent as JSON (Content-Type: application/json).',
} as const;

/** The person at the terminal reads these. */
const OTHER_USER = 'Another user of this machine tried the link that the browser was given, and was refused.';
const UNKNOWN_USER = 'The system does not tell who follows the link that the browser was given. Open the printed one.';
const USED_AGAIN = 'A used link came again. Whoever used it before is shut out now. Enter: another link.';

/** What a link gave. */
interface Session {
  readonly secret: string;
  readonly user: number | null;
  /** Its open connections. */
  readonly sockets: Set<Socket>;
}

/** A link; `own`: it shows in command lines, so it is for this process's user alone. */
interface Link {
  readonly token: string;
  readonly own: boolean;
  /** What it gave, once it was used. */
  session: Session | null;
  /** Whether it was said that somebody else tried it. */
  told: boolean;
}

export interface DoorOptions {
  /** Says something to the person at the terminal. */
  readonly say?: (text: string) => void;
  readonly userOf?: (socket: Socket) => number | null;
}

/** Holds the secrets of a running studio: the links that it made, and the sessions they gave. */
export class Doorkeeper {
  readonly #port: number;
  readonly #say: (text: string) => void;
  readonly #userOf: (socket: Socket) => number | null;
  readonly #links = new Set<Link>();

  constructor(port: number, { say = () => {}, userOf: user = userOf }: DoorOptions = {}) {
    this.#port = port;
    this.#say = say;
    this.#userOf = user;
  }

  /** Makes a new link for one browser; `own`: only of this process's own user. */
  link(own = false): string {
    const token = secret();
    this.#links.add({ token, own, session: null, told: false });
    return `http://127.0.0.1:${this.#port}/?token=${token}`;
  }

  /** Checks a request, and answers all that may not pass. */
  readonly middleware: MiddlewareHandler = async (context, next) => {
    for (const [name, value] of Object.entries(HEADERS)) context.header(name, value);
    context.header('Cache-Control', 'no-store');
    const refusal = this.#refusal(context);
    if (refusal) return context.text(`${SENTENCES[refusal.why]}\n`, refusal.status);
    const token = context.req.query('token');
    if (this.#hasSession(context)) return token === undefined ? next() : context.redirect('/', 303);
    if (token === undefined) return context.text(`${SENTENCES.link}\n`, 401);
    return this.#enter(context, token);
  };

  #refusal({ req }: Context): { readonly why: keyof typeof SENTENCES; readonly status: 403 | 405 | 415 } | null {
    const hosts = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${this.#port}`);
    const host = req.header('Host');
    if (host === undefined || !hosts.includes(host)) return { why: 'host', status: 403 };
    const origin = req.header('Origin');
    if (origin !== undefined && origin !== `http://${host}`) return { why: 'origin', status: 403 };
    const site = req.header('Sec-Fetch-Site');
    if (site !== undefined && site !== 'same-origin' && site !== 'none') return { why: 'origin', status: 403 };
    if (req.method !== 'GET' && req.method !== 'POST') return { why: 'method', status: 405 };
    if (req.method === 'GET') return null;
    // A POST without an origin may come from a form in an old browser, and nothing proves whose it
    // is.
    if (origin === undefined && site !== 'same-origin') return { why: 'origin', status: 403 };
    const type = req.header('Content-Type')?.split(';')[0]?.trim().toLowerCase();
    return type === 'application/json' ? null : { why: 'json', status: 415 };
  }

  #enter(context: Context, token: string): Response {
    const link = [...this.#links].find((one) => isSame(one.token, token));
    const user = this.#user(context);
    const refused = (): Response => context.text(`${SENTENCES.link}\n`, 401);
    if (link === undefined) return refused();
    if (link.own && !isOwn(user)) {
      if (!link.told) this.#say(user === null ? UNKNOWN_USER : OTHER_USER);
      link.told = true;
      return refused();
    }
    if (link.session !== null) {
      this.#links.delete(link);
      for (const socket of link.session.sockets) if (socket !== socketOf(context)) socket.destroy();
      this.#say(USED_AGAIN);
      return refused();
    }
    link.session = { secret: secret(), user, sockets: new Set() };
    setCookie(context, this.#cookie, link.session.secret, { httpOnly: true, sameSite: 'Strict', path: '/' });
    return context.redirect('/', 303);
  }

  #hasSession(context: Context): boolean {
    const value = getCookie(context, this.#cookie);
    if (value === undefined) return false;
    const found = [...this.#links].find(({ session }) => session !== null && isSame(value, session.secret));
    if (!found?.session || found.session.user !== this.#user(context)) return false;
    const { sockets } = found.session;
    const socket = socketOf(context);
    if (!sockets.has(socket)) socket.once('close', () => sockets.delete(socket));
    sockets.add(socket);
    return true;
  }

  #user(context: Context): number | null {
    return this.#userOf(socketOf(context));
  }

  /** Cookies know no ports, and studios on two ports must not overwrite each other's. */
  get #cookie(): string {
    return `dcgan-studio-${this.#port}`;
  }
}

const socketOf = ({ env }: Context<{ Bindings: HttpBindings }>): Socket => env.incoming.socket;

const secret = (): string => randomBytes(SECRET_BYTES).toString('base64url');

/** Root may do everything anyway, and forwards connections for virtual machines. */
function isOwn(user: number | null): boolean {
  return user !== null && (user === 0 || user === process.geteuid?.());
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
