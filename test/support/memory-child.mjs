// Trains tf2018 on all of MNIST and prints the process's resident bytes after each step:
//   node memory-child.mjs STEPS
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { train } from '../../dist/index.js';

const steps = Number(process.argv[2]);
const folder = mkdtempSync(join(tmpdir(), 'dcgan-memory-'));
const stop = new AbortController();
try {
  for await (const event of train({
    seed: 1,
    device: 'native',
    threads: 2,
    out: join(folder, 'run'),
    signal: stop.signal,
  })) {
    if (event.type !== 'step') continue;
    console.log(process.memoryUsage().rss);
    if (event.step === steps) stop.abort();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
