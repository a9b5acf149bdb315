// The studio listens on a port of this machine alone.
import { type ServerType, serve } from '@hono/node-server';
import type { Hono } from 'hono';
import { DcganError } from '../../platform/errors.ts';

const LOOPBACK = '127.0.0.1';
/** This many ports are tried after the one that was asked for. */
const MORE_PORTS = 20;
const IDLE_MS = 60_000;

export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Listens on `port`, or on the next one that is free. `make` builds the routes for the port taken,
 * which they must know to tell their own page's requests from others.
 * @throws DcganError when none of the ports is free
 */
export async function listen(port: number, make: (port: number) => Hono): Promise<Listening> {
  for (let candidate = port; candidate <= Math.min(65_535, port + MORE_PORTS); candidate++) {
    const server = await tryPort(candidate, make);
    if (server) return { port: candidate, close: () => close(server) };
  }
  throw new DcganError({
    what: `no port from ${port} to ${port + MORE_PORTS} is free`,
    todo: 'Choose another with --port',
  });
}

function tryPort(port: number, make: (port: number) => Hono): Promise<ServerType | null> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: make(port).fetch, hostname: LOOPBACK, port }, () => resolve(server));
    // Node ends idle connections after five seconds, which a busy browser meets in mid-request.
    if ('keepAliveTimeout' in server) server.keepAliveTimeout = IDLE_MS;
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
  });
}

/** Streams never end by themselves, so open connections are cut. */
function close(server: ServerType): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
}
