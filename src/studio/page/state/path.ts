// A path from pin to pin: noise along great circles and classes in equal steps, as
// `dcgan interpolate` walks, and its pictures as files.
import { mixedClasses, spherical } from '../../../gan/between.ts';
import { encodeGif } from '../../../render/gif.ts';
import { makeGrid, type Picture } from '../../../render/grid.ts';
import type { Networks } from '../sources/networks.ts';
import { formOf, type Sample } from './lab.ts';
import { bytesOf, type ImageForm, paint, valuesOf } from './pictures.ts';

/** Pictures from one pin to the next, both included. */
export const STEPS = 24;
export const FRAMES_PER_SECOND = 10;

/** Where the path goes: back to the first pin where it is a loop. */
export const stopsOf = (pins: readonly Sample[], loop: boolean): readonly Sample[] =>
  loop && pins.length > 1 ? [...pins, pins[0]!] : pins;

/**
 * Every picture of each part, [parts][STEPS] bytes, part by part, so that the first ones show soon.
 * `wanted` says whether anybody still waits for the rest.
 */
export async function walk(
  networks: Networks,
  stops: readonly Sample[],
  take: (parts: readonly (readonly Uint8Array[])[]) => void,
  wanted: () => boolean,
): Promise<void> {
  const { classes } = networks.facts;
  const parts: (readonly Uint8Array[])[] = [];
  for (let i = 1; i < stops.length && wanted(); i++) {
    const [from, to] = [stops[i - 1]!, stops[i]!];
    const noise = spherical(from.noise, to.noise, STEPS);
    const mixed = from.label !== null && to.label !== null;
    const choice = mixed ? { shares: mixedClasses(from.label, to.label, STEPS, classes) } : {};
    parts.push(bytesOf(await networks.generate(noise, choice), formOf(networks)));
    if (wanted()) take([...parts]);
  }
}

/** The pictures in order; where two parts meet, their shared picture appears once. */
export const framesOf = (parts: readonly (readonly Uint8Array[])[]): Uint8Array[] =>
  parts.flatMap((part, i) => part.slice(i === 0 ? 0 : 1));

const enlarged = (bytes: Uint8Array, { height, width, channels }: ImageForm): Picture =>
  makeGrid(bytes, [1, height, width, channels], { frame: true });

/** A film: round and round in a loop, else there and back. */
export function filmOf(frames: readonly Uint8Array[], loop: boolean, networks: Networks): Picture[] {
  const whole = loop ? frames : [...frames, ...frames.slice(1, -1).reverse()];
  return whole.map((frame) => enlarged(frame, formOf(networks)));
}

export const gifOf = (film: readonly Picture[]): Uint8Array => encodeGif(film, FRAMES_PER_SECOND);

/** All pictures in one, a row for each part. */
export function stripOf(parts: readonly (readonly Uint8Array[])[], networks: Networks): Picture {
  const frames = parts.flat();
  const form = formOf(networks);
  const all = new Uint8Array(frames.length * valuesOf(form));
  frames.forEach((frame, i) => {
    all.set(frame, i * frame.length);
  });
  return makeGrid(all, [frames.length, form.height, form.width, form.channels], { columns: STEPS });
}

const WEBM = 'video/webm';
export const canRecord = (): boolean => typeof MediaRecorder === 'function' && MediaRecorder.isTypeSupported(WEBM);

/** Plays a film once and records what is seen. */
export async function webmOf(film: readonly Picture[]): Promise<Blob> {
  const canvas = document.createElement('canvas');
  paint(canvas, film[0]!);
  const recorder = new MediaRecorder(canvas.captureStream(), { mimeType: WEBM });
  const parts: Blob[] = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const ended = new Promise((resolve) => {
    recorder.onstop = resolve;
  });
  recorder.start();
  for (const picture of film) {
    paint(canvas, picture);
    await new Promise((resolve) => setTimeout(resolve, 1000 / FRAMES_PER_SECOND));
  }
  recorder.stop();
  await ended;
  return new Blob(parts, { type: WEBM });
}
