// How the native kernels are built: once into the cache, also when two processes build at a time;
// and where they cannot be built, the error says why and names a command to type.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { library, usableCompiler } from '../src/engine/backends/native/library.ts';
import { loadLibrary } from '../src/engine/backends/native/load.ts';
import { NoLibrary } from '../src/engine/backends/native/no-library.ts';
import { hashFileOf } from '../src/platform/built-library.ts';
import { onNotice } from '../src/platform/notices.ts';
import { buildPath } from '../src/platform/temporary.ts';
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

const realCommand = async (): Promise<string> => (await usableCompiler()).command.join(' ');

/** What the real compiler makes, once for all tests. */
let compiled: Promise<Uint8Array> | undefined;

/** The environment of a compiler that has the real one's library ready. */
async function quickCompiler(): Promise<NodeJS.ProcessEnv> {
  compiled ??= library().then(({ path }) => readFileSync(path));
  const [bytes, command] = [await compiled, await realCommand()];
  const ready = join(folder, 'ready.so');
  writeFileSync(ready, bytes);
  const cc = script(
    `[ "$1" = --version ] && exec ${command} --version\nwhile [ "$1" != -o ]; do shared="$shared $1"; shift; done\ncase "$shared" in *-shared*) cp ${ready} "$2";; esac`,
  );
  vi.stubEnv('DCGAN_CACHE_DIR', join(folder, 'quick'));
  return { ...process.env, CC: cc };
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
    compiled = Promise.resolve(readFileSync(first.path));
    expect(first.path).toBe(second.path);
    expect(first.cache.kind).toBe('DCGAN_CACHE_DIR');
    expect(readdirSync(first.cache.path).sort()).toEqual([`dcgan-${first.hash}.sha256`, `dcgan-${first.hash}.so`]);
    expect(statSync(first.path).mode & 0o077).toBe(0);
    const { mtimeMs } = statSync(first.path);
    expect((await library()).path).toBe(first.path);
    expect(statSync(first.path).mtimeMs).toBe(mtimeMs);
    const { variant } = await loadLibrary(first);
    expect(variant).toBe(`${variant.split(' ')[0]} ${first.compiler.name} ${first.hash}`);
  });

  it('takes another name for another compiler command', async () => {
    const first = await library(await quickCompiler());
    const other = join(folder, 'other.sh');
    symlinkSync(join(folder, 'compiler.sh'), other);
    expect((await library({ ...process.env, CC: other })).hash).not.toBe(first.hash);
  });

  it('does without -march=native where it is refused', async () => {
    const real = await realCommand();
    const cc = script(
      `for a in "$@"; do [ "$a" = -march=native ] && echo "error: bad -march" >&2 && exit 1; done\nexec ${real} "$@" -O0`,
    );
    const { variant } = await loadLibrary(await library({ ...process.env, CC: cc }));
    expect(variant).toMatch(/^(generic|neon) /);
  });

  it.each([
    ['is killed', 'kill -KILL $$', 'it ended by SIGKILL'],
    ['loses a part of itself', 'echo "gcc: fatal error: Killed signal terminated program cc1" >&2; exit 1', 'gcc: fatal error: Killed'], // biome-ignore format: a table
  ])('builds no slow library for good when a compiler %s', async (_, end, complaint) => {
    const real = await realCommand();
    const cc = script(`for a in "$@"; do [ "$a" = -march=native ] && { ${end}; }; done\nexec ${real} "$@"`);
    const { message } = await refusal({ ...process.env, CC: cc });
    expect(message).toContain(`cannot compile the kernels: ${complaint}`);
    expect(readdirSync(join(folder, 'cache', 'native'))).toEqual([]);
  });

  it('tries a new library in a process of its own, so that one that crashes only costs a sentence', async () => {
    const real = await realCommand();
    const trap = join(folder, 'trap.c');
    writeFileSync(trap, '__attribute__((constructor)) static void trap(void) { __builtin_trap(); }\n');
    const cc = script(`[ "$1" = -shared ] && exec ${real} "$@" ${trap}\nexec ${real} "$@" -O0`);
    const { message } = await refusal({ ...process.env, CC: cc });
    expect(message).toMatch(/the kernels that .* makes do not run here: SIG(ILL|TRAP)$/);
    expect(readdirSync(join(folder, 'cache', 'native'))).toEqual([]);
  });

  it.each([
    ['cut', (path: string) => truncateSync(path, 1000), 'is not what was compiled (its SHA-256 differs)'],
    ['empty', (path: string) => truncateSync(path, 0), 'is empty'],
    ['with one bit flipped', flipBit, 'is not what was compiled (its SHA-256 differs)'],
    ['without its hash', (path: string) => rmSync(hashFileOf(path)), 'has no SHA-256 beside it'],
    ['with an empty hash', (path: string) => truncateSync(hashFileOf(path), 0), 'is not what was compiled'],
    ['that others can write', (path: string) => chmodSync(path, 0o666), 'is not a plain file that only this user'],
    ['that is a link', asLink, 'is not a plain file that only this user'],
    ['that is a folder', asFolder, 'is not a plain file that only this user'],
  ])('compiles a library %s again, and says so', async (_, damage, reason) => {
    const quick = await quickCompiler();
    const made = await library(quick);
    const good = readFileSync(made.path);
    damage(made.path);
    const said: string[] = [];
    const undo = onNotice((text) => said.push(text));
    const again = await library(quick).finally(undo);
    expect(said).toEqual([expect.stringContaining(`${made.path} ${reason}`)]);
    expect(said[0]).toMatch(/, so it was compiled again$/);
    expect(again.path).toBe(made.path);
    expect(readFileSync(again.path).equals(good)).toBe(true);
    expect(lstatSync(again.path).isFile()).toBe(true);
    expect((await library(quick).then(loadLibrary)).variant).toContain(made.hash);
    expect(said).toHaveLength(1);
  });

  it('says that the disk is full, where the compiler says so', async () => {
    const cc = script(
      '[ "$1" = --version ] && echo "strange compiler 1.2.3" && exit 0\necho "x.c: fatal error: closing /t/x.s: No space left on device" >&2; exit 1',
    );
    const { message, todo } = await refusal({ ...process.env, CC: cc });
    expect(message).toMatch(/^the kernels cannot be compiled: the disk of .* is full \(x\.c: fatal error: .*\)$/);
    expect(todo).toBe('Free some space, or set DCGAN_CACHE_DIR to a folder on another disk');
  });

  it('gives a compiler that does not answer a limited time, and kills what it started', async () => {
    const pid = join(folder, 'pid');
    const cc = script(`sleep 1000 & echo $! > ${pid}; wait`);
    const error: unknown = await usableCompiler({ ...process.env, CC: cc }, 1000).catch((reason: unknown) => reason);
    expect((error as NoLibrary).message).toBe(`the C compiler "${cc} --version" did not answer in 1 seconds`);
    expect((error as NoLibrary).todo).toBe('Set CC to another compiler');
    await vi.waitFor(() => expect(isAlive(Number(readFileSync(pid, 'utf8')))).toBe(false), 10_000);
  });

  it('removes what builds that were killed left, and what is old of others, and no more', async () => {
    const cache = join(folder, 'quick', 'native');
    mkdirSync(cache, { recursive: true, mode: 0o700 });
    const left = buildPath(cache).replace(`.${process.pid}.`, `.${spawnSync('true').pid}.`);
    const [old, fresh] = [join(cache, '.build-aB3xYz'), join(cache, '.build-01234567.12-89abcdef')];
    for (const one of [left, old, fresh]) mkdirSync(one);
    utimesSync(old, 1, 1);
    const { hash } = await library(await quickCompiler());
    expect(readdirSync(cache).sort()).toEqual([basename(fresh), `dcgan-${hash}.sha256`, `dcgan-${hash}.so`]);
  });
});

function flipBit(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1]! ^= 4;
  writeFileSync(path, bytes);
}

function asLink(path: string): void {
  renameSync(path, `${path}.elsewhere`);
  symlinkSync(`${path}.elsewhere`, path);
}

function asFolder(path: string): void {
  rmSync(path);
  mkdirSync(join(path, 'full'), { recursive: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A killed process stays until its parent has asked for it.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
