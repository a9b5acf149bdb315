// Loads the npm package sharp (libvips) when pictures are first decoded or encoded. It is a native
// library, and most commands do not need it.
import type { Sharp, SharpOptions } from 'sharp';
import { DcganError } from './errors.ts';

export type SharpFactory = (input: Uint8Array, options: SharpOptions) => Sharp;

let loading: Promise<SharpFactory> | undefined;

/**
 * Loads sharp once.
 * @throws DcganError when the package can't be loaded on this machine
 */
export function loadSharp(): Promise<SharpFactory> {
  loading ??= import('sharp').then(
    ({ default: sharp }) => {
      // libvips would keep what it decoded last, in case it is asked again: 1.8 GB where one
      // picture at a time takes 0.7. No picture is decoded twice here.
      sharp.cache(false);
      return sharp;
    },
    (cause: unknown) => {
      throw new DcganError({
        what: "pictures can't be decoded or encoded: the npm package sharp can't be loaded on this machine",
        got: (cause as Error).message.split('\n')[0] ?? 'no reason',
        todo: 'Install it for this machine: npm install --include=optional sharp@0.35.5',
        cause,
      });
    },
  );
  return loading;
}
