// Own images from the command line: every form trains, and what is wrong is told in two sentences.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import sharp from 'sharp';
import { create } from 'tar';
import { beforeAll, expect, it } from 'vitest';
import { encodeNpy } from '../src/data/npy.ts';
import { dcgan, type Ended, sharedFolder, start } from './support/cli.ts';
import { type Said, say } from './support/main.ts';
import { animatedPng, hugePng, noisy, png, zip } from './support/pictures.ts';

const shared = sharedFolder();
const at = (path: string): string => join(shared.path, path);
process.env.DCGAN_CACHE_DIR ??= at('cache');
const run = (...args: string[]): Promise<Ended> => dcgan(args, { cwd: shared.path });
/** The same in this process, which takes less time. */
const said = (...args: string[]): Promise<Said> => say(args, shared.path);

beforeAll(async () => {
  const names: string[] = [];
  for (let i = 0; i < 8; i++) {
    mkdirSync(at(`mine/${i % 2 ? 'odd' : 'even'}`), { recursive: true });
    names.push(`mine/${i % 2 ? 'odd' : 'even'}/${i}.png`);
    await png(noisy(20, i), at(names.at(-1)!));
  }
  writeFileSync(at('mine.zip'), zip(names.map((name) => ({ name, data: readFileSync(at(name)) }))));
  await create({ file: at('mine.tar'), cwd: shared.path }, ['mine']);
  await create({ file: at('mine.tar.gz'), cwd: shared.path, gzip: true }, ['mine']);
  writeFileSync(
    at('mine.npy'),
    encodeNpy(
      Uint8Array.from({ length: 8 * 256 }, (_, i) => i),
      [8, 16, 16, 1],
    ),
  );
  const record = Buffer.concat([Buffer.of(3), Buffer.alloc(3072, 77)]);
  writeFileSync(at('data_batch_1.bin'), Buffer.concat(Array.from({ length: 8 }, () => record)));
  const idx = Buffer.alloc(16 + 8 * 256, 7);
  for (const [i, word] of [0x803, 8, 16, 16].entries()) idx.writeUInt32BE(word, 4 * i);
  writeFileSync(at('mine.idx'), idx);
  mkdirSync(at('digits'));
  writeFileSync(at('digits/train-images-idx3-ubyte'), idx);
  const labels = Buffer.alloc(8 + 8, 5);
  for (const [i, word] of [0x801, 8].entries()) labels.writeUInt32BE(word, 4 * i);
  writeFileSync(at('digits/train-labels-idx1-ubyte'), labels);
  mkdirSync(at('cifar'));
  for (const n of [1, 2])
    writeFileSync(at(`cifar/data_batch_${n}.bin`), Buffer.concat([record, record, record, record]));
  writeFileSync(
    at('grey.npy'),
    encodeNpy(
      Uint8Array.from({ length: 8 * 256 }, (_, i) => i),
      [8, 16, 16],
    ),
  );
  // Every kind of picture: grey, RGBA, 16 bits, turned by EXIF, JPEG, WebP, a moving GIF.
  mkdirSync(at('kinds'));
  const frames = await Promise.all([8, 9].map((seed) => noisy(20, seed).png().toBuffer()));
  for (const [name, picture] of Object.entries({
    'grey.png': noisy(20, 1, 1).png(),
    'rgba.png': noisy(20, 2).ensureAlpha(0.5).png(),
    'deep.png': noisy(20, 3).toColourspace('rgb16').png(),
    'turned.jpg': noisy(20, 4).withMetadata({ orientation: 6 }).jpeg(),
    'plain.jpeg': noisy(20, 5).jpeg(),
    'small.webp': noisy(20, 6).webp(),
    'still.gif': noisy(20, 7).gif(),
    'moving.gif': sharp(frames, { join: { animated: true } }).gif(),
  }))
    writeFileSync(at(`kinds/${name}`), await picture.toBuffer());
  mkdirSync(at('bad'));
  writeFileSync(at('bad/1.png'), hugePng(50_000, 50_000));
  writeFileSync(at('bad/2.png'), 'text');
  mkdirSync(at('empty'));
  const bomb = Buffer.alloc(20 * 2 ** 20);
  writeFileSync(at('slip.zip'), zip([{ name: '../slip.png', data: Buffer.from('x') }]));
  writeFileSync(at('cut.zip'), readFileSync(at('mine.zip')).subarray(0, 900));
  writeFileSync(at('cut.tar'), readFileSync(at('mine.tar')).subarray(0, 1100));
  writeFileSync(at('cut.npy'), readFileSync(at('mine.npy')).subarray(0, 900));
  writeFileSync(at('cut.idx'), readFileSync(at('mine.idx')).subarray(0, 900));
  writeFileSync(at('nothing'), '');
  mkdirSync(at('half'));
  writeFileSync(at('half/1.png'), readFileSync(at('mine/even/0.png')).subarray(0, 300));
  writeFileSync(at('bomb.zip'), zip([{ name: 'a.png', data: bomb }]));
  writeFileSync(at('liar.zip'), zip([{ name: 'a.png', data: bomb, claims: 1000 }]));
  writeFileSync(
    at('flat.zip'),
    zip(
      [1, 2].map((n) => ({ name: `${n}.png`, data: bomb })),
      { overlap: true },
    ),
  );
  await png(noisy(16, 1), at('bad/3.png'));
  await png(noisy(16, 1), at('bad/4.png'));
});

