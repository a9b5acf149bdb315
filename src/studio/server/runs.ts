// Finds the runs below a folder, and names them. The page asks for a run by its name alone, and a
// name that is not in the list leads nowhere, whatever it contains.
import { type Dirent, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CONFIG_NAME } from '../../train/run-names.ts';
import type { RunHead } from '../api.ts';
import { Heads, type HolderOf, type RunPlace } from './heads.ts';

/** A sweep's runs lie in a folder of their own, and those of several sweeps one deeper. */
const DEEPEST = 3;
/** More folders than this are not looked through, since the wrong folder was given then. */
const MOST_FOLDERS = 20_000;
const AT_ONCE = 16;

export class Runs {
  readonly root: string;
  readonly #heads: Heads;
  #places = new Map<string, RunPlace>();

  constructor(root: string, holderOf: HolderOf) {
    this.root = root;
    this.#heads = new Heads(holderOf);
  }

  /** Returns the run of that name; null when there is none. */
  find(id: string): RunPlace | null {
    if (!this.#places.has(id)) this.#scan();
    return this.#places.get(id) ?? null;
  }

  head(place: RunPlace): Promise<RunHead> {
    return this.#heads.read(place);
  }

  /** Reads all runs; the one that changed last comes first. */
  async list(): Promise<RunHead[]> {
    this.#scan();
    const places = [...this.#places.values()];
    this.#heads.keepOnly(places);
    const heads: RunHead[] = [];
    for (let i = 0; i < places.length; i += AT_ONCE)
      heads.push(...(await Promise.all(places.slice(i, i + AT_ONCE).map((place) => this.head(place)))));
    return heads.sort((a, b) => b.changed - a.changed);
  }

  #scan(): void {
    const places = new Map<string, RunPlace>();
    let folders = 0;
    const visit = (parts: readonly string[]): void => {
      if (++folders > MOST_FOLDERS) return;
      const path = join(this.root, ...parts);
      if (parts.length > 0 && existsSync(join(path, CONFIG_NAME))) {
        places.set(parts.join('/'), { root: this.root, parts });
        return;
      }
      if (parts.length === DEEPEST) return;
      for (const entry of entriesOf(path))
        if (entry.isDirectory() && !entry.name.startsWith('.')) visit([...parts, entry.name]);
    };
    visit([]);
    this.#places = places;
  }
}

function entriesOf(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return []; // removed, or not for us to read
  }
}
