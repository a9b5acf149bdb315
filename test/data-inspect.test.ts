import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { inspectData } from '../src/data/inspect.ts';
import { type Hash, isNear, type Look, lookOf } from '../src/data/likeness.ts';
import { loadDataset } from '../src/data/load.ts';
import { differingBits, NearGroups } from '../src/data/near-groups.ts';
import { encodeNpy } from '../src/data/npy.ts';
import { workInFolders } from './support/folders.ts';
import { noisy, plain, png } from './support/pictures.ts';

workInFolders();

/** An image of low frequencies: noise of 6 × 6, enlarged. */
const scene = (seed: number, width = 64, height = 64): Promise<Buffer> =>
  noisy(6, seed).resize(width, height, { kernel: 'cubic', fit: 'fill' }).png().toBuffer();

test('counts, sizes, classes, statistics, duplicates, broken files and a sheet', async () => {
  mkdirSync('p/a', { recursive: true });
  mkdirSync('p/b');
  writeFileSync('p/a/1.png', await scene(1));
  copyFileSync('p/a/1.png', 'p/b/1 copy.png');
  writeFileSync(
    'p/b/2.jpg',
    await sharp(await scene(1))
      .resize(100, 100)
      .jpeg({ quality: 70 })
      .toBuffer(),
  );
  writeFileSync('p/b/3.png', await scene(2));
  writeFileSync('p/b/4.png', await png(plain(64, 64, [255, 0, 0])));
  writeFileSync('p/b/5.png', 'text');
  writeFileSync('p/readme.md', 'x');
  const seen: number[] = [];
  const report = await inspectData('p', { onProgress: ({ done }) => seen.push(done) });
  expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
  expect(report).toMatchObject({
    form: 'folder of pictures',
    name: 'p',
    count: 5,
    shape: { size: 64, channels: 3 },
    sizes: [
      { width: 64, height: 64, count: 4 },
      { width: 100, height: 100, count: 1 },
    ],
    extremes: {
      smallest: { name: 'p/a/1.png', width: 64, height: 64 },
      largest: { name: 'p/b/2.jpg', width: 100, height: 100 },
    },
    formats: { PNG: 4, JPEG: 1 },
    kinds: { grey: 0, colour: 5, transparent: 0, deep: 0, several: 0 },
    classes: [
      { name: 'a', count: 1 },
      { name: 'b', count: 4 },
    ],
    whyNoClasses: null,
    duplicates: [['p/a/1.png', 'p/b/1 copy.png']],
    near: [['p/a/1.png', 'p/b/2.jpg']],
    broken: [
      { name: 'p/b/5.png', why: 'it is not a PNG, JPEG, WebP, GIF, TIFF, AVIF or BMP file, whatever its name says' },
    ],
    unread: { count: 1, kinds: [{ kind: 'MD', count: 1 }], first: ['readme.md'] },
  });
  expect(report.sheet.shape).toEqual([5, 64, 64, 3]);
  expect(report.sheet.images.length).toBe(5 * 64 * 64 * 3);
});

test('duplicates are the images that --dedupe leaves out, however their files are compressed', async () => {
  mkdirSync('p');
  const [one, other] = [await scene(1), await scene(2)];
  for (const [name, bytes, compressionLevel] of [
    ['1.png', one, 0],
    ['2.png', one, 9],
    ['3.png', other, 9],
    ['4.png', one, 9],
  ] as const)
    await sharp(bytes).png({ compressionLevel }).toFile(`p/${name}`);
  expect(readFileSync('p/1.png').equals(readFileSync('p/2.png'))).toBe(false);
  const { duplicates, near, versions } = await inspectData('p');
  expect([duplicates, near, versions]).toEqual([[['p/1.png', 'p/2.png', 'p/4.png']], [], []]);
  const notes: string[] = [];
  const { count } = await loadDataset('p', { dedupe: true, onNote: (note) => notes.push(note) });
  expect([count, notes]).toEqual([2, ['left out: 2 images that are there already']]);
});

test('statistics are those of the pixels', async () => {
  const values = [0, 100, 0, 100, 200, 100, 200, 100, 50, 50, 50, 50];
  const pixels = Uint8Array.from({ length: 3 * 8 * 8 }, (_, i) => values[Math.floor(i / 16)]!);
  writeFileSync('a.npy', encodeNpy(pixels, [3, 8, 8, 1]));
  const { mean, deviation, formats, classes, count } = await inspectData('a.npy');
  expect([count, formats, classes]).toEqual([3, { array: 3 }, []]);
  expect(mean[0]).toBeCloseTo(83.3333, 3);
  expect(deviation[0]).toBeCloseTo(62.361, 3);
});

test('animations are counted, because only their first frame is read', async () => {
  mkdirSync('moving');
  const frames = await Promise.all([1, 2, 3].map((seed) => scene(seed, 32, 32)));
  for (const name of ['a.gif', 'b.webp']) await sharp(frames, { join: { animated: true } }).toFile(`moving/${name}`);
  await sharp(frames[0]).toFile('moving/c.webp');
  const { count, kinds } = await inspectData('moving');
  expect([count, kinds.several]).toEqual([3, 2]);
});