it('dcgan data build', async () => {
  expect(await run('data', 'build', 'mine', '-o', 'mine.pack', '--size', '16')).toEqual({
    code: 0,
    signal: null,
    stdout: '8 images of 16 x 16 x 3: mine.pack\n',
    stderr: '',
  });
});

it.each<[string, string, ...string[]]>([
  ['mine', '8 images of 20 x 20 x 3'],
  ['mine', '16 images of 32 x 32 x 1', '--size', '32', '--channels', '1', '--flip', '--fit', 'pad'],
  ['mine.zip', '8 images of 20 x 20 x 3'],
  ['mine.tar', '8 images of 20 x 20 x 3'],
  ['mine.tar.gz', '8 images of 20 x 20 x 3'],
  ['mine.npy', '8 images of 16 x 16 x 1'],
  ['mine.npy', '8 images of 32 x 32 x 3', '--size', '32', '--channels', '3'],
  ['data_batch_1.bin', '8 images of 32 x 32 x 3'],
  ['grey.npy', '8 images of 16 x 16 x 1'],
  ['cifar', '8 images of 32 x 32 x 3'],
  ['kinds', '8 images of 20 x 20 x 3'],
  ['kinds', '8 images of 20 x 20 x 1', '--channels', '1'],
  ['mine.idx', '8 images of 16 x 16 x 1'],
  ['digits', '8 images of 16 x 16 x 1', '--cond'],
  ['mnist', '60,000 images of 28 x 28 x 1'],
  ['mine.pack', '8 images of 16 x 16 x 3'],
])('--data %s: %s', async (data, expected, ...options) => {
  const { code, stdout, stderr } = await said('train', '--dry-run', '--preset', 'tiny', '--data', data, ...options);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain(`${data.replace(/\..*/, '')}, ${expected}`);
});

it('a folder trains, and the run knows how its pictures were read when it goes on', async () => {
  const options = [
    '--preset',
    'tiny',
    '--batch-size',
    '8',
    '--epochs',
    '1',
    '--size',
    '16',
    '--flip',
    '--fit',
    'pad',
    '--device',
    'wasm',
  ];
  const first = await run('train', '--data', 'mine', ...options, '--out', 'r');
  expect([first.code, first.stderr]).toEqual([0, '']);
  expect(first.stdout).toContain('16 images of mine');
  const { data } = JSON.parse(readFileSync(at('r/config.json'), 'utf8'));
  expect(data).toMatchObject({ source: 'mine', count: 16, reading: { fit: 'pad', flip: true } });
  const more = await run('train', '--resume', 'r', '--epochs', '2', '--device', 'wasm');
  expect([more.code, more.stderr]).toEqual([0, '']);
  expect(await run('train', '--resume', 'r', '--fit', 'crop')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('dcgan: --fit cannot change when a run is resumed: expected "pad", got "crop".'),
  });
  const again = await run('train', '--config', 'r/config.json', '--dry-run');
  expect(again.stdout).toContain('mine, 16 images of 16 x 16 x 3');
  await png(noisy(20, 99), at('mine/even/0.png'));
  expect((await run('train', '--resume', 'r', '--epochs', '3')).stderr).toContain('the data of r have changed');
});

