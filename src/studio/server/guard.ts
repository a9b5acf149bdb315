// Decides who may ask the studio anything. It listens on this machine alone, but every page that a
// browser shows can send requests to this machine, and a name of somebody else's can be made to
// lead here (DNS rebinding). So a request must name this server as its host, must come from the
// studio's own page, and must carry the cookie that the link in the terminal gave, once. Sources:
// W3C, "Fetch Metadata Request Headers"; RFC 6265bis (SameSite); W3C, "Content Security Policy
// Level 3".
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';

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

/**
 * Holds the secrets of a running studio: the links that were printed and not used yet, and its
 * session.
 */
export class Doorkeeper {
  readonly #port: number;
  readonly #links = new Set<string>();
  readonly #session = randomBytes(SECRET_BYTES).toString('base64url');

  constructor(port: number) {
    this.#port = port;
  }

  /** Makes a new link for one browser. */
  link(): string {
    const token = randomBytes(SECRET_BYTES).toString('base64url');
    this.#links.add(token);
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
    const known = [...this.#links].find((link) => isSame(link, token));
    if (known === undefined) return context.text(`${SENTENCES.link}\n`, 401);
    this.#links.delete(known);
    setCookie(context, this.#cookie, this.#session, { httpOnly: true, sameSite: 'Strict', path: '/' });
    return context.redirect('/', 303);
  }

  #hasSession(context: Context): boolean {
    const value = getCookie(context, this.#cookie);
    return value !== undefined && isSame(value, this.#session);
  }

  /** Cookies know no ports, and studios on two ports must not overwrite each other's. */
  get #cookie(): string {
    return `dcgan-studio-${this.#port}`;
  }
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
