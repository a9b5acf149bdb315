// Finds out which user of this machine is at the other end of a connection. Every user can connect
// to 127.0.0.1, read command lines, and be sent the cookies of other servers at that address. So a
// secret alone does not say who asks.
// Source: proc(5): /proc/net/tcp (local_address, rem_address, uid).
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { endianness } from 'node:os';

/** The kernel writes the address in its own order of bytes. */
const LOOPBACK = endianness() === 'LE' ? '0100007F' : '7F000001';
/** A table that changes while it is read may lack a row. */
const ATTEMPTS = 3;

const known = new WeakMap<Socket, number>();

/** Returns a user's number; null where the system does not tell, as everywhere but on Linux. */
export function userOf(socket: Socket): number | null {
  const { remotePort, localPort } = socket;
  if (process.platform !== 'linux' || remotePort === undefined || localPort === undefined) return null;
  for (let attempt = 0; attempt < ATTEMPTS && !known.has(socket); attempt++) {
    const user = userBetween(remotePort, localPort);
    if (user !== null) known.set(socket, user);
  }
  return known.get(socket) ?? null;
}

/**
 * Each end of a connection has a row: its number, the local and the remote address, the state, two
 * pairs of queues and timers, a count, the user, a time and the inode. Without an inode its process
 * has closed it already, and the kernel may say 0 for the user.
 */
const AFTER_ADDRESSES = /^ \S+ +\S+ +\S+ +\S+ +(\d+) +\d+ +[1-9]\d* /;

function userBetween(from: number, to: number): number | null {
  const ends = [from, to].map((port) => `${LOOPBACK}:${port.toString(16).toUpperCase().padStart(4, '0')}`).join(' ');
  const rows = table();
  const at = rows.indexOf(ends);
  const user = at < 0 ? undefined : AFTER_ADDRESSES.exec(rows.slice(at + ends.length, at + ends.length + 200))?.[1];
  return user === undefined ? null : Number(user);
}

function table(): string {
  try {
    return readFileSync('/proc/net/tcp', 'utf8');
  } catch {
    return '';
  }
}