it('a training in the folder of its pictures never reads its own, and goes on', async () => {
  mkdirSync(at('inside'));
  for (let i = 0; i < 4; i++) await png(noisy(16, i), at(`inside/tile${i}.png`));
  const inside = (...args: string[]): Promise<Ended> => dcgan(args, { cwd: at('inside') });
  const tiny = ['--preset', 'tiny', '--batch-size', '4', '--epochs', '1', '--device', 'wasm', '--threads', '1'];
  const first = await inside('train', '--data', '.', ...tiny);
  expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('4 images of inside') });
  const more = await inside('train', '--resume', '--epochs', '2', '--threads', '1');
  expect([more.code, more.stderr]).toEqual([0, '']);
  const again = await inside('train', '--data', '.', ...tiny, '--dry-run');
  expect(again.stdout).toMatch(/^data +inside, 4 images/m);
  expect(again.stdout).toContain('Note: pictures of runs are left out: runs/00001-inside-tiny.');
  const sheet = await inside('data', 'inspect', '.');
  expect([sheet.code, sheet.stderr]).toEqual([
    0,
    expect.stringContaining('Note: sheet.png lies in the folder of data'),
  ]);
  expect(await inside('data', 'inspect', '.')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(
      'sheet.png lies among the data of ., and would be written over. Remove it from there',
    ),
  });
});

it('a run goes on with its own pictures when others were added, and says so', async () => {
  mkdirSync(at('grown'));
  for (let i = 0; i < 4; i++) await png(noisy(16, i), at(`grown/m${i}.png`));
  const tiny = ['--preset', 'tiny', '--batch-size', '4', '--device', 'wasm', '--threads', '1'];
  await run('train', '--data', 'grown', ...tiny, '--epochs', '1', '--out', 'grown-run');
  await png(noisy(16, 9), at('grown/n0.png'));
  const more = await run('train', '--resume', 'grown-run', '--epochs', '2', '--threads', '1');
  expect([more.code, more.stderr]).toEqual([0, '']);
  expect(more.stdout).toContain(
    'Note: grown holds 5 images now: the run goes on with its own 4, and a new run takes all',
  );
  await png(noisy(16, 10), at('grown/a0.png'));
  expect((await run('train', '--resume', 'grown-run', '--epochs', '3')).stderr).toMatch(
    /the data of grown-run have changed: expected 4 images with SHA-256 \w{12}\.\.\., got 6, of which the first 4 are others\. Give /,
  );
});

it('project reads a picture as its run did, and prints a command that makes it again', async () => {
  for (const name of ['1', '2', '3']) mkdirSync(at(`numbers/${name}`), { recursive: true });
  const ends = await png(noisy(16, 3).resize(16, 16).extend({ left: 24, right: 24, background: 'red' }));
  for (const name of ['1', '2', '3']) for (const i of [0, 1]) writeFileSync(at(`numbers/${name}/${i}.png`), ends);
  const tiny = ['--preset', 'tiny', '--batch-size', '4', '--epochs', '1', '--size', '16', '--threads', '1'];
  const reading = ['--fit', 'pad', '--background', 'black'];
  await run('train', '--data', 'numbers', '--cond', ...reading, ...tiny, '--device', 'wasm', '--out', 'numbered');
  const line = ['--class', '2', '--steps', '1', '--restarts', '1', '-o', 'near.png', '--device', 'wasm'];
  const { code, stdout } = await run('project', 'numbers/2/1.png', 'numbered', ...line);
  expect([code, stdout]).toEqual([0, expect.stringContaining(', class 2: near.png')]);
  const target = (await sharp(at('near.png')).removeAlpha().raw().toBuffer({ resolveWithObject: true })).data;
  const { width } = await sharp(at('near.png')).metadata();
  const pixel = (y: number, x: number): number[] => [
    ...target.subarray(3 * (y * width! + x), 3 * (y * width! + x) + 3),
  ];
  // The left one of two tiles, a pixel enlarged to several, with its padding above and its red ends.
  const tile = (width! - 24) / 2;
  expect(pixel(8 + 2, 8 + tile / 2)).toEqual([0, 0, 0]);
  expect(pixel(8 + tile / 2, 8 + 2)).toEqual([255, 0, 0]);
  const again = /dcgan(?:\.js)? (sample .*)\n$/.exec(stdout)![1]!;
  expect(again).toMatch(/ --class 2$/);
  const made = async (name: string): Promise<Buffer> =>
    sharp(at(`${name}/0000.png`))
      .raw()
      .toBuffer();
  await run(...again.split(' '), '-o', 'made-again', '--device', 'wasm');
  await run(...again.replace('--class 2', '--class 1').split(' '), '-o', 'made-other', '--device', 'wasm');
  expect((await made('made-again')).equals(await made('made-other'))).toBe(false);
});

