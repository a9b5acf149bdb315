// Writes a file in the golden format for a step of `best`, which TensorFlow's file does not hold. Our
// own device computes it, on MNIST's digits with their own classes in place of groups. Peers are
// checked with it:
//   node bench/peers/golden.mjs FILE
//   python bench/peers/python/pytorch_step.py --preset best --golden FILE --images MNIST_IDX
import { writeFileSync } from 'node:fs';
import { encodeTensors } from '../../dist/checkpoint/safetensors.js';
import { openDataset } from '../../dist/data/open.js';
import { replayGolden } from '../../dist/gan/golden.js';

const [file] = process.argv.slice(2);
// The embeddings have a row for each of 100 groups; the digits use ten of them.
const metadata = {
  preset: 'best',
  config: JSON.stringify({ classes: 100 }),
  seed: '5',
  batch: '8',
  real: '6',
  steps: '2',
};
const made = await replayGolden(encodeTensors(new Map(), metadata), file, openDataset(), { device: 'native' });
const tensors = [...made.tensors].map(([name, data]) => [
  name,
  { shape: name === 'losses' ? [data.length / 2, 2] : [data.length], data },
]);
writeFileSync(file, encodeTensors(new Map(tensors), metadata));