test('pictures that are grey though they are stored in colour are counted', async () => {
  mkdirSync('scans');
  const grey = await sharp(await scene(1))
    .greyscale()
    .raw()
    .toBuffer();
  const scan = Uint8Array.from({ length: 3 * grey.length }, (_, i) => grey[Math.floor(i / 3)]!);
  const { width, height } = await sharp(await scene(1)).metadata();
  const raw = { width: width!, height: height!, channels: 3 } as const;
  await sharp(scan, { raw }).png().toFile('scans/a.png');
  await sharp(scan, { raw }).jpeg().toFile('scans/b.jpg');
  await sharp(await scene(2)).toFile('scans/c.png');
  const { kinds, shape } = await inspectData('scans');
  expect([kinds.grey, kinds.colour, kinds.colourless, shape.channels]).toEqual([0, 3, 2, 3]);
});

test('MNIST by name', async () => {
  const report = await inspectData('mnist-test');
  expect([report.count, report.classes.length, report.classes[1]]).toEqual([10000, 10, { name: '1', count: 1135 }]);
  expect(report.mean[0]! / 255).toBeCloseTo(0.1325, 4);
  expect(report.deviation[0]! / 255).toBeCloseTo(0.3105, 4);
  expect(report.sheet.shape).toEqual([64, 28, 28, 1]);
  // Ten thousand digits, none of which is there twice.
  expect([report.near, report.versions, report.duplicates]).toEqual([[], [], []]);
});

test('a look survives brightness, scale and compression, differs between scenes and colours, and flat images have none', async () => {
  const look = async (bytes: Buffer, side = 64, gain = 1): Promise<Look> => {
    const { data } = await sharp(bytes)
      .resize(side, side)
      .linear(gain, 10)
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return lookOf(data, side, side, 3)!;
  };
  const [one, two] = [await scene(1), await scene(2)];
  const first = await look(one);
  const jpeg = await sharp(one).jpeg({ quality: 75 }).toBuffer();
  for (const other of [await look(one, 40, 0.8), await look(jpeg)]) {
    expect(differingBits(first.hash, other.hash)).toBeLessThanOrEqual(4);
    expect(isNear(first, other)).toBe(true);
  }
  expect(differingBits(first.hash, (await look(two)).hash)).toBeGreaterThan(12);
  expect(isNear(first, await look(two))).toBe(false);
  const turned = await sharp(one)
    .removeAlpha()
    .recomb([
      [0, 1, 0],
      [0, 0, 1],
      [1, 0, 0],
    ])
    .png()
    .toBuffer();
  expect(isNear(first, await look(turned))).toBe(false);
  expect(lookOf(new Uint8Array(64 * 64).fill(77), 64, 64, 1)).toBeNull();
});

test('a drawing with another skin is another picture, and a compressed copy is the same', async () => {
  const drawn = (skin: string): Promise<Buffer> =>
    sharp(
      Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256">
        <rect width="256" height="256" fill="#fff"/>
        <path d="M48 256V160H208V256ZM96 56H160V80H96Z" fill="#1c2e6e"/>
        <circle cx="128" cy="110" r="10" fill="${skin}"/><path d="M20 40H70V60H20Z" fill="#d33"/>
      </svg>`),
    )
      .png()
      .toBuffer();
  const look = async (bytes: Buffer): Promise<Look> => {
    const data = await sharp(bytes).resize(64, 64).removeAlpha().raw().toBuffer();
    return lookOf(data, 64, 64, 3)!;
  };
  const [light, brown] = [await drawn('#f7c8a0'), await drawn('#a56c3c')];
  const first = await look(light);
  const other = await look(brown);
  expect(differingBits(first.hash, other.hash)).toBeLessThanOrEqual(4);
  expect(isNear(first, other)).toBe(false);
  const small = await sharp(light).resize(128, 128).jpeg({ quality: 60 }).toBuffer();
  const copy = await look(small);
  expect(differingBits(first.hash, copy.hash)).toBeLessThanOrEqual(4);
  expect(isNear(first, copy)).toBe(true);
});

test('versions that differ in one small part are told from copies, whatever is first', async () => {
  mkdirSync('v');
  const drawn = (mouth: string): Promise<Buffer> =>
    sharp(
      Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="128" height="128"><rect width="128" height="128" fill="#fff"/>
        <path d="M6 128V100Q50 66 96 104V128Z" fill="#3a7" stroke="#222" stroke-width="4"/><circle cx="54" cy="56" r="36"
        fill="#fd5" stroke="#222" stroke-width="4"/><path d="M18 50Q40 -14 92 30L60 34Z" fill="#642"/><path fill="#36c"
        d="M100 20H122V60Z"/><circle cx="42" cy="56" r="4"/><circle cx="66" cy="56" r="4"/><path d="${mouth}" fill="none"
        stroke="#222" stroke-width="4"/></svg>`),
    )
      .removeAlpha()
      .png()
      .toBuffer();
  const [glad, sad] = [await drawn('M42 74Q54 80 66 74'), await drawn('M42 78Q54 72 66 78')];
  for (const [name, picture] of Object.entries({
    '1.png': sharp(sad),
    '2.png': sharp(glad),
    '3.jpg': sharp(glad).jpeg({ quality: 75 }),
    '4.webp': sharp(glad).webp({ quality: 80 }),
    '5.png': sharp(glad).linear(1.05, 0),
    '6.png': sharp(glad).resize(96, 96),
    '7.jpg': sharp(glad).jpeg({ quality: 50 }),
  }))
    await picture.toFile(`v/${name}`);
  const { near, versions } = await inspectData('v', { size: 64 });
  const copies = ['v/2.png', 'v/3.jpg', 'v/4.webp', 'v/5.png', 'v/6.png', 'v/7.jpg'];
  expect([near, versions]).toEqual([[copies], [['v/1.png', 'v/2.png']]]);
});