it('pictures are not laid on what is transparent', async () => {
  expect(await run('data', 'inspect', 'mine', '--background', 'transparent')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(
      '--background is no colour that covers what is behind it: expected a colour such as',
    ),
  });
});

it('samples beside earlier ones are said, and nothing is written that is no folder', async () => {
  const options = ['--seed', '1', '--device', 'wasm'];
  await run('sample', 'r', '--count', '3', '-o', 'drawn', ...options);
  const fewer = await run('sample', 'r', '--count', '1', '-o', 'drawn', ...options);
  expect(fewer).toMatchObject({ code: 0, stderr: 'Note: drawn also holds 2 earlier pictures.\n' });
  for (const output of ['-', '/dev/null'])
    expect(await run('sample', 'r', '-o', output)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`--output ${output} is no folder`),
    });
  expect(existsSync(at('-'))).toBe(false);
});

it('broken files are named, with the way on, which works', async () => {
  const refused = await run('train', '--data', 'bad', '--dry-run');
  expect([refused.code, refused.stderr]).toEqual([
    1,
    "dcgan: 2 of 4 pictures of bad can't be used: bad/1.png (it claims more pixels than the 100 million that are " +
      'decoded), bad/2.png (it is not a PNG, JPEG, WebP, GIF, TIFF, AVIF or BMP file, whatever its name says). Mend or remove ' +
      'them, or leave all such files out: --skip-broken.\n',
  ]);
  const way = await run('data', 'build', 'bad', '-o', 'good.pack', '--skip-broken');
  expect([way.code, way.stdout]).toEqual([0, '2 images of 16 x 16 x 3: good.pack\n']);
  expect(way.stderr).toContain(
    "Note: left out: bad/2.png can't be used: it is not a PNG, JPEG, WebP, GIF, TIFF, AVIF or BMP file",
  );
});

it('says at each training that of an animation the first frame is read, in the words of data inspect', async () => {
  mkdirSync(at('moving'));
  const frames = await Promise.all([1, 2, 3].map((seed) => noisy(16, seed).png().toBuffer()));
  for (const name of ['a.gif', 'b.webp'])
    await sharp(frames, { join: { animated: true } }).toFile(at(`moving/${name}`));
  writeFileSync(at('moving/c.png'), animatedPng(frames[0]!));
  writeFileSync(at('moving/d.png'), frames[1]!);
  const said = 'of several frames, of which the first is read';
  expect((await run('data', 'inspect', 'moving', '-o', 'moving.png')).stdout).toContain(`3 ${said}`);
  const small = ['--preset', 'tiny', '--data', 'moving', '--batch-size', '4', '--device', 'wasm'];
  // The second time their pack is in the cache.
  for (const how of [['--epochs', '1', '--out', 'moved'], ['--dry-run']])
    expect((await run('train', ...small, ...how)).stdout).toContain(`Note: 3 pictures are ${said}.\n`);
  const built = await run('data', 'build', 'moving', '-o', 'moving.pack');
  expect([built.code, built.stderr]).toEqual([0, `Note: 3 pictures are ${said}.\n`]);
});

it('Ctrl-C ends a build and leaves nothing behind', async () => {
  const env = { DCGAN_CACHE_DIR: at('cache') };
  const { child, ended } = start(['data', 'build', 'mnist', '--size', '32', '-o', 'never.pack'], {
    cwd: shared.path,
    env,
  });
  const begun = (): boolean => readdirSync(shared.path).some((name) => name.includes('never.pack'));
  while (!begun()) await setTimeout(20);
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ code: 130, stdout: '', stderr: 'Stopped; nothing was written.\n' });
  expect(begun()).toBe(false);
});

