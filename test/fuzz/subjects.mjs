// What is damaged: a whole file of each form that the program reads, its reader, and what may come of damage. Where a checksum
// covers what is read (`checked`), accepting other contents is wrong; elsewhere nothing in the file can tell.
import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import sharp from 'sharp';
import { Header } from 'tar';
import { decodeTensors, encodeTensors } from '../../dist/checkpoint/safetensors.js';
import { readConfigFile } from '../../dist/cli/options/config-file.js';
import { decode } from '../../dist/data/decode.js';
import { buildPack } from '../../dist/data/load.js';
import { decodeNpy, encodeNpy } from '../../dist/data/npy.js';
import { recognize } from '../../dist/data/recognize.js';
import { resolveConfig } from '../../dist/gan/config.js';
import { readSnapshot } from '../../dist/gan/snapshot-file.js';
import { DCGAN } from '../../dist/index.js';
import { openOnnx } from '../../dist/metrics/onnx.js';
import { readFile } from '../../dist/platform/durable.js';
import { DcganError } from '../../dist/platform/errors.js';
import { readMetrics } from '../../dist/train/metrics.js';
import { readRunConfig } from '../../dist/train/run.js';

const SHAPING = { size: 16, fit: 'crop', channels: 3, background: '#ffffff' };

function hash(...parts) {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part ?? 'none');
  return sum.digest('hex');
}

/** Bytes that look like a photograph's more than noise does: a slope with a little noise on it. */
function pixels(side, channels, seed) {
  let state = seed + 1;
  return Uint8Array.from({ length: side * side * channels }, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((i * 3) & 127) + (state >>> 26);
  });
}

function picture(seed, side = 20) {
  return sharp(pixels(side, 3, seed), { raw: { width: side, height: side, channels: 3 } });
}

const png = (seed) => picture(seed).png().toBuffer();
const jpeg = (seed, options = {}) => picture(seed).jpeg(options).toBuffer();

function idx(count, side) {
  const head = Buffer.alloc(16);
  for (const [i, value] of [0x803, count, side, side].entries()) head.writeUInt32BE(value, 4 * i);
  return Buffer.concat([head, pixels(side, count, 5)]);
}

async function tar() {
  const parts = [];
  for (const seed of [1, 2, 3]) {
    const data = await png(seed);
    const block = Buffer.alloc(512);
    const fields = { path: `${'ab'[seed % 2]}/${seed}.png`, size: data.length, type: 'File', mode: 0o644 };
    new Header({ ...fields, mtime: new Date(0) }).encode(block);
    parts.push(block, data, Buffer.alloc((512 - (data.length % 512)) % 512));
  }
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

async function zip() {
  const files = (await Promise.all([1, 2, 3].map(png))).map((data, i) => [`${'ab'[i % 2]}/${i}.png`, data]);
  const [locals, directory] = [[], []];
  let at = 0;
  for (const [name, data] of [...files, ['notes.txt', Buffer.from('notes')]]) {
    const packed = deflateRawSync(data);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(8, 4);
    for (const [i, value] of [crc32(data), packed.length, data.length, name.length].entries())
      fields.writeUInt32LE(value, 10 + 4 * i);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, Buffer.from(name), packed]);
    const central = Buffer.alloc(46);
    central.write('PK\x01\x02\x14', 0, 'latin1');
    fields.copy(central, 6);
    central.writeUInt32LE(at, 42);
    locals.push(local);
    directory.push(central, Buffer.from(name));
    at += local.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(locals.length, 8);
  end.writeUInt16LE(locals.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, list, end]);
}

/** The tests' own makers of files. They are TypeScript, which Node 20 does not read. */
async function support(name) {
  const file = fileURLToPath(new URL(`../support/${name}.ts`, import.meta.url));
  const options = { bundle: true, write: false, format: 'esm', platform: 'node', external: ['sharp'] };
  const [{ text }] = buildSync({ entryPoints: [file], ...options }).outputFiles;
  const beside = join(dirname(fileURLToPath(import.meta.url)), `.${name}-${process.pid}.mjs`);
  writeFileSync(beside, text);
  try {
    return await import(beside);
  } finally {
    rmSync(beside);
  }
}

