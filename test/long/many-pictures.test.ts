// Packs 45,000 pictures and trains on them in less memory than their pack has bytes (550 MB), so
// neither can hold them all; DCGAN_LONG_PICTURES=100000 takes more. And a dozen of the largest pictures that are read, one after another, within 1 GB.
import { linkSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BIN, startProgram } from '../support/cli.ts';
import { temporaryFolder } from '../support/folders.ts';
import { noisy, plain } from '../support/pictures.ts';

const IN_EACH = 1000;
const FOLDERS = Number(process.env.DCGAN_LONG_PICTURES ?? 45_000) / IN_EACH;
/** Two cores need 200 MB; more decoders at a time need somewhat more. */
const MOST = 400e6;
const PRELOAD = new URL('../support/peak.mjs', import.meta.url).href;

/**
 * Runs a command to its end, or stops it once it writes what `stop` matches. Returns the most bytes
 * of memory that it had.
 */
async function peakOf(cwd: string, args: readonly string[], stop?: RegExp): Promise<number> {
  const peak = join(cwd, 'peak');
  const env = { DCGAN_TEST_PEAK: peak, DCGAN_CACHE_DIR: join(cwd, 'cache') };
  const { child, until, ended } = startProgram(process.execPath, ['--import', PRELOAD, BIN, ...args], { cwd, env });
  if (stop) {
    await until(stop);
    child.kill('SIGTERM');
  }
  const { code, stderr } = await ended;
  expect(code, stderr).toBe(stop ? 143 : 0);
  return Number(readFileSync(peak, 'utf8'));
}

it(`${FOLDERS * IN_EACH} pictures are packed and trained on within 400 MB`, async () => {
  const cwd = temporaryFolder();
  // A hundred pictures, each hard linked many times: as much is read and decoded as if all
  // differed.
  mkdirSync(join(cwd, 'different'));
  const different = Array.from({ length: 100 }, (_, i) => join(cwd, 'different', `${i}.png`));
  for (const [i, path] of different.entries()) await noisy(96, i).png().toFile(path);
  for (let folder = 0; folder < FOLDERS; folder++) {
    const place = join(cwd, 'pictures', String(folder));
    mkdirSync(place, { recursive: true });
    for (let i = 0; i < IN_EACH; i++) linkSync(different[(i + folder) % different.length]!, join(place, `${i}.png`));
  }

  const pack = join(cwd, 'pictures.pack');
  const building = await peakOf(cwd, ['data', 'build', 'pictures', '--size', '64', '-o', pack]);
  expect(statSync(pack).size).toBeGreaterThan(FOLDERS * IN_EACH * 64 * 64 * 3);
  expect(building).toBeLessThan(MOST);

  // The 64 images of each step come from all over the pack.
  const options = ['--preset', 'tiny', '--size', '64', '--epochs', '1', '--seed', '1', '--json'];
  const training = await peakOf(cwd, ['train', '--data', pack, ...options], /"step":400,/);
  expect(training).toBeLessThan(MOST);
  // Node alone needs more than this.
  expect(Math.min(building, training)).toBeGreaterThan(50e6);
});

it('12 progressive JPEGs of 10,000 x 10,000 are decoded within 1 GB', async () => {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, 'large'));
  const first = join(cwd, 'large', '0.jpg');
  await plain(10_000, 10_000, [90, 120, 40]).jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toFile(first);
  for (let i = 1; i < 12; i++) linkSync(first, join(cwd, 'large', `${i}.jpg`));
  const peak = await peakOf(cwd, ['data', 'build', 'large', '--size', '64', '-o', 'large.pack']);
  expect(peak).toBeLessThan(1e9);
  // The coefficients of one of them take as much.
  expect(peak).toBeGreaterThan(500e6);
});
