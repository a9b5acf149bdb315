// A page's findings: in its own files where it has such, else for as long as it is open. Takes the
// place of findings.ts in the page's build (package.json, "browser").
import { readKept, writeKept } from './opfs.ts';

const FOLDER = ['dcgan', 'findings'];
const here = new Map<string, unknown>();

/** What `keepFinding` was given under this name, or undefined. */
export async function finding(name: string): Promise<unknown> {
  if (here.has(name)) return here.get(name);
  try {
    const file = await readKept(FOLDER, name);
    return file ? JSON.parse(await file.text()) : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a finding, for later visits too where there is a place. */
export async function keepFinding(name: string, value: unknown): Promise<void> {
  here.set(name, value);
  await writeKept(FOLDER, name, new TextEncoder().encode(JSON.stringify(value))).catch(() => {});
}
