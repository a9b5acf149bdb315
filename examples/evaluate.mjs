// Says how good a checkpoint's samples are, and how far pictures that you made are from the data.
import { DCGAN, datasets, evaluate } from 'dcgan';

const count = Number(process.argv[3] ?? 1000);
const gan = await DCGAN.load(process.argv[2] ?? 'sevens.safetensors');
const { features, slicedWasserstein } = await evaluate(gan, { data: 'mnist', count });
await gan.dispose();
const { frechetDistance, precision, recall } = features;
console.log(
  `samples: Fréchet distance ${frechetDistance.value.toFixed(1)}, of real digits ${frechetDistance.floor.toFixed(1)}`,
);
console.log(`precision ${precision.value.toFixed(2)}, recall ${recall.value.toFixed(2)}`);
for (const { side, value } of slicedWasserstein)
  console.log(`sliced Wasserstein distance at ${side}: ${value.toFixed(1)}`);

const noise = Float32Array.from({ length: count * 28 * 28 }, () => 2 * Math.random() - 1);
const ofNoise = await evaluate(noise, { data: datasets.mnist(), count });
console.log(`noise: Fréchet distance ${ofNoise.features.frechetDistance.value.toFixed(1)}`);
