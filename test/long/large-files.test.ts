// Files larger than any string of JavaScript.
import { appendFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cutMetrics, METRICS_NAME, readMetrics } from '../../src/train/metrics.ts';
import { temporaryFolder } from '../support/folders.ts';

it('metrics of more than 512 MiB are cut and read', () => {
  const run = temporaryFolder();
  const path = join(run, METRICS_NAME);
  // Few long lines: what is bounded is the file.
  const numbers = { generatorLoss: 1, discriminatorLoss: 1, realScore: 0.5, fakeScore: 0.5, seconds: 1 };
  const filler = 'x'.repeat(900_000);
  for (let step = 1; step <= 620; step++)
    appendFileSync(path, `${JSON.stringify({ type: 'step', step, epoch: 1, ...numbers, filler })}\n`);
  appendFileSync(path, '{"torn');
  expect(statSync(path).size).toBeGreaterThan(2 ** 29);
  expect(cutMetrics(run, { epoch: 0, step: 610 })).toEqual({ missing: 0 });
  let count = 0;
  for (const { step } of readMetrics(run)) expect(step).toBe(++count);
  expect(count).toBe(610);
});
