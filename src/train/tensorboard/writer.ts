// `train --tensorboard`: an event file beside metrics.jsonl. It has the losses and scores of every
// step, and of every epoch the means, the evaluation, the picture and histograms of the weights. A
// resume cuts it back to its checkpoint, so it reads as if the run had never stopped.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeOwnFile } from '../../platform/durable.ts';
import { GrowingFile } from '../../platform/growing-file.ts';
import { readPlainFile } from '../../platform/plain-file.ts';
import type { Picture } from '../../render/grid.ts';
import { encodePng } from '../../render/png.ts';
import type { State } from '../loop.ts';
import type { MetricsLine } from '../metrics.ts';
import { bytesUpTo, type EventValue, eventRecord, firstRecord } from './event-file.ts';
import { histogramOf } from './histogram.ts';

/** TensorBoard takes every file for its own that has `tfevents` in its name. */
export const EVENTS_NAME = 'events.out.tfevents.dcgan';

/** Names of a network's weights; moments and running statistics have no histogram. */
const WEIGHTS = /^(?:ema\/)?(?:generator|discriminator)\/.+\/(?:kernel|bias|gamma|beta)$/;
/** What a line has beside its figures. */
const NO_FIGURES = ['step', 'epoch', 'seconds', 'time', 'samples'];

export class EventWriter {
  readonly #file: GrowingFile;
  /** What belongs to the epoch under way and is written with its end. */
  #epoch: Record<string, EventValue> = {};
  /** Seconds since 1970 of the newest line. */
  #time = now();

  /** @param step steps of the state that the run begins or continues with */
  constructor(run: string, step: number) {
    const path = join(run, EVENTS_NAME);
    const old = step > 0 && existsSync(path) ? readPlainFile(path) : null;
    const kept = old ? bytesUpTo(old, step) : 0;
    // Where not even the first record is whole the file begins anew.
    if (old === null || kept === 0) writeOwnFile(path, firstRecord(now()));
    else if (kept < old.length) writeOwnFile(path, old.subarray(0, kept));
    this.#file = new GrowingFile(path);
  }

  line(line: MetricsLine): void {
    this.#time = line.time === undefined ? now() : line.time / 1000;
    if (line.type === 'step') this.#add(line.step, figures('step', line));
    else if (line.type === 'epoch') Object.assign(this.#epoch, figures('epoch', line));
    else Object.assign(this.#epoch, { [`evaluation/${line.measure}`]: line.value, 'evaluation/floor': line.floor });
  }

  /** Takes the picture after `epoch` epochs; that before the first step is written at once. */
  picture(epoch: number, picture: Picture): void {
    const { width, height, channels } = picture;
    const value = { width, height, channels, png: encodePng(picture) };
    if (epoch === 0) this.#add(0, { samples: value });
    else this.#epoch.samples = value;
  }

  /** Writes all that belongs to the epoch which ends with this step. */
  epochEnds(step: number, state: State): void {
    const weights = [...state].filter(([name]) => WEIGHTS.test(name));
    const histograms = weights.map(([name, { data }]): [string, EventValue] => [name, histogramOf(data)]);
    this.#add(step, { ...this.#epoch, ...Object.fromEntries(histograms) });
    this.#epoch = {};
  }

  /** @throws DcganError when not everything is on the disk */
  sync(): void {
    this.#file.sync();
  }

  #add(step: number, values: Readonly<Record<string, EventValue>>): void {
    this.#file.add(eventRecord({ time: this.#time, step, values }));
  }
}

const now = (): number => Date.now() / 1000;

/** A line's numbers under `group/name`. */
function figures(group: string, line: MetricsLine): Record<string, number> {
  const numbers = Object.entries(line).filter(
    (pair): pair is [string, number] => typeof pair[1] === 'number' && !NO_FIGURES.includes(pair[0]),
  );
  return Object.fromEntries(numbers.map(([name, value]) => [`${group}/${name}`, value]));
}
