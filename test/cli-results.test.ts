// What is made from a trained run: samples, interpolations, films, pictures, and the text of
// `info`.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeNpy } from '../src/data/npy.ts';
import { DCGAN } from '../src/gan/dcgan.ts';
import { sha256 } from '../src/platform/sha256.ts';
import { decodePng } from '../src/render/png.ts';
import { dcgan, type Ended, SMALLEST, sharedFolder } from './support/cli.ts';
import { type Said, say } from './support/main.ts';
import { NO_TERMINAL, onTerminal, seenLines } from './support/terminal.ts';

const shared = sharedFolder();
const RUN = 'runs/00001-mnist-tiny';
const CHECKPOINT = `${RUN}/checkpoints/epoch-0001.safetensors`;
const run = (...args: string[]): Promise<Said> => say(args, shared.path);
/** The same in a process of its own. */
const spawned = (...args: string[]): Promise<Ended> => dcgan(args, { cwd: shared.path });
const file = (name: string): Buffer => readFileSync(join(shared.path, name));
const sizeOf = (name: string): number[] => {
  const { width, height, channels } = decodePng(file(name), name);
  return [width, height, channels];
};

beforeAll(async () => {
  const { code, stderr } = await spawned('train', ...SMALLEST);
  expect([code, stderr]).toEqual([0, '']);
});

