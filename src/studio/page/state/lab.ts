// The networks that the views Explore, Draw and Inside look into, and what one of these views hands
// to the next: the sample that was chosen, and the drawing. Networks are opened once for a
// checkpoint, and stay while a person goes from view to view.
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { sidesOf } from '../../../data/image-size.ts';
import type { CheckpointHead } from '../../api.ts';
import type { ClassChoice, NetworkSource, Networks } from '../sources/networks.ts';
import { t } from '../strings/index.ts';
import type { Paper } from './paper.ts';
import type { ImageForm } from './pictures.ts';

export interface Sample {
  /** [latent] */
  readonly noise: Float32Array;
  /** Its class or group; null for a model without. */
  readonly label: number | null;
}

/** The sample that was looked at last. */
export const chosen = signal<Sample | null>(null);
export const drawing = signal<Paper | null>(null);
/** The class or group of the nearest thing to the drawing that the generator was found to make. */
export const drawingLabel = signal<number | null>(null);
/** The samples that a path leads through. */
export const pins = signal<readonly Sample[]>([]);
export const MOST_PINS = 12;

/** What each of the three views gets. */
export interface LabProps {
  readonly id: string;
  readonly networks: Networks;
  readonly source: NetworkSource;
  readonly checkpoint: CheckpointHead;
}

interface Opened {
  readonly key: string;
  readonly networks: Promise<Networks>;
}

let opened: Opened | null = null;

function open(source: NetworkSource, id: string, checkpoint: string): Promise<Networks> {
  const key = JSON.stringify([id, checkpoint]);
  if (opened?.key === key) return opened.networks;
  const before = opened;
  if (before && JSON.parse(before.key)[0] !== id) {
    chosen.value = null;
    drawing.value = null;
    drawingLabel.value = null;
    pins.value = [];
  }
  const networks = source.open(id, checkpoint);
  opened = { key, networks };
  before?.networks.then((old) => old.dispose()).catch(() => {});
  networks.catch(() => {
    if (opened?.key === key) opened = null;
  });
  return networks;
}

export function formOf({ facts: { imageSize, channels } }: Networks): ImageForm {
  const [height, width] = sidesOf(imageSize);
  return { height, width, channels };
}

/** Labels as the networks take them; nothing for a model without classes. */
export const classesFor = (labels: readonly (number | null)[]): ClassChoice =>
  labels.some((label) => label === null) ? {} : { classes: labels as readonly number[] };

/** The classes that can be asked for: the data had an image of each. */
export function knownLabels({ facts: { classes }, classNames }: Networks): number[] {
  return Array.from({ length: classes }, (_, label) => label).filter((label) => classNames?.[label] !== null);
}

/** A class or group as a person reads it; null for a model without. */
export function labelName({ facts: { groups }, classNames }: Networks, label: number | null): string | null {
  if (label === null) return null;
  if (groups > 0) return t.value.group(label);
  const name = classNames?.[label] ?? '';
  return /^\d*$/.test(name) ? t.value.classNumber(label) : name;
}

/** The networks of a checkpoint; null while they are opened, and then the error, if any. */
export function useNetworks(
  source: NetworkSource,
  id: string,
  checkpoint: string | null,
): { readonly networks: Networks | null; readonly error: string | null } {
  const [found, setFound] = useState<{ networks: Networks | null; error: string | null }>({
    networks: null,
    error: null,
  });
  useEffect(() => {
    if (checkpoint === null) return;
    let current = true;
    setFound({ networks: null, error: null });
    open(source, id, checkpoint).then(
      (networks) => current && setFound({ networks, error: null }),
      (reason: Error) => current && setFound({ networks: null, error: reason.message }),
    );
    return () => {
      current = false;
    };
  }, [source, id, checkpoint]);
  return found;
}

/**
 * Runs one piece of work at a time, and after it only the newest one that was asked for meanwhile,
 * so that a slider never waits for places that it has left.
 */
export class Latest {
  #next: (() => Promise<void>) | null = null;
  #busy = false;

  run(work: () => Promise<void>): void {
    this.#next = work;
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    while (this.#next) {
      const work = this.#next;
      this.#next = null;
      // Networks that were closed meanwhile answer with an error that nobody waits for.
      await work().catch(() => {});
    }
    this.#busy = false;
  }
}