/** Windows' bitmap of 8 bits a pixel, with a palette. */
function bitmap() {
  const [side, start] = [20, 14 + 40 + 1024];
  const head = Buffer.alloc(start);
  head.write('BM', 'latin1');
  for (const [at, value] of [
    [2, start + side * side],
    [10, start],
    [14, 40],
    [18, side],
    [22, side],
    [46, 256],
  ])
    head.writeUInt32LE(value, at);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(8, 28);
  head.set(pixels(16, 4, 9), 54);
  return Buffer.concat([head, pixels(side, 1, 8)]);
}

const SVG = `<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30" viewBox="0 0 40 30">
  <defs><linearGradient id="g"><stop offset="0" stop-color="#fa0"/><stop offset="1" stop-color="#04f"/></linearGradient></defs>
  <rect x="2" y="2" width="30" height="20" rx="4" fill="url(#g)"/><circle cx="25" cy="18" r="9" fill-opacity=".5"/>
  <path d="M 2 28 C 10 4 30 4 38 28 Z" stroke="black" fill="none"/><use href="#g"/><text x="4" y="20">a</text>
</svg>`;

/** Grey images of 8 x 8 as a table. */
function csv() {
  const head = ['label', ...Array.from({ length: 64 }, (_, i) => `pixel${i}`)].join();
  return Buffer.from([head, ...[0, 1, 2].map((n) => [n, ...pixels(8, 1, n)].join()), ''].join('\n'));
}

/** Anything that `--data` takes: what each image is, in any order, and how many entries there are. */
async function data(path) {
  const notes = [];
  const found = await recognize(path, { onNote: (note) => notes.push(note) });
  if ('dataset' in found) {
    const { sha256, labels, classes, count, height, width, channels } = found.dataset;
    const images = hash(sha256, JSON.stringify([count, height, width, channels]));
    const said = notes.some((note) => /not (read|used)/.test(note));
    return { whole: hash(images, labels, JSON.stringify(classes)), images, said };
  }
  const parts = [];
  for await (const one of found.supply.pictures()) parts.push(hash(await decode(one, SHAPING)));
  const { names, unread, classes } = found.supply;
  const [base] = path.split('/').slice(-1);
  const named = names.map((name) => name.slice(name.indexOf(base) + base.length));
  const whole = hash(parts.join(), JSON.stringify([named, unread, classes?.names]), classes?.labels);
  return { whole, parts, entries: parts.length + unread.count };
}

async function checkpoint(path) {
  const gan = await DCGAN.create({ preset: 'tiny', seed: 1, device: 'wasm', threads: 1 });
  await gan.save(path);
  await gan.dispose();
}

const CONFIG = { preset: 'tiny', seed: 7, batchSize: 8, epochs: 3, data: 'pictures', learningRate: 0.0002 };
const RUN = {
  ...{
    format: 1,
    config: resolveConfig('tiny'),
    seed: 7,
    contrast: 'fixed',
    onNan: 'stop',
    evaluateEvery: 1,
    keepBest: true,
  },
  data: { source: '../pictures', name: 'pictures', count: 60, sha256: '0'.repeat(64), classes: ['a', null] },
  notes: { version: '0.1.0', device: 'native', variant: 'avx2' },
};
const LINE = {
  ...{ type: 'step', step: 1, epoch: 0, generatorLoss: 0.7, discriminatorLoss: 1.4, realScore: 0.5, fakeScore: 0.5 },
  seconds: 0.1,
};

/**
 * Each: `make` gives the whole file's bytes (or writes them to the path it is given), `read` what it holds, `share` how often it
 * is chosen.
 */
