// The runs that this page keeps in the browser, by name, with their newest checkpoints.
import { download } from './download.ts';

export interface KeptRun {
  readonly name: string;
  /** The file of its newest checkpoint, by a name that says whose it is. */
  readonly newest: File;
}

/** All kept runs; null where the browser keeps no files for this page. */
export async function keptRuns(): Promise<readonly KeptRun[] | null> {
  const { runs } = await import('dcgan/browser');
  try {
    const names = await runs.list();
    const found = await Promise.all(
      names.map(async (name) => {
        const newest = await runs.newest(name);
        return newest && { name, newest: fileOf(name, newest.name, newest.file) };
      }),
    );
    return found.filter((run) => run !== null);
  } catch {
    return null;
  }
}

export async function removeKept(name: string): Promise<void> {
  const { runs } = await import('dcgan/browser');
  await runs.remove(name);
}

/** A checkpoint as a file of its own, which `dcgan info` and `dcgan sample` open. */
export const fileOf = (run: string, name: string, content: Blob | Uint8Array): File =>
  new File([content as BlobPart], `${run}-${name}`);

export const downloadFile = (file: File): void => download(file.name, 'application/octet-stream', file);