it('dcgan data inspect says what is there, in words and as JSON, and draws a sheet', async () => {
  const { code, stdout } = await run('data', 'inspect', 'bad', '-o', 'bad sheet.png');
  expect(code).toBe(0);
  for (const line of [
    /^form +folder of pictures$/m,
    /^images +2$/m,
    /^sizes +16 x 16 \(2\)$/m,
    /^as trained on +16 x 16 x 3$/m,
    /^broken: 2 files$/m,
    /^ {2}bad\/1\.png: it claims more pixels than the 100 million that are decoded$/m,
    /^the same as another: 1 group$/m,
    /^ {2}bad\/3\.png = bad\/4\.png$/m,
    /^no near duplicates$/m,
    /^no versions of one picture$/m,
  ])
    expect(stdout).toMatch(line);
  expect((await sharp(at('bad sheet.png')).metadata()).format).toBe('png');
  const json = JSON.parse((await run('data', 'inspect', 'mine.zip', '--json', '-o', 'z.png')).stdout);
  expect(json).toMatchObject({ form: 'zip archive', count: 8, classes: [{ name: 'even', count: 4 }, { count: 4 }] });
  expect([json.sheet, existsSync(at('z.png'))]).toEqual(['z.png', true]);
});

it.each([
  ['train --data empty', 1, 'the folder empty holds no images: expected PNG, JPEG, WebP, GIF, TIFF, AVIF or BMP files'],
  ['train --data bad/2.png', 1, 'bad/2.png is a single picture: expected a folder of pictures,'],
  ['train --data slip.zip', 1, "slip.zip: ../slip.png can't be used: its name leads out of the archive (..)."],
  [
    'train --data slip.zip --skip-broken',
    1,
    'no picture of slip can be used: got 1 broken; the first: slip.zip: ../slip',
  ],
  ['train --data bomb.zip', 1, "bomb.zip: a.png can't be used: "],
  [
    'train --data liar.zip',
    1,
    "liar.zip: a.png can't be used: it can't be unpacked (it holds more than the 1000 bytes",
  ],
  ['train --data flat.zip', 1, 'flat.zip is refused: its entries overlap: they claim'],
  ['train --data cut.zip', 1, 'cut.zip is a damaged or truncated .zip'],
  ['train --data cut.tar', 1, 'cut.tar is a damaged or truncated .tar'],
  ['train --data cut.npy', 1, 'cut.npy'],
  ['train --data cut.idx', 1, 'cut.idx'],
  ['train --data nothing', 1, 'nothing is in no form that is known (byte 0)'],
  ['train --data half', 1, "half/1.png can't be used: it is damaged ("],
  ['data inspect nothere', 1, 'there is no dataset and no file nothere: expected mnist,'],
  ['data inspect mine --fit squash', 2, '--fit has an invalid value: expected crop, pad or stretch, got "squash".'],
  [
    'data inspect mine -o x.jpg',
    2,
    '--output has an unsupported ending: expected a name ending in .png, .gif, .webp or .avif, got x.jpg.',
  ],
  ['data build mine', 2, "required option '-o, --output <file>' not specified. See: dcgan data build --help"],
  ['data inspct mine', 2, "unknown command 'inspct'. Did you mean inspect?"],
  ['train --data mine --channels 2', 2, '--channels has an invalid value: expected 1 or 3, got "2".'],
  [
    'train --data mine --size 30',
    2,
    '--size does not suit the networks: expected sides from 8 to 256 that 4 divides, got 30.',
  ],
  [
    'data inspect mine --background mauvee',
    2,
    'background is not a known colour: expected a colour such as white or #ff8800',
  ],
  [
    'train --data mine --background mauvee --skip-broken',
    2,
    'background is not a known colour: expected a colour such as',
  ],
  [
    'train --data mine --background 12',
    2,
    'background is not a known colour: expected a colour such as white or #ff8800',
  ],
])('dcgan %s', async (line, code, message) => {
  expect(await said(...line.split(' '))).toMatchObject({ code, stderr: expect.stringContaining(message) });
});

it.each(['inspect', 'build'])('help of dcgan data %s has examples, whose options exist', async (command) => {
  const { stdout } = await run('data', command, '--help');
  const [options, examples] = stdout.split('Examples:\n');
  for (const [option] of examples!.matchAll(/(?<= )--?[a-z][a-z-]*/g)) expect(options).toContain(option);
});
