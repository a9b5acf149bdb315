// Shows numbers, pictures and sentences on the page. It does not know how they come about.
import { type Picture, pictures, type RunEvent, type StepEvent } from 'dcgan/browser';
import { Chart } from './chart.ts';

function element<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

export const controls = {
  settings: element<HTMLFormElement>('settings'),
  start: element<HTMLButtonElement>('start'),
  pause: element<HTMLButtonElement>('pause'),
  sample: element<HTMLButtonElement>('sample'),
  save: element<HTMLButtonElement>('save'),
  open: element<HTMLInputElement>('open'),
};

const chart = new Chart(element('chart'), [...element('chart-words').children]);
let stepsPerEpoch = 1;
let images = 0;
/** The smoothed seconds of a step; null before the first. */
let pace: number | null = null;

/** Says in a sentence what goes on. Screen readers read it aloud, so call it only for changes. */
export function say(sentence: string): void {
  element('status').textContent = sentence;
}

/** Shows what went wrong and what to do; null removes it. */
export function showProblem(sentence: string | null): void {
  const place = element('problem');
  place.hidden = sentence === null;
  place.textContent = sentence;
}

export function showPicture({ width, height, ...rest }: Picture, caption: string): void {
  const canvas = element<HTMLCanvasElement>('grid');
  Object.assign(canvas, { width, height, ariaLabel: caption });
  const data = new ImageData(pictures.rgba({ width, height, ...rest }), width);
  canvas.getContext('2d')!.putImageData(data, 0, 0);
  element('caption').textContent = caption;
}

export function showRun(run: RunEvent): void {
  const { info, config, data } = run;
  stepsPerEpoch = run.stepsPerEpoch;
  images = config.batchSize;
  pace = null;
  if (run.resumed === null) chart.clear();
  const cores = `${info.threads} of ${navigator.hardwareConcurrency} cores`;
  const device = info.device === 'wasm' ? `WebAssembly on ${cores}` : info.device;
  element('device').textContent =
    `${config.preset} on ${data.count.toLocaleString('en')} images; ${device} (${info.reason}). Nothing leaves your machine.`;
}

/** @returns how long a whole epoch takes, in words, once it is known */
export function showStep(event: StepEvent): string | null {
  pace = pace === null ? event.seconds : 0.9 * pace + 0.1 * event.seconds;
  const text: Readonly<Record<string, string>> = {
    step: event.step.toLocaleString('en'),
    speed: Math.round(images / pace).toLocaleString('en'),
    realScore: event.realScore.toFixed(3),
    fakeScore: event.fakeScore.toFixed(3),
    generatorLoss: event.generatorLoss.toFixed(3),
    discriminatorLoss: event.discriminatorLoss.toFixed(3),
  };
  for (const [id, words] of Object.entries(text)) element(id).textContent = words;
  element<HTMLProgressElement>('progress').value = event.stepInEpoch / stepsPerEpoch;
  chart.add([event.generatorLoss, event.discriminatorLoss]);
  return event.stepInEpoch % 10 === 0 ? duration(pace * stepsPerEpoch) : null;
}

function duration(seconds: number): string {
  if (seconds < 1.5) return 'a second';
  if (seconds < 90) return `${Math.round(seconds)} seconds`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} minutes` : `${(seconds / 3600).toFixed(1)} hours`;
}
