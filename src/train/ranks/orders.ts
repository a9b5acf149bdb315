// What the leader of a run tells its followers, and what they answer. Each order is a text; the
// bytes that belong to it follow as a broadcast of their own.
import type { Config } from '../../gan/schema.ts';
import { complaintText, DcganError } from '../../platform/errors.ts';

/** Where the images are and how they are read, as options of a training. */
export interface AskedData {
  /** A name or a path; null where the leader itself was given a dataset. */
  readonly data: string | null;
  readonly options: Readonly<Record<string, unknown>>;
  readonly count: number;
  readonly sha256: string;
}

/** Open the data and the model. The labels [count] follow where the configuration has classes. */
export interface PrepareOrder {
  readonly order: 'prepare';
  readonly version: string;
  readonly config: Config;
  readonly seed: number;
  readonly device: string;
  readonly variant: string;
  readonly data: AskedData;
}

export type Order =
  | PrepareOrder
  /** The run lies in `folder`, as the leader sees it. Its state follows. */
  | { readonly order: 'begin'; readonly folder: string }
  | { readonly order: 'step'; readonly step: number; readonly images: readonly number[] }
  | { readonly order: 'end' };

/** An answer to `prepare`: what is wrong, in words, or null. */
export interface PrepareAnswer {
  readonly wrong: string | null;
  readonly todo?: string | undefined;
}

const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];

export function encodeOrder(order: Order): Uint8Array {
  return encoder.encode(JSON.stringify(order));
}

export function decodeOrder(bytes: Uint8Array): Order {
  return JSON.parse(decoder.decode(bytes)) as Order;
}

/** The values as bytes, without a copy. */
export function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Puts an error into an answer. */
export function answerOf(error: unknown): PrepareAnswer {
  if (!(error instanceof DcganError)) return { wrong: error instanceof Error ? error.message : String(error) };
  return { wrong: complaintText(error.complaint), todo: error.complaint.todo };
}
