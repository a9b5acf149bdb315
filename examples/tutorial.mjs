// TensorFlow's notebook of 2018 from top to bottom: a DCGAN learns to write digits.
// node examples/tutorial.mjs [FOLDER] [EPOCHS] [IMAGES]
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DCGAN, datasets, pictures } from 'dcgan';

const [folder = 'tutorial', epochs = '150', limit = '60000'] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });

// Data: digits of 28 x 28 grey pixels. `batch` scales them to [-1, 1].
const digits = datasets.mnist().limit(Number(limit));

// Models, losses and optimisers. These are the values of the preset, written out.
const gan = await DCGAN.create({
  preset: 'tf2018',
  seed: 2018,
  latent: 100, // numbers of noise that the generator makes an image of
  generatorWidths: [64, 64, 32], // 7 x 7 x 64, 7 x 7 x 64, 14 x 14 x 32; the last layer makes 28 x 28 x 1
  discriminatorWidths: [64, 128], // 14 x 14 x 64, 7 x 7 x 128; then one number, the logit
  dropout: 0.3,
  loss: 'ns', // sigmoid cross-entropy: reals are 1 and fakes are 0; the generator wants its fakes to be 1
  learningRate: 1e-4, // of both Adams
  beta1: 0.9,
  batchSize: 256,
});
console.log(`training on ${gan.info.device}`);

// Sixteen noise vectors, always the same, so that one sees the same pictures improve.
const noise = await gan.sampleNoise(16, 1);
const frames = [];
async function draw(epoch) {
  const picture = pictures.grid(await gan.generate(noise), [16, 28, 28, 1]);
  await pictures.save(join(folder, `image_at_epoch_${String(epoch).padStart(4, '0')}.png`), picture);
  frames.push(picture);
}

// The loop. One step updates both networks, each by the gradient of its own loss.
const { batchSize } = gan.config;
const checkpoint = join(folder, 'checkpoint.safetensors');
for (let epoch = 1; epoch <= Number(epochs); epoch++) {
  const start = performance.now();
  const order = [...Array(digits.count).keys()];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  for (let at = 0; at < order.length; at += batchSize) await gan.step(digits.batch(order.slice(at, at + batchSize)));
  gan.epoch = epoch;
  await draw(epoch);
  if (epoch % 15 === 0 || epoch === Number(epochs)) await gan.save(checkpoint);
  console.log(`Time taken for epoch ${epoch} is ${((performance.now() - start) / 1000).toFixed(1)} sec`);
}
await gan.dispose();

// The checkpoint holds all that was learned. The film shows how it was learned.
const restored = await DCGAN.load(checkpoint);
await pictures.save(join(folder, 'samples.png'), pictures.grid(await restored.generate(16), [16, 28, 28, 1]));
await pictures.save(join(folder, 'dcgan.gif'), frames);
await restored.dispose();
