// A run finds its data again: from another folder, moved together with them, or where it is told to look.
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { workInFolders } from './support/folders.ts';
import { noisy, png } from './support/pictures.ts';
import { events } from './support/training.ts';

workInFolders('work');

const MACHINE = { device: 'wasm', threads: 1 } as const;
const recorded = (run: string): { source: string; fromRun?: string } =>
  JSON.parse(readFileSync(`${run}/config.json`, 'utf8')).data;

test('data are looked for from here, then from the run; --data names them elsewhere', async () => {
  mkdirSync('project/pics', { recursive: true });
  for (let i = 0; i < 8; i++) await png(noisy(16, i), `project/pics/${i}.png`);
  process.chdir('project');
  const fresh = { preset: 'tiny', groups: 0, batchSize: 8, epochs: 1, seed: 1, data: 'pics', out: 'run' } as const;
  await events({ ...fresh, ...MACHINE });
  expect(recorded('run')).toMatchObject({ source: 'pics', fromRun: '../pics' });
  process.chdir('..');
  await events({ resume: 'project/run', epochs: 2, ...MACHINE });
  expect(recorded('project/run')).toMatchObject({ source: 'project/pics', fromRun: '../pics' });
  renameSync('project', 'moved');
  await events({ resume: 'moved/run', epochs: 3, ...MACHINE });
  cpSync('moved/pics', 'elsewhere', { recursive: true });
  rmSync('moved/pics', { recursive: true });
  await expect(events({ resume: 'moved/run', epochs: 4, ...MACHINE })).rejects.toThrow(
    /^the data of moved\/run \(moved\/pics\) are not here: expected 8 images with SHA-256 .*\.\.\., got nothing at [^ ]*\/moved\/pics\. Say where they are: .*train --resume moved\/run --data PATH/,
  );
  await events({ resume: 'moved/run', data: 'elsewhere', epochs: 4, ...MACHINE });
  expect(recorded('moved/run')).toMatchObject({ source: 'elsewhere', fromRun: '../../elsewhere' });
});
