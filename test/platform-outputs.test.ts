// Writing where a person says: only a plain file is replaced.
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeFileDurably } from '../src/platform/durable.ts';
import { fileIdentity, outputTarget } from '../src/platform/outputs.ts';
import { IS_ROOT } from './support/cli.ts';
import { temporaryFolder } from './support/folders.ts';

const bytes = new TextEncoder().encode('new');

test('a link is followed to the file that it leads to, which need not exist', () => {
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder, name);
  mkdirSync(at('far'));
  writeFileSync(at('far/target'), 'old');
  symlinkSync('far/target', at('link'));
  symlinkSync('link', at('second'));
  symlinkSync('far/nothing yet', at('dangling'));
  for (const name of ['second', 'dangling']) writeFileDurably(at(name), bytes);
  expect(readFileSync(at('far/target'), 'utf8')).toBe('new');
  expect(readFileSync(at('far/nothing yet'), 'utf8')).toBe('new');
  expect(readlinkSync(at('second'))).toBe('link');
  expect(lstatSync(at('link')).isSymbolicLink()).toBe(true);
});

test('links in a circle, folders and sockets are refused', async () => {
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder, name);
  symlinkSync('b', at('a'));
  symlinkSync('a', at('b'));
  expect(() => writeFileDurably(at('a'), bytes)).toThrow('its links lead in a circle');
  expect(() => writeFileDurably(folder, bytes)).toThrow('it is a folder, not a file (EISDIR)');
  symlinkSync(folder, at('to folder'));
  expect(() => writeFileDurably(at('to folder'), bytes)).toThrow('it is a folder, not a file (EISDIR)');
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(at('socket'), resolve));
  expect(() => writeFileDurably(at('socket'), bytes)).toThrow(
    "socket can't be written: it is a socket. Choose the name of a file.",
  );
  expect(lstatSync(at('socket')).isSocket()).toBe(true);
  await new Promise((resolve) => server.close(resolve));
});

test('a device stays a device', () => {
  writeFileDurably('/dev/null', bytes);
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  const folder = temporaryFolder();
  symlinkSync('/dev/null', join(folder, 'null.png'));
  writeFileDurably(join(folder, 'null.png'), bytes);
  expect(readlinkSync(join(folder, 'null.png'))).toBe('/dev/null');
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
});

test.skipIf(!IS_ROOT)('a device made for the test stays one, and a disk is refused (needs root)', () => {
  const folder = temporaryFolder();
  const made = spawnSync('mknod', [join(folder, 'zero'), 'c', '1', '5']);
  if (made.status !== 0) return; // a container without CAP_MKNOD
  writeFileDurably(join(folder, 'zero'), bytes);
  expect(lstatSync(join(folder, 'zero')).isCharacterDevice()).toBe(true);
  spawnSync('mknod', [join(folder, 'disk'), 'b', '7', '200']);
  expect(() => writeFileDurably(join(folder, 'disk'), bytes)).toThrow("it is a disk's device");
});

test('to a pipe, its reader gets the bytes', async () => {
  const pipe = join(temporaryFolder(), 'pipe.png');
  spawnSync('mkfifo', [pipe]);
  const reader = spawn('cat', [pipe], { stdio: ['ignore', 'pipe', 'ignore'] });
  let got = '';
  reader.stdout.on('data', (part: Buffer) => {
    got += part.toString();
  });
  writeFileDurably(pipe, bytes);
  await new Promise((resolve) => reader.on('close', resolve));
  expect(got).toBe('new');
  expect(lstatSync(pipe).isFIFO()).toBe(true);
});

test.skipIf(!IS_ROOT)('what another user put into a folder for all is not followed (needs root)', () => {
  const folder = temporaryFolder();
  chmodSync(folder, 0o1777);
  writeFileSync(join(folder, 'mine'), 'old');
  symlinkSync(join(folder, 'mine'), join(folder, 'out.png'));
  spawnSync('chown', ['-h', '12345', join(folder, 'out.png')]);
  expect(() => writeFileDurably(join(folder, 'out.png'), bytes)).toThrow('another user put a link or a pipe there');
  spawnSync('mkfifo', [join(folder, 'pipe')]);
  chownSync(join(folder, 'pipe'), 12345, 12345);
  expect(() => writeFileDurably(join(folder, 'pipe'), bytes)).toThrow('another user put a link or a pipe there');
  expect(readFileSync(join(folder, 'mine'), 'utf8')).toBe('old');
});

test('a private file stays private', () => {
  const file = join(temporaryFolder(), 'a');
  writeFileSync(file, 'old', { mode: 0o600 });
  writeFileDurably(file, bytes);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('files are the same by what they are, not by their names', () => {
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder, name);
  writeFileSync(at('a'), 'x');
  linkSync(at('a'), at('hard'));
  symlinkSync('.', at('here'));
  writeFileSync(at('copy'), 'x');
  expect(fileIdentity(at('hard'))).toBe(fileIdentity(at('here/a')));
  expect(fileIdentity(at('copy'))).not.toBe(fileIdentity(at('a')));
  expect(fileIdentity(at('nothing'))).toBeNull();
  expect(outputTarget(at('nothing'))).toEqual({ how: 'replaced', path: at('nothing') });
});
