import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { cgroupCores, usableCores } from '../src/platform/cores.ts';
import { sha256 } from '../src/platform/sha256.ts';
import { Sha256 as PageSha256, sha256 as pageSha256 } from '../src/platform/sha256-page.ts';
import { nearest } from '../src/platform/suggest.ts';

const files = (list: Record<string, string>) => (path: string) => list[path] ?? null;

test('the cores this process may use are at least one and no more than the machine has', () => {
  const cores = usableCores();
  expect(Number.isInteger(cores)).toBe(true);
  expect(cores).toBeGreaterThanOrEqual(1);
  expect(cores).toBeLessThanOrEqual(availableParallelism());
});

test('cgroup version 2: the tightest quota on the way up counts', () => {
  const read = files({
    '/proc/self/cgroup': '0::/a/b\n',
    '/sys/fs/cgroup/a/b/cpu.max': 'max 100000\n',
    '/sys/fs/cgroup/a/cpu.max': '150000 100000\n',
    '/sys/fs/cgroup/cpu.max': '400000 100000\n',
  });
  expect(cgroupCores(read)).toBe(1.5);
});

test("cgroup version 1: in a container the host's path is not below the mount, whose own files count", () => {
  const list = {
    '/proc/self/cgroup': '4:memory:/docker/1\n3:cpu,cpuacct:/docker/1\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '50000\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
  };
  expect(cgroupCores(files(list))).toBe(0.5);
  expect(cgroupCores(files({ ...list, '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n' }))).toBeNull();
});

test('without cgroups there is no quota', () => {
  expect(cgroupCores(files({}))).toBeNull();
  expect(cgroupCores(files({ '/proc/self/cgroup': 'nonsense' }))).toBeNull();
});

const OPTIONS = ['epochs', 'epsilon', 'threads', 'device', 'out'];

test.each([
  ['epoch', 'epochs'],
  ['epcohs', 'epochs'],
  ['Threads', 'threads'],
  ['devise', 'device'],
  ['outt', 'out'],
  ['learning-rate', null],
  ['zzz', null],
  ['', null],
])('nearest to %j is %j', (word, right) => {
  expect(nearest(word, OPTIONS)).toBe(right);
});

test('two neighbours swapped are one edit, and the first of equals is taken', () => {
  expect(nearest('abcd', ['abdcxx', 'abdc', 'acbd'])).toBe('abdc');
  expect(nearest('a', [])).toBeNull();
});

test('SHA-256 of the standard’s example, whole or in parts', () => {
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect(sha256(Buffer.from('abc'))).toBe(abc);
  expect(sha256(Buffer.from('a'), Buffer.from('bc'))).toBe(abc);
});

test("a page's SHA-256 is Node's, for every length around a block and however the bytes are cut", () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => (i * 89) % 251);
  for (let length = 0; length <= bytes.length; length++) {
    const part = bytes.subarray(0, length);
    expect(pageSha256(part), `${length} bytes`).toBe(sha256(part));
    const hash = new PageSha256();
    for (let at = 0; at < length; at += 7) hash.update(part.subarray(at, at + 7));
    expect(hash.hex(), `${length} bytes in pieces`).toBe(sha256(part));
  }
});
