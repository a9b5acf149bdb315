// Trains in a process of its own, to be killed: node train-child.mjs RUN [DEVICE]. Starts the run, or goes on with it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { train } from '../../dist/index.js';

const [run, device = 'auto'] = process.argv.slice(2);
const options = existsSync(join(run, 'config.json'))
  ? { resume: run }
  : { preset: 'tiny', limit: 48, batchSize: 8, epochs: 150, seed: 5, out: run };
for await (const event of train({ ...options, device, threads: 2 })) console.log(event.type);
