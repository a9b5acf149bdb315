// Preload it (`--import`) to measure a process's memory: when the process ends, its peak of
// resident bytes goes to the file that $DCGAN_TEST_PEAK names.
import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

if (isMainThread)
  process.on('exit', () => writeFileSync(process.env.DCGAN_TEST_PEAK, String(1024 * process.resourceUsage().maxRSS)));
