// How the native kernels are built: once into the cache, also when two processes build at a time;
// and where they cannot be built, the error says why and names a command to type.
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { library, loadLibrary, NoLibrary } from '../src/engine/backends/native/library.ts';
import { TEST_DEVICES, title } from './support/devices.ts';

const native = TEST_DEVICES.find(({ name }) => name === 'native')!;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dcgan-test-'));
  vi.stubEnv('DCGAN_CACHE_DIR', join(folder, 'cache'));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** Makes a command that takes the place of a compiler. */
function script(text: string): string {
  const path = join(folder, 'compiler.sh');
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

async function refusal(environment: NodeJS.ProcessEnv): Promise<NoLibrary> {
  const error: unknown = await library(environment).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(NoLibrary);
  return error as NoLibrary;
}

it('says what to install where there is no compiler', async () => {
  const { message, todo } = await refusal({ PATH: folder });
  expect(message).toBe('no C compiler was found ($CC, cc, gcc, clang)');
  expect(todo).toMatch(/^Install one: "/);
});

it('repeats what the compiler complains of', async () => {
  const cc = script(
    '[ "$1" = --version ] && echo "strange compiler 1.2.3" && exit 0\necho "x.c:1: error: no luck" >&2; exit 1',
  );
  const { message, todo } = await refusal({ ...process.env, CC: cc });
  expect(message).toBe(`${cc} cannot compile the kernels: x.c:1: error: no luck`);
  expect(todo).toBe('Set CC to another compiler');
  expect(readdirSync(join(folder, 'cache', 'native'))).toEqual([]);
});

describe.skipIf(native.missing)(`with the compiler of ${title(native)}`, () => {
  it('builds once, whoever comes first', async () => {
    const [first, second] = await Promise.all([library(), library()]);
    expect(first.path).toBe(second.path);
    expect(first.cache.kind).toBe('DCGAN_CACHE_DIR');
    expect(readdirSync(first.cache.path)).toEqual([`dcgan-${first.hash}.so`]);
    const { mtimeMs } = statSync(first.path);
    expect((await library()).path).toBe(first.path);
    expect(statSync(first.path).mtimeMs).toBe(mtimeMs);
    const { variant } = await loadLibrary(first);
    expect(variant).toBe(`${variant.split(' ')[0]} ${first.compiler.name} ${first.hash}`);
  });

  it('takes another name for another compiler command', async () => {
    const real = (await library()).compiler.command.join(' ');
    const cc = script(`exec ${real} "$@"`);
    const other = await library({ ...process.env, CC: cc });
    expect(other.hash).not.toBe((await library()).hash);
  });

  it('does without -march=native where it is refused', async () => {
    const real = (await library()).compiler.command.join(' ');
    const cc = script(
      `for a in "$@"; do [ "$a" = -march=native ] && echo "error: bad -march" >&2 && exit 1; done\nexec ${real} "$@"`,
    );
    const { variant } = await loadLibrary(await library({ ...process.env, CC: cc }));
    expect(variant).toMatch(/^(generic|neon) /);
  });

  it('tries a new library in a process of its own, so that one that crashes only costs a sentence', async () => {
    const real = (await library()).compiler.command.join(' ');
    const trap = join(folder, 'trap.c');
    writeFileSync(trap, '__attribute__((constructor)) static void trap(void) { __builtin_trap(); }\n');
    const cc = script(`[ "$1" = -shared ] && exec ${real} "$@" ${trap}\nexec ${real} "$@"`);
    const { message } = await refusal({ ...process.env, CC: cc });
    expect(message).toMatch(/the kernels that .* makes do not run here: SIG(ILL|TRAP)$/);
    expect(readdirSync(join(folder, 'cache', 'native')).length).toBe(1);
  });
});
