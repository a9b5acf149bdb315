// Trains a small model and prints what happens. You may break out of the loop at any time: the run
// saves itself first.
import { train } from 'dcgan';

for await (const event of train({ preset: 'tiny', limit: 640, epochs: 2, seed: 7, out: process.argv[2] })) {
  if (event.type === 'run') console.log(`training in ${event.folder} on ${event.info.device}`);
  if (event.type === 'epoch')
    console.log(
      `epoch ${event.epoch}: generator loss ${event.generatorLoss.toFixed(3)}, ${event.seconds.toFixed(1)} s`,
    );
  if (event.type === 'done') console.log(`film: ${event.gif}`);
}
