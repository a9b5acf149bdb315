// How well `gan.project` finds its way back. Two questions, each asked of so many pictures:
// - Pictures that the generator made: is what is found the same picture?
// - Real digits of MNIST's test set: does the digit classifier read the nearest picture that the
//   generator can make as the same digit?
//   npm run build && node bench/project/project.mjs CHECKPOINT [--count 100] [--steps N] [--starts N]
//     [--device NAME] [--threads N] [--markdown FILE]
import { parseArgs } from 'node:util';
import { openDataset } from '../../dist/data/open.js';
import { DCGAN } from '../../dist/gan/dcgan.js';
import { openDigits } from '../../dist/metrics/digits.js';
import { load, median, publish, setting, table, whole } from '../lib.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '100' },
    steps: { type: 'string', default: '400' },
    starts: { type: 'string', default: '8' },
    device: { type: 'string', default: 'cpu' },
    threads: { type: 'string' },
    markdown: { type: 'string' },
  },
});
const [checkpoint] = positionals;
if (!checkpoint) throw new Error('which checkpoint? node bench/project/project.mjs CHECKPOINT');
const count = whole('count', values.count);
const [steps, starts] = [whole('steps', values.steps), whole('starts', values.starts)];
const before = load();
const machine = { device: values.device, ...(values.threads && { threads: whole('threads', values.threads) }) };
/** The noise of the pictures that are to be found again; a search draws its own. */
const SEED = 20_18;
/** Mean errors below it reproduce a picture, in grey levels of 255. */
const SAME = 2;

const gan = await DCGAN.load(checkpoint, machine);
const classifier = await openDigits({ device: 'wasm', threads: 1 });
const [height, width, channels] = gan.imageShape;
const size = height * width * channels;

/** What was found for each picture [N, H, W, channels]. */
async function foundFor(what, pictures) {
  const found = [];
  const began = performance.now();
  for (let i = 0; i < pictures.length / size; i++) {
    found.push(await gan.project(pictures.subarray(i * size, (i + 1) * size), { steps, starts }));
    if (i % 10 === 9)
      console.error(`${what} ${i + 1}: ${((performance.now() - began) / 1000 / (i + 1)).toFixed(1)} s a picture`);
  }
  return { found, seconds: (performance.now() - began) / 1000 / found.length };
}

/** The digit that the classifier reads in each picture. */
async function digitsIn(pictures) {
  const { logits } = await classifier.extract(pictures, pictures.length / size);
  return Array.from({ length: logits.count }, (_, i) => {
    const row = logits.values.subarray(i * logits.width, (i + 1) * logits.width);
    return row.indexOf(Math.max(...row));
  });
}

const together = (found) => {
  const all = new Float32Array(found.length * size);
  found.forEach(({ image }, i) => {
    all.set(image, i * size);
  });
  return all;
};

const rows = [];
const shown = (values) => `${median(values).toFixed(2)} grey levels, at most ${Math.max(...values).toFixed(2)}`;
const { classes } = gan.config;
const labels = Array.from({ length: count }, (_, i) => (classes > 0 ? i % classes : 0));
const made = await gan.generate(count, { seed: SEED, ...(classes > 0 && { classes: labels }) });
{
  const { found, seconds } = await foundFor('made', made);
  const errors = found.map(({ distance }) => distance);
  const same = errors.filter((error) => error < SAME).length;
  rows.push([`made pictures found again, with a mean error below ${SAME} grey levels`, `${same} of ${count}`]);
  rows.push(['their mean error, median', shown(errors)]);
  rows.push(['seconds a picture', seconds.toFixed(1)]);
}
const digits = openDataset('mnist-test').limit(count);
const reals = digits.batch(Array.from({ length: count }, (_, i) => i));
{
  const { found } = await foundFor('real', reals);
  const read = await digitsIn(together(found));
  const ofReals = await digitsIn(reals);
  const right = read.filter((digit, i) => digit === digits.labels[i]).length;
  const readable = ofReals.filter((digit, i) => digit === digits.labels[i]).length;
  rows.push(['real digits whose nearest made picture the classifier reads as the same digit', `${right} of ${count}`]);
  rows.push(['the same of the real digits themselves', `${readable} of ${count}`]);
  rows.push(['distance of the nearest, median', shown(found.map(({ distance }) => distance))]);
}
await classifier.dispose();
const { device, variant } = gan.info;
const what = `${gan.config.preset} after ${gan.epoch} epochs, ${steps} steps from ${starts} starts, ${device} ${variant}`;
await gan.dispose();
publish('project', `${setting(before)}; ${what}\n\n${table(['what', 'measured'], rows)}`, values.markdown);
