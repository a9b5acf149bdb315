// Calls from a page to its Worker and back. One message calls a method of the Worker by its name;
// another brings the result or the error. A DcganError arrives with all its parts.
import { type Complaint, DcganError } from '../platform/errors.ts';
import type { PageGlobal } from '../platform/page.ts';

export interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

export type Reply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly fault: Fault };

/** An error as a message. Its cause may be anything, so it is not sent. */
type Fault = { readonly complaint: Complaint } | { readonly message: string };

export function faultOf(error: unknown): Fault {
  if (!(error instanceof DcganError)) return { message: error instanceof Error ? error.message : String(error) };
  const { cause: _, ...complaint } = error.complaint;
  return { complaint };
}

export function errorOf(fault: Fault): Error {
  return 'complaint' in fault ? new DcganError(fault.complaint) : new Error(fault.message);
}

/**
 * Answers calls by the methods of `face`, one after another in the order of their arrival, except
 * for those named in `atOnce`.
 */
export function serve(scope: PageGlobal, face: object, atOnce: readonly string[]): void {
  const methods = face as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;
  let tail: Promise<unknown> = Promise.resolve();
  scope.onmessage = ({ data }) => {
    const { id, method, args } = data as Call;
    const answer = async (): Promise<void> => {
      let reply: Reply;
      try {
        reply = { id, ok: true, value: await methods[method]!(...args) };
      } catch (error) {
        reply = { id, ok: false, fault: faultOf(error) };
      }
      scope.postMessage(reply);
    };
    if (atOnce.includes(method)) void answer();
    else tail = tail.then(answer);
  };
}

/**
 * Returns an array that fills its buffer, because a message would send the whole buffer of a part.
 */
export function whole<T extends Float32Array | Uint8Array>(values: T): T {
  return values.byteLength === values.buffer.byteLength ? values : (values.slice() as T);
}
