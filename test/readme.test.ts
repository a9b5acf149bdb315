// Runs every command of the README as it stands. Only trainings are shortened, by options added at
// the end. A command that this test does not know fails it.
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noisy } from './support/pictures.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const run = promisify(execFile);

const blocks = (language: string): string[] =>
  [...README.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, text]) => text!);

const commands = blocks('sh')
  .flatMap((block) => block.trimEnd().split('\n'))
  .map((line) => line.replace(/\s+#.*$/, '').trim());

/** The options that shorten a training, and what its output must show. */
const SHORT = '--limit 64 --epochs 1';

interface Known {
  readonly added?: string;
  readonly shows: RegExp;
  readonly makes?: string;
  /** It goes on until it is stopped, which it is once it has shown that. */
  readonly lasts?: boolean;
}

const KNOWN: Readonly<Record<string, Known>> = {
  'npx dcgan train': { added: `${SHORT} --batch-size 32`, shows: /Time taken for epoch 1 is/ },
  'npx dcgan train --preset quick --limit 10000': { added: SHORT, shows: /Time taken for epoch 1 is/ },
  'npx dcgan train --dry-run': { shows: /48\.9/ },
  'npx dcgan train --resume': { added: '--epochs 2', shows: /Time taken for epoch 2 is/ },
  'npx dcgan studio': { added: '--no-open --port 42800', shows: /http:\/\/127\.0\.0\.1:\d+\//, lasts: true },
  'npx dcgan sample --count 100 --seed 7 -o digits.png': { shows: /digits\.png/, makes: 'digits.png' },
  'npx dcgan interpolate --seeds 1,2,3 -o walk.gif': { shows: /walk\.gif/, makes: 'walk.gif' },
  'npx dcgan show --epoch 1': { shows: /image_at_epoch_0001\.png/ },
  'npx dcgan show digits.png': { shows: /digits\.png/ },
  'npx dcgan sample --count 1 -o one.png': { shows: /one\.png/, makes: 'one.png' },
  'npx dcgan project one.png --steps 20': { shows: /grey levels away/, makes: 'projection.png' },
  'npx dcgan gif': { shows: /dcgan\.gif/ },
  'npx dcgan info': { shows: /generator/ },
  'npx dcgan export --to onnx -o digits.onnx': { shows: /generator of .* as onnx: digits\.onnx/, makes: 'digits.onnx' },
  'npx dcgan export --to html -o digits.html': { shows: /generator of .* as html, weights/, makes: 'digits.html' },
  'npx dcgan doctor': { shows: /wasm/ },
  'npx dcgan bench --steps 5': { shows: /GFLOP/ },
  'npx dcgan evaluate --count 1000': { shows: /Fréchet distance/ },
  'npx dcgan verify-resume': { shows: /pass/ },
  'npx dcgan data inspect my-pictures': { shows: /images +24/ },
  'npx dcgan train --data my-pictures --size 64': {
    added: '--epochs 1 --batch-size 8',
    shows: /preset best[\s\S]*Time taken for epoch 1 is/,
  },
  'npx dcgan sample --count 25 -o mine.png': { shows: /mine\.png/, makes: 'mine.png' },
};

describe('the README', () => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dcgan-readme-'));
    // As in a clone after npm ci: npx finds the program in node_modules/.bin, and the library by
    // its name.
    writeFileSync(join(folder, 'package.json'), '{"name":"reader","type":"module","private":true}');
    const modules = join(folder, 'node_modules');
    mkdirSync(join(modules, '.bin'), { recursive: true });
    symlinkSync(ROOT, join(modules, 'dcgan'));
    symlinkSync(join(ROOT, 'bin/dcgan.js'), join(modules, '.bin', 'dcgan'));
    const pictures = join(folder, 'my-pictures');
    mkdirSync(pictures);
    for (let i = 0; i < 24; i++)
      await noisy(70, i)
        .png()
        .toFile(join(pictures, `${i}.png`));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('starts with the two lines that do all the set-up', () => {
    expect(commands.filter((command) => command.startsWith('npm'))).toEqual([
      'npm ci && npx dcgan train',
      'npm ci && npm test',
    ]);
  });

  const runnable = commands
    .map((command) => command.replace(/^npm ci && /, ''))
    .filter((command) => command !== 'npm test');
  it.each(runnable)('%s', async (command) => {
    const known = KNOWN[command];
    if (!known) throw new Error(`no test knows "${command}"`);
    const words = `${command} ${known.added ?? ''}`.trim().split(/\s+/).slice(1);
    const said = known.lasts ? untilShown(words, known.shows) : run('npx', ['--no-install', ...words], { cwd: folder });
    expect((await said).stdout).toMatch(known.shows);
    if (known.makes) expect(existsSync(join(folder, known.makes))).toBe(true);
  });

  /** Runs a command until its output matches, and then ends it and all that it started. */
  function untilShown(words: readonly string[], shows: RegExp): Promise<{ readonly stdout: string }> {
    const child = spawn('npx', ['--no-install', ...words], { cwd: folder, detached: true });
    let stdout = '';
    child.stdout.on('data', (part: Buffer) => {
      stdout += part.toString();
      if (shows.test(stdout)) process.kill(-child.pid!, 'SIGTERM');
    });
    return new Promise((resolve) => child.once('close', () => resolve({ stdout })));
  }

  it.each(blocks('js'))('runs its program: %s', async (program) => {
    writeFileSync(join(folder, 'program.js'), program);
    await run(process.execPath, ['program.js'], { cwd: folder });
    expect(existsSync(join(folder, 'model.safetensors'))).toBe(true);
  });
});
