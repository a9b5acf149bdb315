// `dcgan studio` as a process: where it listens, what it says of a port that is taken, and that it
// ends without the trainings it shows.
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dcgan, sharedFolder, start } from './support/cli.ts';

const shared = sharedFolder();
const PORT = 42_600;

describe('dcgan studio', () => {
  it('takes the next port where one is taken, says which trainings go on when it ends, and leaves them', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(PORT, '127.0.0.1', resolve));
    const cwd = shared.path;
    const options = ['--preset', 'tiny', '--limit', '64', '--epochs', '400', '--device', 'wasm'];
    const training = start(['train', ...options, '--out', join(cwd, 'runs', 'mine')], { cwd });
    const studio = start(['studio', '--no-open', '--port', String(PORT)], { cwd });
    try {
      await training.until(/Time taken for epoch 1/);
      await studio.until(/token=/);
      studio.child.kill('SIGINT');
      const { code, stdout, stderr } = await studio.ended;
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toContain(`(port ${PORT} is taken)`);
      expect(Number(stdout.match(/http:\/\/127\.0\.0\.1:(\d+)\//)?.[1])).toBeGreaterThan(PORT);
      expect(stdout).toContain('Still training: mine\n');
      expect(training.child.exitCode).toBe(null);
    } finally {
      training.child.kill('SIGINT');
      taken.close();
    }
    expect((await training.ended).code).not.toBe(null);
  });

  it('says that a folder does not exist yet, and makes none', async () => {
    const studio = start(['studio', 'nowhere', '--no-open', '--port', String(PORT + 50)], { cwd: shared.path });
    await studio.until(/This folder does not exist yet\./);
    studio.child.kill('SIGKILL');
    expect(existsSync(join(shared.path, 'nowhere'))).toBe(false);
  });

  it('refuses a file where a folder of runs belongs', async () => {
    const { code, stderr } = await dcgan(['studio', '--no-open', process.execPath], { cwd: shared.path });
    expect(code).toBe(2);
    expect(stderr).toContain(`${process.execPath} is a file: expected a folder of runs`);
  });
});
