// Loads a checkpoint and prints a generated digit as text. The same seed gives the same digit.
import { DCGAN } from 'dcgan';

const gan = await DCGAN.load(process.argv[2] ?? 'sevens.safetensors');
const [height, width] = gan.imageShape;
const image = await gan.generate(1, { seed: 42 });
for (let y = 0; y < height; y++) {
  const row = image.subarray(y * width, (y + 1) * width);
  console.log([...row].map((value) => ' .:-=+*#%@'[Math.round(4.5 * (value + 1))]).join(''));
}
await gan.dispose();
