// Reads a file that a program or a page names by its address.
import { DcganError } from './errors.ts';

/**
 * Returns the bytes at an address.
 * @param kind what the file is, for the error: `checkpoint`
 * @throws DcganError for an address that cannot be read
 */
export async function fetched(address: string | URL, kind: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw new DcganError({
      what: `${kind} ${address} cannot be fetched`,
      got: reasonOf(cause),
      todo: "Give an address that can be read from here, a Blob, or the file's bytes",
      cause,
    });
  }
}

/** Node says only "fetch failed", and why in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  const why = cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : undefined;
  return why ? `${message} (${why})` : message;
}
