// The packages of prebuilt kernels, built by the pinned compiler: the same bytes twice; for Linux
// installed beside the main package where no compiler is, with every set of kernels that this
// processor has; for other systems what they export and ask for, because they cannot run here.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/platform/sha256.ts';
import { readDll, readDylib } from '../support/libraries.ts';
import { pack, ROOT, run } from '../support/pack.ts';

const ZIG = [process.env.ZIG?.trim().split(/\s+/), ['zig'], ['python3', '-m', 'ziglang']].find(
  (command) => command && spawnSync(command[0]!, [...command.slice(1), 'version']).stdout?.toString() === '0.17.1\n',
);
const missing = process.platform !== 'linux' || process.arch !== 'x64' ? 'it takes Linux on x64' : ZIG ? null : 'it takes zig 0.17.1: pip install ziglang==0.17.1'; // biome-ignore format: one line

let folder: string;
/** Packages of kernels are built into this folder once. */
let made: string;

async function build(out: string, names: readonly string[] = [], more: NodeJS.ProcessEnv = {}): Promise<void> {
  await run(process.execPath, [join(ROOT, 'scripts/prebuild.mjs'), '--out', out, ...names], {
    env: { ...process.env, ZIG: ZIG!.join(' '), ...more },
  });
}

const libraryOf = (out: string, name: string, file: string): Buffer => readFileSync(join(out, `kernels-${name}`, file));

describe.skipIf(missing)(`packages of prebuilt kernels${missing ? ` (skipped: ${missing})` : ''}`, () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dcgan-prebuilt-'));
    made = join(folder, 'made');
    await build(made);
  }, 1_800_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('have the same bytes when they are built again elsewhere', async () => {
    const again = join(folder, 'again', 'in another folder');
    // From the compiler's own cache the same bytes would come without compiling.
    const cache = join(folder, 'cache');
    await build(again, ['linux-arm64'], { ZIG_GLOBAL_CACHE_DIR: cache, ZIG_LOCAL_CACHE_DIR: cache });
    for (const file of ['gnu.so', 'musl.so'])
      expect(sha256(libraryOf(again, 'linux-arm64', file))).toBe(sha256(libraryOf(made, 'linux-arm64', file)));
  });

  it.each([
    ['darwin-x64', 'kernels.dylib', readDylib, 'x64', ['generic', 'avx2', 'avx512', 'bf16_pairs']],
    ['darwin-arm64', 'kernels.dylib', readDylib, 'arm64', ['neon']],
    ['win32-x64', 'kernels.dll', readDll, 'x64', ['generic', 'avx2', 'avx512', 'bf16_pairs']],
    ['win32-arm64', 'kernels.dll', readDll, 'arm64', ['neon']],
  ] as const)('for %s export every set, and ask for the system alone', (name, file, read, machine, sets) => {
    const bytes = libraryOf(made, name, file);
    const facts = read(bytes);
    expect(facts.machine).toBe(machine);
    const exports = facts.exports.map((each) => each.replace(/^_/, ''));
    for (const each of [
      'pool_open',
      'pool_run',
      'pool_close',
      'memory',
      'memory_grow',
      'memory_free',
      'room',
      'variant',
    ])
      for (const set of sets) expect(exports).toContain(`dcgan_${each}_${set}`);
    expect(exports).toContain('dcgan_processor');
    for (const needed of facts.needs)
      expect(needed).toMatch(
        /^(KERNEL32\.dll|api-ms-win-.*\.dll|msvcrt\.dll|ntdll\.dll|\/usr\/lib\/libSystem\.B\.dylib)$/i,
      );
    expect(facts.needs.length).toBeGreaterThan(0);
    // No path of the machine that built it.
    for (const path of [ROOT, tmpdir()]) expect(bytes.includes(path)).toBe(false);
  });

  describe('installed where no compiler is', () => {
    let home: string;
    let env: NodeJS.ProcessEnv;
    const dcgan = (args: readonly string[], extra: NodeJS.ProcessEnv = {}): Promise<{ stdout: string }> =>
      run(process.execPath, [join(home, 'node_modules/dcgan/bin/dcgan.js'), ...args], {
        cwd: home,
        env: { ...env, ...extra },
      });

    beforeAll(async () => {
      home = join(folder, 'home');
      mkdirSync(join(home, 'bin'), { recursive: true });
      symlinkSync(process.execPath, join(home, 'bin/node'));
      env = { PATH: join(home, 'bin'), HOME: home, DCGAN_CACHE_DIR: join(home, 'cache') };
      writeFileSync(join(home, 'package.json'), '{"name":"consumer","type":"module","private":true}');
      const paths = await Promise.all([ROOT, join(made, 'kernels-linux-x64')].map((from) => pack(home, from)));
      await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...paths], { cwd: home });
    });

    it('every set that this processor has passes the check of every kernel', async () => {
      const { sets } = JSON.parse(readFileSync(join(made, 'kernels-linux-x64/kernels.json'), 'utf8')) as {
        sets: { name: string }[];
      };
      const refused = await dcgan(['bench'], { DCGAN_KERNELS: 'none' }).catch(
        (error: { stderr: string }) => error.stderr,
      );
      const here = sets.filter(({ name }) => String(refused).includes(` ${name},`) && !name.startsWith('bf16'));
      expect(here.length).toBeGreaterThan(0);
      for (const { name } of here) {
        const { stdout } = await dcgan(['doctor', '--json'], { DCGAN_KERNELS: name });
        const { devices } = JSON.parse(stdout) as {
          devices: {
            device: string;
            variant: string;
            prebuilt?: string;
            kernels?: { problems: string[]; passed: string[] };
          }[];
        };
        const native = devices.find(({ device }) => device === 'native')!;
        expect(native.variant).toMatch(new RegExp(`^${name} prebuilt `));
        expect(native.prebuilt).toMatch(/^@dcgan\/kernels-linux-x64 /);
        expect(native.kernels!.problems).toEqual([]);
        expect(native.kernels!.passed.length).toBeGreaterThan(5);
      }
    });

    it('a run goes on with the set that it began with, to the bit', async () => {
      const train = ['train', '--preset', 'tiny', '--limit', '256', '--seed', '3', '--device', 'native', '--quiet'];
      await dcgan([...train, '--epochs', '2', '--out', 'whole'], { DCGAN_KERNELS: 'generic' });
      await dcgan([...train, '--epochs', '1', '--out', 'parts'], { DCGAN_KERNELS: 'generic' });
      await dcgan(['train', '--resume', 'parts', '--epochs', '2', '--device', 'native', '--quiet']);
      const last = (run: string): string => {
        const checkpoints = join(home, run, 'checkpoints');
        return sha256(
          readFileSync(join(checkpoints, readdirSync(checkpoints).filter((name) => name.includes('0002'))[0]!)),
        );
      };
      expect(last('parts')).toBe(last('whole'));
      const { notes } = JSON.parse(readFileSync(join(home, 'parts/config.json'), 'utf8')) as {
        notes: { variant: string };
      };
      expect(notes.variant).toMatch(/^generic prebuilt /);
    });
  });
});
