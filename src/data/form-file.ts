// A file of data, as the forms of data see it: its first bytes tell what it is, and it lies on disk
// or in an archive.

/** A file of data, wherever it lies. */
export interface FormFile {
  /** Its path as a person would write it: `data/x.npy`, `photos.zip: data/x.npy`. */
  readonly name: string;
  /**
   * Below the folder or archive that it was found in, parts joined by `/`; its last part where it
   * was given itself.
   */
  readonly below: string;
  readonly size: number;
  /** Its first bytes, 4096 or all. */
  readonly head: Uint8Array;
  /** Where it lies on disk; null in an archive. */
  readonly path: string | null;
  /** All bytes. @throws DcganError that names it */
  read(): Promise<Uint8Array>;
}

export function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
