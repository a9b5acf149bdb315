// Trains in its own process, which the test kills: node train-child.mjs RUN [DEVICE] [EPOCHS]. It starts the
// run or resumes it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { train } from '../../dist/index.js';

const [run, device = 'auto', epochs = '150'] = process.argv.slice(2);
const options = existsSync(join(run, 'config.json'))
  ? { resume: run }
  : { preset: 'tiny', limit: 48, batchSize: 8, epochs: Number(epochs), seed: 5, out: run };
for await (const event of train({ ...options, device, threads: 2 })) console.log(event.type);