export const SUBJECTS = {
  checkpoint: {
    name: 'c.safetensors',
    checked: true,
    make: checkpoint,
    read: (path) => {
      const { config, seed, step, epoch, tensors } = readSnapshot(path);
      return {
        whole: hash(
          JSON.stringify([config, seed, step, epoch]),
          ...[...tensors].flatMap(([key, one]) => [
            key,
            Buffer.from(one.data.buffer, one.data.byteOffset, one.data.byteLength),
          ]),
        ),
      };
    },
  },
  safetensors: {
    name: 't.safetensors',
    make: () =>
      encodeTensors(
        new Map([
          ['a', { dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
          ['b', { dtype: 'F32', shape: [4], data: Float32Array.of(1, 2, 3, 4) }],
        ]),
        { made: 'here' },
      ),
    read: (path) => {
      const { tensors, metadata } = decodeTensors(readFile(path), path);
      return {
        whole: hash(
          JSON.stringify([metadata, [...tensors].map(([key, { shape, data: values }]) => [key, shape, [...values]])]),
        ),
      };
    },
  },
  pack: {
    name: 'p.pack',
    checked: true,
    make: async (path) => {
      writeFileSync(`${path}.zip`, await zip());
      await buildPack(`${path}.zip`, path, { size: 16 });
    },
    read: data,
  },
  idx: { name: 'x.idx', make: () => idx(12, 28), read: data },
  'gzip of idx': { name: 'x.gz', checked: true, make: () => gzipSync(idx(12, 28)), read: data },
  npy: { name: 'x.npy', make: () => encodeNpy(pixels(16, 6, 3), [6, 16, 16, 1]), read: data },
  'npy of noise': {
    name: 'z.npy',
    make: () => {
      const head = Buffer.from(encodeNpy(new Uint8Array(4 * 5 * 4), [4, 5, 4]));
      const text = head
        .toString('latin1')
        .replace("'|u1'", "'<f4'")
        .replace('(4, 5, 4), ', '(4, 5), ')
        .replace('}', '}   ');
      const bytes = Buffer.from(text, 'latin1');
      return Buffer.concat([
        bytes.subarray(0, 128),
        Buffer.from(Float32Array.from({ length: 20 }, (_, i) => i / 10).buffer),
      ]);
    },
    read: (path) => {
      const { rows, columns, data: values } = decodeNpy(readFile(path), path, 5);
      return { whole: hash(`${rows} ${columns} ${values.join()}`) };
    },
  },
  zip: { name: 'x.zip', checked: true, make: zip, read: data },
  tar: { name: 'x.tar', make: tar, read: data },
  'gzip of tar': { name: 'x.tgz', checked: true, make: async () => gzipSync(await tar()), read: data },
  cifar: {
    name: 'x.bin',
    make: () => Buffer.concat([0, 1, 2].map((n) => Buffer.from([n, ...pixels(32, 3, n)]))),
    read: data,
  },
  'cifar of python': {
    name: 'data_batch_1',
    make: async () => {
      const { pickledArray, pickledDict, pickledList } = await support('arrays');
      return pickledDict({ labels: pickledList([3, 1]), data: pickledArray(pixels(32, 6, 2), [2, 3072]) });
    },
    read: data,
  },
  npz: {
    name: 'x.npz',
    checked: true,
    make: async () => {
      const { npy, npz } = await support('arrays');
      return npz({ x_train: npy('|u1', [3, 16, 16], pixels(16, 3, 6)), y_train: npy('|u1', [3], pixels(1, 3, 1)) });
    },
    read: data,
  },
  parquet: {
    name: 'train.parquet',
    make: async () => (await support('parquet')).parquet(await Promise.all([1, 2, 3].map(png)), [0, 1, 0], ['a', 'b']),
    read: data,
  },
  stl: { name: 'train_X.bin', share: 0.2, make: () => pixels(96, 3, 7), read: data },
  'csv of pixels': { name: 'x.csv', make: csv, read: data },
  'csv of labels': {
    name: 'labels.csv',
    make: async (path) => {
      for (const seed of [1, 2, 3]) writeFileSync(join(path, '..', `${seed}.png`), await png(seed));
      return Buffer.from('file,label\n1.png,cat\n2.png,dog\n3.png,cat\n');
    },
    read: async (path) => {
      const { supply } = await recognize(dirname(path));
      return {
        whole: hash(JSON.stringify([supply.names, supply.unread, supply.classes?.names]), supply.classes?.labels),
      };
    },
  },
  bmp: { name: 'x.bmp', make: bitmap, read: one },
  svg: { name: 'x.svg', make: () => Buffer.from(SVG), read: one },
  png: { name: 'x.png', checked: true, make: () => png(4), read: one },
  jpeg: { name: 'x.jpg', make: () => jpeg(4), read: one },
  'progressive jpeg': { name: 'y.jpg', make: () => jpeg(4, { progressive: true }), read: one },
  webp: { name: 'x.webp', make: () => picture(4).webp().toBuffer(), read: one },
  gif: { name: 'x.gif', make: () => picture(4).gif().toBuffer(), read: one },
  tiff: { name: 'x.tif', make: () => picture(4).tiff().toBuffer(), read: one },
  avif: { name: 'x.avif', share: 0.2, make: () => picture(4).avif().toBuffer(), read: one },
  'config.json': {
    name: 'config.json',
    make: () => Buffer.from(JSON.stringify(CONFIG, null, 2)),
    read: (path) => ({ whole: hash(JSON.stringify(readConfigFile(path))) }),
  },
  "a run's config.json": {
    name: 'config.json',
    make: () => Buffer.from(JSON.stringify(RUN, null, 2)),
    read: (path) => ({ whole: hash(JSON.stringify(readRunConfig(dirname(path)))) }),
  },
  'metrics.jsonl': {
    name: 'metrics.jsonl',
    make: () => Buffer.from([1, 2, 3].map((step) => `${JSON.stringify({ ...LINE, step })}\n`).join('')),
    read: (path) => ({ whole: hash(JSON.stringify([...readMetrics(join(path, '..'))])) }),
  },
  onnx: {
    name: 'x.onnx',
    share: 0.1,
    make: () => readFile(new URL('../golden/networks/grey.onnx', import.meta.url).pathname),
    read: async (path) => {
      const network = await openOnnx(path, { height: 28, width: 28, channels: 1, range: undefined, threads: 1 });
      const { features } = await network.extract(new Float32Array(2 * 784).fill(0.25), 2);
      await network.dispose();
      return { whole: hash(features.values.join()) };
    },
  },
};

/** The folder of a subject's file. */
export function folderName(subject) {
  return subject.replaceAll(/[^\w]/g, '-');
}

async function one(path) {
  const contents = readFile(path);
  return {
    whole: hash(
      await decode(
        { kind: 'encoded', index: 0, name: path, size: contents.length, read: async () => contents },
        SHAPING,
      ),
    ),
  };
}

/** What came of reading a damaged file: `refused`, `right`, `accepted` (nothing could tell), WRONG or crash. */
export async function outcomeOf({ read, checked = false }, path, whole) {
  let found;
  try {
    found = await read(path);
  } catch (error) {
    if (error instanceof DcganError) return { outcome: 'refused' };
    return { outcome: 'crash', why: error?.stack ?? String(error) };
  }
  if (found.whole === whole.whole) return { outcome: 'right' };
  if (!checked) return { outcome: 'accepted' };
  // A .zip's names have no checksum: its images do, and each entry is an image or said not to be one.
  if (found.images && found.images === whole.images && found.said) return { outcome: 'accepted' };
  const { parts, entries } = found;
  if (parts && whole.parts && entries === whole.entries && parts.every((part) => whole.parts.includes(part)))
    return { outcome: 'accepted' };
  return { outcome: 'WRONG', why: `other contents were accepted: ${JSON.stringify(found).slice(0, 300)}` };
}