test('two shirts of nearly one cut are neither copies nor versions', async () => {
  const look = async (wider: number): Promise<Look> => {
    const [left, right, low] = [100 - wider, 180 + wider, 255 + wider];
    const drawn = `<svg xmlns="http://www.w3.org/2000/svg" width="280" height="280"><rect width="280" height="280"/>
      <path fill="#ddd" d="M${left} 20Q140 ${40 + wider} ${right} 20L${right + 50} ${70 + wider}L${right + 20} ${95 + wider}
      L${right + 10} 85V${low}H${left - 10}V85L${left - 20} ${95 + wider}L${left - 50} ${70 + wider}Z"/></svg>`;
    const pixels = await sharp(Buffer.from(drawn)).toColourspace('b-w').resize(28, 28).removeAlpha().raw().toBuffer();
    return lookOf(pixels, 28, 28, 1)!;
  };
  const [one, other] = [await look(0), await look(2)];
  expect([isNear(one, other), differingBits(one.hash, other.hash)]).toEqual([true, 4]);
  const groups = new NearGroups();
  groups.add(0, one);
  groups.add(1, other);
  expect([groups.copies(), groups.versions()]).toEqual([[], []]);
});

test('a drawing in another colour is no copy: lighter throughout it is a version', async () => {
  const look = async (parts: string): Promise<Look> => {
    const drawn = `<svg xmlns="http://www.w3.org/2000/svg" width="128" height="128"><rect width="128" height="128"
      fill="#fff"/>${parts}</svg>`;
    return lookOf(await sharp(Buffer.from(drawn)).resize(64, 64).removeAlpha().raw().toBuffer(), 64, 64, 3)!;
  };
  const hand = (skin: string, shade: string): Promise<Look> =>
    look(`<path d="M30 120V70L14 40L26 34L40 60L44 10H56L60 56L70 8L82 10L78 60L96 24L106 30L92 74V120Z" fill="${skin}"/>
      <path d="M50 84Q70 70 84 92" fill="none" stroke="${shade}" stroke-width="5"/>
      <path d="M30 108H92V120H30Z" fill="${shade}"/>`);
  const dots = (colour: string): Promise<Look> => {
    const places = Array.from({ length: 16 }, (_, i) => [16 + 32 * (i % 4), 16 + 32 * (i >> 2), 13 - ((i * 5) % 7)]);
    return look(places.map(([x, y, r]) => `<circle cx="${x}" cy="${y}" r="${r}" fill="${colour}"/>`).join(''));
  };
  const pairs = [
    [await hand('#a56c43', '#7b4a2a'), await hand('#ba8f6a', '#996b4b')],
    [await dots('#a56b46'), await dots('#a57f46')],
  ] as const;
  const found = pairs.map(([one, other]) => {
    expect(isNear(one, other)).toBe(true);
    const groups = new NearGroups();
    groups.add(0, one);
    groups.add(1, other);
    return [groups.copies(), groups.versions()];
  });
  expect(found).toEqual([
    [[], [[0, 1]]],
    [[], []],
  ]);
});

test('near groups are found whichever four bits differ', () => {
  const base: Hash = [0x12345678, 0x9abcdef0];
  const grey = Uint8Array.of(0, 255, 0, 255);
  const look = (hash: Hash): Look => ({
    hash,
    grey,
    cells: grey,
    channels: 1,
    mean: 127.5,
    contrast: 127.5,
    planes: [],
  });
  for (let first = 0; first < 61; first++) {
    const groups = new NearGroups();
    groups.add(0, look(base));
    const bits = [0, 1, 2, 3].map((i) => (first + i * 16) % 64);
    const [low, high] = bits.reduce(
      ([a, b], bit) => (bit < 32 ? [a ^ (1 << bit), b] : [a, b ^ (1 << (bit - 32))]) as [number, number],
      [base[0], base[1]] as [number, number],
    );
    groups.add(1, look([low >>> 0, high >>> 0]));
    groups.add(2, look([~low >>> 0, high >>> 0]));
    expect([groups.copies(), groups.versions()]).toEqual([[[0, 1]], []]);
  }
});
