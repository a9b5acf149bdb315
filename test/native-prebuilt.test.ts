// Which kernels the native device takes when a package of prebuilt ones is installed: the best set
// that this processor runs, the set of an earlier run, or the one that a person names; and none of
// a package that is damaged or of another version. The library here only answers questions;
// test/long/prebuilt.test.ts builds and runs real ones.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { chooseSet, lookForPrebuilt, type Prebuilt } from '../src/engine/backends/native/prebuilt.ts';
import { kernelSources } from '../src/engine/backends/native/sources.ts';
import { sha256 } from '../src/platform/sha256.ts';
import { TEST_DEVICES, title } from './support/devices.ts';

const native = TEST_DEVICES.find(({ name }) => name === 'native')!;
const root = mkdtempSync(join(tmpdir(), 'dcgan-prebuilt-'));
const FILES = ['gnu.so', 'musl.so', 'kernels.dylib'];
const { hash } = kernelSources();

/** The sets of the library, and what each reports. */
const SETS = [
  { name: 'generic', needs: 0, says: 'generic' },
  { name: 'avx2', needs: 1, says: 'avx2' },
  { name: 'avx512', needs: 3, says: 'avx512' },
  { name: 'bf16_pairs', needs: 7, says: 'avx512 bf16' },
];

/** A package whose processor has the features of `can`; returns what finds its files. */
function install(can: number, about: object = {}): (file: string) => string {
  const folder = mkdtempSync(join(root, 'package-'));
  const source = join(folder, 'kernels.c');
  const says = SETS.map(({ name, says }) => `const char *dcgan_variant_${name}(void) { return "${says}"; }`);
  writeFileSync(source, [`int dcgan_processor(void) { return ${can}; }`, ...says].join('\n'));
  execFileSync('cc', ['-shared', '-fPIC', '-o', join(folder, FILES[0]!), source]);
  const bytes = readFileSync(join(folder, FILES[0]!));
  for (const file of FILES) writeFileSync(join(folder, file), bytes);
  const files = Object.fromEntries(FILES.map((file) => [file, sha256(bytes)]));
  const sets = SETS.map(({ name, needs }) => ({ name, needs }));
  const text = { format: 1, version: '9.9.9', sources: hash, compiler: 'zig', files, sets, ...about };
  writeFileSync(join(folder, 'kernels.json'), JSON.stringify(text));
  return (file) => join(folder, file.split('/').at(-1)!);
}

afterEach(() => vi.unstubAllEnvs());
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** As the device asks: a package that does not fit is none. */
async function look(resolve: (file: string) => string): Promise<Prebuilt | null> {
  const answer = await lookForPrebuilt(resolve);
  return typeof answer === 'string' ? null : answer;
}

it('finds none where none is installed', async () => {
  const nowhere = (): never => {
    throw new Error('MODULE_NOT_FOUND');
  };
  expect(await lookForPrebuilt(nowhere)).toBe(null);
  expect(await chooseSet('float32', undefined, () => look(nowhere))).toBe(null);
});

describe.skipIf(native.missing)(`with a library made by the compiler of ${title(native)}`, () => {
  const chosen = async (can: number, precision: 'float32' | 'bf16' = 'float32', kept?: string) =>
    (await chooseSet(precision, kept, () => look(install(can))))?.set.name;

  it.each([
    [0, 'generic', undefined],
    [1, 'avx2', undefined],
    [3, 'avx512', undefined],
    [7, 'avx512', 'bf16_pairs'],
  ])('takes the best that a processor with the features %i runs', async (can, float32, bf16) => {
    expect(await chosen(can)).toBe(float32);
    expect(await chosen(can, 'bf16')).toBe(bf16);
  });

  it('describes what it takes by its release, the same on every machine', async () => {
    const { set, title } = (await chooseSet('float32', undefined, () => look(install(1))))!;
    expect(set.variant).toBe(`avx2 prebuilt 9.9.9 ${hash}`);
    expect(title).toBe(`@dcgan/kernels-${process.platform}-${process.arch} 9.9.9`);
  });

  it('takes the set of an earlier run again, where the processor runs it', async () => {
    const avx2 = `avx2 prebuilt 9.9.9 ${hash}`;
    const bf16 = `avx512 prebuilt 9.9.9 ${hash} + avx512 bf16 prebuilt 9.9.9 ${hash}`;
    expect(await chosen(7, 'float32', avx2)).toBe('avx2');
    expect(await chosen(7, 'float32', bf16)).toBe('avx512');
    expect(await chosen(7, 'bf16', bf16)).toBe('bf16_pairs');
    expect(await chosen(1, 'float32', bf16)).toBe('avx2');
    expect(await chosen(3, 'float32', `avx2 prebuilt 9.9.8 ${hash}`)).toBe('avx512');
    expect(await chosen(3, 'float32', 'avx2 gcc-12.2.0 0123456789ab')).toBe('avx512');
  });

  it('takes what DCGAN_KERNELS names, and refuses what is not there', async () => {
    vi.stubEnv('DCGAN_KERNELS', 'generic');
    expect(await chosen(3)).toBe('generic');
    expect(await chosen(3, 'float32', `avx2 prebuilt 9.9.9 ${hash}`)).toBe('generic');
    vi.stubEnv('DCGAN_KERNELS', 'compiled');
    expect(await chosen(3)).toBe(undefined);
    vi.stubEnv('DCGAN_KERNELS', 'avx512');
    await expect(chosen(1)).rejects.toThrow(
      'DCGAN_KERNELS names kernels that this machine does not have: expected compiled, generic, avx2, got "avx512"',
    );
  });

  it.each([
    ['of other sources', { sources: '0123456789ab' }, 'it is of another version of dcgan (9.9.9)'],
    ['with another library', { files: {} }, 'is not what was built (its SHA-256 differs)'],
    ['of another format', { format: 2 }, 'its kernels.json is damaged'],
    ['whose version is no version', { version: '1\u001b[31m' }, 'its kernels.json is damaged'],
    ['whose set is no name', { sets: [{ name: 'a(); b', needs: 0 }] }, 'its kernels.json is damaged'],
    ['with a set that its library lacks', { sets: [{ name: 'none', needs: 0 }] }, 'dcgan_variant_none'],
  ])('does not use a package %s, and says why', async (_, about, why) => {
    expect(await lookForPrebuilt(install(3, about))).toContain(why);
  });

  it('does not use a package whose kernels.json is no JSON or missing', async () => {
    const resolve = install(3);
    writeFileSync(resolve('kernels.json'), '{');
    expect(await lookForPrebuilt(resolve)).toBe('its kernels.json is damaged');
    rmSync(resolve('kernels.json'));
    mkdirSync(resolve('kernels.json'));
    expect(await lookForPrebuilt(resolve)).toBe('its kernels.json is damaged');
  });
});