/** Returns a .npy file as NumPy writes it. */
function npy(descr: string, shape: readonly number[], data: Uint8Array): Buffer {
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`;
  const header = Buffer.from(`${dict.padEnd(117)}\n`);
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]);
  return Buffer.concat([start, header, data]);
}

describe('sample', () => {
  it.each(['sample', 'interpolate'])('%s: a class where there are none is refused', async (command) => {
    expect(await run(command, '--class', '3')).toMatchObject({
      code: 2,
      stderr: 'dcgan: --class needs a model that was trained with --cond, which this one was not. Leave it out.\n',
    });
  });

  it('draws a grid, the same for the same seed, from run and checkpoint alike', async () => {
    const all = [
      await spawned('sample', '--seed', '3'),
      await run('sample', RUN, '--seed', '3', '-o', 'b.png'),
      await run('sample', CHECKPOINT, '--seed', '4', '-o', 'c.png', '--count', '5'),
    ];
    expect(all.map(({ code, stderr }) => [code, stderr])).toEqual([
      [0, ''],
      [0, ''],
      [0, ''],
    ]);
    expect(all[0]!.stdout).toBe(`16 samples of ${CHECKPOINT} from seed 3: samples.png\n`);
    expect(file('b.png').equals(file('samples.png'))).toBe(true);
    expect(sizeOf('samples.png')).toEqual([488, 488, 1]);
    expect(sizeOf('c.png')).toEqual([368, 248, 1]);
  });

  it('writes bytes, and a folder of the same pictures', async () => {
    await run('sample', '--seed', '5', '--count', '3', '-o', 'x.npy');
    await run('sample', '--seed', '5', '--count', '3', '-o', 'folder');
    const bytes = file('x.npy');
    expect(bytes.toString('latin1', 0, 128)).toContain(
      "'descr': '|u1', 'fortran_order': False, 'shape': (3, 28, 28, 1)",
    );
    const pixels = bytes.subarray(bytes.length - 3 * 784);
    expect(readdirSync(join(shared.path, 'folder'))).toEqual(['0000.png', '0001.png', '0002.png']);
    for (let i = 0; i < 3; i++) {
      const picture = decodePng(file(`folder/000${i}.png`), 'it');
      expect(Buffer.from(picture.pixels).equals(pixels.subarray(784 * i, 784 * (i + 1)))).toBe(true);
    }
  });

  it('takes noise of float32 and float64 and makes the same of it', async () => {
    const noise = Float32Array.from({ length: 200 }, (_, i) => Math.sin(i));
    writeFileSync(join(shared.path, 'z4.npy'), npy('<f4', [2, 100], new Uint8Array(noise.buffer)));
    writeFileSync(join(shared.path, 'z8.npy'), npy('<f8', [2, 100], new Uint8Array(Float64Array.from(noise).buffer)));
    await run('sample', '--noise', 'z4.npy', '-o', 'n4.npy');
    expect(await run('sample', '--noise', 'z8.npy', '-o', 'n8.npy')).toMatchObject({ code: 0, stderr: '' });
    expect(file('n8.npy').equals(file('n4.npy'))).toBe(true);
    expect(file('n8.npy').length).toBe(128 + 2 * 784);
  });

  it('refuses noise of another shape, and writes nothing', async () => {
    writeFileSync(join(shared.path, 'bad.npy'), npy('<f4', [2, 99], new Uint8Array(2 * 99 * 4)));
    expect(await run('sample', '--noise', 'bad.npy', '-o', 'never.png')).toMatchObject({
      code: 1,
      stdout: '',
      stderr:
        'dcgan: bad.npy has the wrong shape: expected [N, 100], N at least 1, got [2, 99]. Save a matrix with 100 columns, one row for each image.\n',
    });
    expect(readdirSync(shared.path)).not.toContain('never.png');
  });
});

describe('interpolate', () => {
  it('draws a row for each part, whose ends are the samples of the seeds', async () => {
    const { code, stdout } = await run('interpolate', '--seeds', '1,2,3', '--steps', '4');
    expect(code).toBe(0);
    expect(stdout).toBe(`from seed 1 to 2 to 3 of ${CHECKPOINT}: interpolation.png\n`);
    expect(sizeOf('interpolation.png')).toEqual([4 * 120 + 8, 2 * 120 + 8, 1]);
    await run('sample', '--seed', '2', '--count', '1', '-o', 'two.png');
    // One image alone is its own picture, without a frame.
    expect(sizeOf('two.png')).toEqual([112, 112, 1]);
    const two = decodePng(file('two.png'), 'it');
    const strip = decodePng(file('interpolation.png'), 'it');
    const row = (y: number, left: number): Uint8Array => strip.pixels.subarray(y * 488 + left, y * 488 + left + 112);
    const tile = two.pixels.subarray(52 * 112, 53 * 112);
    expect(row(60, 8 + 3 * 120)).toEqual(tile);
    expect(row(60 + 120, 8)).toEqual(tile);
  });

  it('makes a film of it', async () => {
    expect(await run('interpolate', '--from-seed', '1', '--to-seed', '2', '-o', 'w.gif')).toMatchObject({ code: 0 });
    // The same from noise: that of seeds 1 and 2, one row each.
    const gan = await DCGAN.load(join(shared.path, CHECKPOINT));
    const rows = [await gan.sampleNoise(1, 1), await gan.sampleNoise(1, 2)];
    const noise = new Float32Array(rows.flatMap((row) => [...row]));
    writeFileSync(join(shared.path, 'pins.npy'), encodeNpy(noise, [2, gan.config.latent]));
    await gan.dispose();
    expect(await run('interpolate', '--noise', 'pins.npy', '-o', 'n.gif')).toMatchObject({ code: 0 });
    expect(file('n.gif').equals(file('w.gif'))).toBe(true);
    expect(await run('interpolate', '--noise', 'pins.npy', '--no-back', '-o', 'n.gif')).toMatchObject({ code: 0 });
    expect(file('n.gif').length).toBeLessThan(file('w.gif').length);
    expect(file('w.gif').subarray(0, 6).toString()).toBe('GIF89a');
    // Its pictures have a frame: 112 pixels and a gap of 8 on either side.
    expect(file('w.gif').readUInt16LE(6)).toBe(128);
  });
});

describe('pictures by the ending of their name', () => {
  it('hold the same pixels in every format, whatever the case of the ending', async () => {
    const picture = async (name: string): Promise<Buffer> => {
      const ended = await run('sample', '--seed', '2', '--count', '4', '-o', name);
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      return sharp(file(name)).toColourspace('b-w').raw().toBuffer();
    };
    const plain = await picture('four.png');
    for (const name of ['FOUR.PNG', 'four.WebP', 'four.avif', 'four.GIF']) {
      expect((await picture(name)).equals(plain), name).toBe(true);
    }
    const formats = await Promise.all(['four.WebP', 'four.avif'].map((name) => sharp(file(name)).metadata()));
    expect(formats.map(({ format }) => format)).toEqual(['webp', 'heif']);
  });

  it('make a film of WebP too', async () => {
    expect(await run('gif', '-o', 'film.WEBP')).toMatchObject({ code: 0, stdout: 'film.WEBP\n' });
    // Frames that are equal, as the two of this short run, may be stored once.
    expect(await sharp(file('film.WEBP')).metadata()).toMatchObject({ format: 'webp', width: 488 });
  });

  it('are refused by name before anything is computed', async () => {
    for (const args of [['sample'], ['interpolate'], ['gif'], ['data', 'inspect', 'nothing'], ['sample', 'nothing']])
      expect(await run(...args, '-o', 'picture.tiff')).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(
          /^dcgan: --output has an unsupported ending: expected a name ending in .*, got picture\.tiff\.\n$/,
        ),
      });
  });
});

describe('gif and show', () => {
  it('make the film again, byte for byte', async () => {
    expect(await run('gif', '-o', 'film.gif')).toMatchObject({ code: 0, stdout: 'film.gif\n' });
    expect(file('film.gif').equals(file(`${RUN}/dcgan.gif`))).toBe(true);
  });

  it('print where pictures lie when nobody looks', async () => {
    const picture = `${RUN}/images/image_at_epoch_0001.png\n`;
    expect(await run('show')).toMatchObject({ code: 0, stdout: picture });
    expect(await run('show', RUN, '--epoch', '1')).toMatchObject({ code: 0, stdout: picture });
    expect(await run('show', '--epoch', '0')).toMatchObject({ code: 0, stdout: `${RUN}/images/initial.png\n` });
    expect(await run('show', '--gif')).toMatchObject({ code: 0, stdout: `${RUN}/dcgan.gif\n` });
    expect(await run('show', 'reals')).toMatchObject({ code: 0, stdout: `${RUN}/images/reals.png\n` });
    expect(await run('show', 'reals', '1')).toMatchObject({ code: 0, stdout: `${RUN}/images/reals.png\n` });
    expect(await run('show', 'film.gif')).toMatchObject({ code: 0, stdout: 'film.gif\n' });
    expect(await run('show', 'preview')).toMatchObject({
      code: 2,
      stderr: `dcgan: there is no ${RUN}/images/preview.png. Train with --preview SECONDS.\n`,
    });
    expect(await run('show', 'film.gif', '--epoch', '2')).toMatchObject({ code: 2 });
    expect(await run('show', '1', '1')).toMatchObject({ code: 2 });
    expect(await run('show', `${RUN}/config.json`)).toMatchObject({
      code: 2,
      stderr: `dcgan: ${RUN}/config.json is not a picture: expected a PNG, JPEG, WebP, GIF, TIFF, AVIF or BMP file. Give another file.\n`,
    });
    expect(await run('show', '--epoch', '2')).toMatchObject({
      code: 2,
      stderr: `dcgan: ${RUN} has no picture of epoch 2: expected an epoch from 1 to 1. Choose another epoch.\n`,
    });
  });
});

describe.skipIf(NO_TERMINAL)('on a terminal', () => {
  const seen = async (columns: number, ...args: string[]): Promise<string[]> => {
    const { code, stdout } = await onTerminal(args, columns, 60, { cwd: shared.path });
    expect([code, stdout.slice(0, 200)]).toEqual([0, expect.any(String)]);
    return seenLines(stdout).map((line) => line.trimEnd());
  };
  const drawn = (lines: readonly string[]): number => lines.filter((line) => line.includes('▀')).length;

  it('sample, interpolate and show draw what they made, as wide as the terminal', async () => {
    const sampled = await seen(100, 'sample', '--seed', '3', '-o', 'seen.png');
    expect([drawn(sampled), sampled.at(-2)]).toEqual([50, `16 samples of ${CHECKPOINT} from seed 3: seen.png`]);
    expect(sampled.slice(0, 50)).toEqual((await seen(100, 'show', 'seen.png')).slice(0, 50));
    expect(drawn(await seen(80, 'interpolate', '-o', 'seen.gif'))).toBe(5);
    expect(drawn(await seen(40, 'show', 'reals'))).toBe(20);
    for (const command of ['sample', 'interpolate'])
      expect(await seen(80, command, '--no-pictures', '-o', 'unseen.gif')).toHaveLength(2);
  });

  it('train draws one picture, which each epoch replaces', async () => {
    const options = ['--preset', 'tiny', '--limit', '64', '--epochs', '3', '--seed', '7'];
    const lines = await seen(100, 'train', ...options, '--out', 'drawn');
    expect(drawn(lines)).toBe(32);
    const texts = lines.filter((line) => line.startsWith('Time taken for epoch'));
    expect(texts).toHaveLength(3);
    expect(drawn(await seen(100, 'train', ...options, '--no-pictures', '--out', 'undrawn'))).toBe(0);
  });
});

describe('project', () => {
  it('finds a sample again, the same bits each time, with the command that makes it', async () => {
    await run('sample', '--seed', '9', '--count', '2', '-o', 'own');
    const [first, again] = [
      await run('project', 'own/0001.png', '--steps', '40', '--restarts', '2'),
      await run('project', 'own/0001.png', CHECKPOINT, '--steps', '40', '--restarts', '2', '-o', 'again.png'),
    ];
    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(first.stdout).toMatch(
      new RegExp(
        `^own/0001.png by ${CHECKPOINT}: \\d+\\.\\d\\d grey levels away: projection.png, projection.npy\nTo make it again: `,
      ),
    );
    expect(sizeOf('projection.png')).toEqual([248, 128, 1]);
    expect(again.code).toBe(0);
    for (const ending of ['png', 'npy'])
      expect(file(`again.${ending}`).equals(file(`projection.${ending}`))).toBe(true);
    const command = /dcgan (sample .*)\n$/.exec(first.stdout)![1]!;
    expect(await run(...command.split(' '), '-o', 'made')).toMatchObject({ code: 0 });
    const made = decodePng(file('made/0000.png'), 'made').pixels;
    const pair = decodePng(file('projection.png'), 'projection');
    // The right one of two tiles, each pixel enlarged to four, with a gap of eight.
    const found = Array.from(
      { length: 784 },
      (_, i) => pair.pixels[(8 + 4 * Math.floor(i / 28)) * 248 + 128 + 4 * (i % 28)],
    );
    expect([...made]).toEqual(found);
  });

  it('writes over neither the picture nor the noise of another', async () => {
    await run('sample', '--seed', '9', '--count', '1', '-o', 'face.png');
    const before = file('face.png');
    const over = await run('project', 'face.png', '--steps', '1', '-o', 'face.png');
    expect(over).toMatchObject({ code: 2, stderr: expect.stringContaining('face.png would be written over itself') });
    expect(file('face.png').equals(before)).toBe(true);
    await run('project', 'face.png', '--steps', '1', '-o', 'nearest.png');
    const noise = file('nearest.npy');
    const again = await run('sample', '--noise', 'nearest.npy', '-o', 'nearest.npy');
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('would be written over itself') });
    expect(file('nearest.npy').equals(noise)).toBe(true);
  });

  it('asks nothing where a picture is transparent, and refuses one that is so everywhere', async () => {
    const halfOf = async (right: number, name: string): Promise<void> => {
      const rgba = Array.from({ length: 784 }, (_, i) => (i % 28 < 14 ? [200, 200, 200, 255] : [right, 0, 0, 0]));
      const raw = { width: 28, height: 28, channels: 4 } as const;
      await sharp(Buffer.from(rgba.flat()), { raw }).png().toFile(join(shared.path, name));
    };
    await halfOf(0, 'half.png');
    await halfOf(255, 'other.png');
    for (const name of ['half', 'other'])
      expect(await run('project', `${name}.png`, '--steps', '3', '-o', `${name}-found.png`)).toMatchObject({ code: 0 });
    expect(file('half-found.npy').equals(file('other-found.npy'))).toBe(true);
    const none = { width: 9, height: 9, channels: 4, background: '#0000' } as const;
    await sharp({ create: none }).png().toFile(join(shared.path, 'none.png'));
    expect(await run('project', 'none.png')).toMatchObject({
      code: 2,
      stderr: 'dcgan: none.png is transparent everywhere. Give a picture that shows something.\n',
    });
    expect(await run('project', `${RUN}/config.json`)).toMatchObject({ code: 2 });
  });
});

describe('info', () => {
  it('says what a checkpoint is', async () => {
    const { code, stdout } = await run('info');
    expect(code).toBe(0);
    expect(stdout).toContain(`${CHECKPOINT}, 1.3 MB, checksum ok\n`);
    expect(stdout).toMatch(/^trained +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC to .* UTC, done$/m);
    expect(stdout).toMatch(/^command +dcgan train --preset tiny /m);
    expect(stdout).toMatch(/^machine +.*, \d+ cores?, .* MB, .*, Node v\d+.*; \w+, \d+ threads?$/m);
    expect(stdout).toContain(`epoch-0001.safetensors, SHA-256 ${sha256(file(CHECKPOINT))}\n`);
    const { stdout: json } = await run('info', '--json');
    const report = JSON.parse(json);
    expect(report).toMatchObject({
      checkpoint: CHECKPOINT,
      run: RUN,
      checksum: 'ok',
      seed: 7,
      epoch: 1,
      step: 2,
      parameters: { generator: 89_816, discriminator: 14_817 },
      data: { name: 'mnist', count: 128 },
    });
    expect(report.tensors).toHaveLength(55);
    expect(report.tensors).toContainEqual({ name: 'noise/fixed', shape: [16, 100], values: 1600 });
  });

  it('names a damaged checkpoint, and so do those that would use it', async () => {
    mkdirSync(join(shared.path, 'copies'));
    const bytes = file(CHECKPOINT);
    bytes[bytes.length - 100]! ^= 4;
    writeFileSync(join(shared.path, 'copies/bad.safetensors'), bytes);
    for (const command of ['info', 'sample', 'interpolate']) {
      const { code, stdout, stderr } = await run(command, 'copies/bad.safetensors');
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(
        /^dcgan: checkpoint copies\/bad\.safetensors is damaged: expected SHA-256 \w{64}, as the file says, got \w{64} of its bytes\. .*\.\n$/,
      );
    }
    writeFileSync(join(shared.path, 'copies/letter.safetensors'), 'Dear reader,');
    const { code, stderr } = await run('info', 'copies/letter.safetensors');
    expect([code, stderr]).toEqual([
      1,
      'dcgan: copies/letter.safetensors is not a checkpoint, or damaged from its first bytes on: expected a safetensors ' +
        'file that dcgan wrote, got another. Copy it again, or give a run or another checkpoint.\n',
    ]);
  });
});
