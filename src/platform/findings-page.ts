// Keeps the findings of a page in its own files where it has such files, else as long as it is
// open. This file replaces findings.ts in the page's build (package.json, "browser").
import { readKept, writeKept } from './opfs.ts';

const FOLDER = ['dcgan', 'findings'];
const here = new Map<string, unknown>();

/** Returns the value that `keepFinding` stored under this name, or undefined. */
export async function finding(name: string): Promise<unknown> {
  if (here.has(name)) return here.get(name);
  try {
    const file = await readKept(FOLDER, name);
    return file ? JSON.parse(await file.text()) : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a finding, also for later visits where the page can store it. */
export async function keepFinding(name: string, value: unknown): Promise<void> {
  here.set(name, value);
  await writeKept(FOLDER, name, new TextEncoder().encode(JSON.stringify(value))).catch(() => {});
}
