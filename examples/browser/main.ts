// A page that trains a DCGAN in front of its visitor. Pausing is stopping: the run saves itself and
// goes on later with the same bits. So sampling or saving in the middle stops the run and uses its
// checkpoint.
import { DCGAN, datasets, pictures, runs, type TrainOptions, train } from 'dcgan/browser';
import { controls, say, showPicture, showProblem, showRun, showStep } from './view.ts';

/** The page keeps one run, among its own files where the browser gives it some. */
const KEPT = 'example';
const PICTURE_EVERY = 25;

interface Checkpoint {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

let newest: Checkpoint | null = null;
let stop: AbortController | null = null;
let running: Promise<void> = Promise.resolve();
let mnist: ReturnType<typeof datasets.idx> | null = null;
const canKeep = await runs.list().then(
  () => true,
  () => false,
);

async function openMnist(): ReturnType<typeof datasets.idx> {
  const response = await fetch('train-images-idx3-ubyte');
  if (!response.ok) throw new Error(`MNIST could not be fetched: HTTP status ${response.status}. Reload the page.`);
  return datasets.idx(await response.blob(), { name: 'mnist' });
}

function setting(name: string): string {
  return String(new FormData(controls.settings).get(name));
}

function enable(): void {
  const training = stop !== null;
  controls.start.disabled = training;
  controls.open.disabled = training;
  controls.pause.disabled = !training && newest === null;
  controls.pause.textContent = training ? 'Pause' : 'Go on';
  controls.sample.disabled = newest === null && !training;
  controls.save.disabled = newest === null && !training;
}

/** Trains until the end or a stop. Shows errors, and how to go on. */
async function run(options: Omit<TrainOptions, 'data'>): Promise<void> {
  stop = new AbortController();
  enable();
  showProblem(null);
  say('Preparing.');
  try {
    mnist ??= openMnist();
    const common = { data: await mnist, limit: Number(setting('limit')), signal: stop.signal };
    for await (const event of train({ ...options, ...common, pictureEvery: PICTURE_EVERY })) {
      if (event.type === 'run') showRun(event);
      if (event.type === 'step') {
        const epoch = showStep(event);
        if (epoch !== null && event.stepInEpoch === 10)
          say(`Training epoch ${event.epoch}. An epoch takes about ${epoch}.`);
      }
      if (event.type === 'picture')
        showPicture(
          event.picture,
          event.step === 0
            ? 'Sixteen points of noise, before training.'
            : `The same sixteen points after ${event.step.toLocaleString('en')} steps.`,
        );
      if (event.type === 'warning') showProblem(`${event.seen}. ${event.help}.`);
      if (event.type === 'checkpoint' || event.type === 'interrupted') newest = event;
      if (event.type === 'interrupted') say(`Paused after step ${event.step.toLocaleString('en')}.`);
      if (event.type === 'done') say(`Done after epoch ${event.epochs}.`);
    }
  } catch (error) {
    mnist = null;
    const way = newest === null ? '' : ' What was saved is not lost: press Go on.';
    showProblem(`${(error as Error).message}${way}`);
    say('Stopped.');
  } finally {
    stop = null;
    enable();
  }
}

/** Begins a run from its start, or from a checkpoint's bytes. */
async function begin(options: Omit<TrainOptions, 'data'>): Promise<void> {
  if (canKeep) await runs.remove(KEPT);
  await run({ ...options, ...(canKeep && { keep: KEPT }) });
}

function goOn(): Promise<void> {
  return run({ resume: canKeep ? KEPT : newest!.bytes });
}

/** Stops a training that is under way, and returns the newest state. */
async function pause(): Promise<Checkpoint | null> {
  stop?.abort();
  await running;
  return newest;
}

/** Leaves the training paused, so that the samples can be looked at. */
async function sample(): Promise<void> {
  const checkpoint = await pause();
  if (checkpoint === null) return;
  const gan = await DCGAN.load(checkpoint.bytes);
  try {
    const picture = pictures.grid(await gan.generate(16), [16, ...gan.imageShape]);
    showPicture(picture, `Sixteen new points of noise, after ${gan.steps.toLocaleString('en')} steps.`);
  } finally {
    await gan.dispose();
  }
}

async function save(): Promise<void> {
  const training = stop !== null;
  const checkpoint = await pause();
  if (checkpoint === null) return;
  const { name, bytes } = checkpoint;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
  if (training) running = goOn();
}

/** Reads the whole file before the run that is kept makes room for it. */
async function open(file: File): Promise<void> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  await (await DCGAN.load(bytes)).dispose();
  newest = { name: file.name, bytes };
  running = begin({ resume: bytes });
}

const shown = (error: unknown): void => showProblem((error as Error).message);

controls.settings.addEventListener('submit', (event) => {
  event.preventDefault();
  if (newest !== null && !confirm('Start a new run? This page then forgets the one it keeps.')) return;
  newest = null;
  running = begin({ preset: setting('preset'), epochs: Number(setting('epochs')) });
});
controls.pause.addEventListener('click', () => {
  if (stop === null) running = goOn();
  else stop.abort();
});
controls.sample.addEventListener('click', () => sample().catch(shown));
controls.save.addEventListener('click', () => save().catch(shown));
controls.open.addEventListener('change', () => {
  const [file] = controls.open.files ?? [];
  if (file) open(file).catch(shown);
  controls.open.value = '';
});

// An earlier visit may have left a run.
const left = canKeep ? await runs.newest(KEPT) : null;
if (left !== null) {
  newest = { name: left.name, bytes: new Uint8Array(await left.file.arrayBuffer()) };
  say(`This page keeps a run from before (${left.name}). Press Go on, or Start for a new one.`);
}
enable();
