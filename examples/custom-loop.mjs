// Trains in a loop of its own, with steps on images in memory, and saves a checkpoint at the end.
import { DCGAN, datasets } from 'dcgan';

const mnist = datasets.mnist();
const sevens = [...mnist.labels.keys()].filter((i) => mnist.labels[i] === 7);
const gan = await DCGAN.create({ preset: 'tiny', seed: 7 });
const { batchSize } = gan.config;
for (let step = 0; step < 20; step++) {
  const at = (step * batchSize) % (sevens.length - batchSize);
  const { generatorLoss, discriminatorLoss } = await gan.step(mnist.batch(sevens.slice(at, at + batchSize)));
  if ((step + 1) % 10 === 0)
    console.log(`step ${gan.steps}: ${generatorLoss.toFixed(3)} ${discriminatorLoss.toFixed(3)}`);
}
await gan.save(process.argv[2] ?? 'sevens.safetensors');
await gan.dispose();
