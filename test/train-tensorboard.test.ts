// `train({ tensorboard: true })`: what the event file holds, that a stop leaves no trace in it, and
// that a torn end is cut off. The long test reads it with TensorBoard's own reader.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PbfReader } from 'pbf';
import { describe, expect, it } from 'vitest';
import { readRunConfig } from '../src/train/run.ts';
import { bytesUpTo, eventRecord, firstRecord } from '../src/train/tensorboard/event-file.ts';
import { histogramOf } from '../src/train/tensorboard/histogram.ts';
import { EVENTS_NAME } from '../src/train/tensorboard/writer.ts';
import { temporaryFolder } from './support/folders.ts';
import { events, isStep, SMALL } from './support/training.ts';

/** The definition of CRC-32C, bit by bit. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x82f63b78n : crc >> 1n;
  }
  return Number(crc ^ 0xffffffffn);
}

const masked = (bytes: Uint8Array): number => {
  const crc = BigInt(crc32c(bytes));
  return Number((((crc >> 15n) | ((crc << 17n) & 0xffffffffn)) + 0xa282ead8n) & 0xffffffffn);
};

interface Read {
  step: number;
  version: string;
  /** Each value by its tag: a number, or the bytes of its message. */
  readonly values: Record<string, number | string>;
}

/** All events of a file, whose checksums are compared; times are left out. */
function readEvents(path: string): Read[] {
  const file = readFileSync(path);
  const found: Read[] = [];
  for (let at = 0; at < file.length; ) {
    const length = file.readUInt32LE(at);
    const data = file.subarray(at + 12, at + 12 + length);
    expect(file.readUInt32LE(at + 8)).toBe(masked(file.subarray(at, at + 8)));
    expect(file.readUInt32LE(at + 12 + length)).toBe(masked(data));
    at += length + 16;
    const event: Read = { step: 0, version: '', values: {} };
    new PbfReader(data).readFields((tag, into: Read, pbf) => {
      if (tag === 2) into.step = pbf.readVarint();
      if (tag === 3) into.version = pbf.readString();
      if (tag === 5) pbf.readMessage((_, all: Read, summary) => readValue(all, summary), into);
    }, event);
    found.push(event);
  }
  return found;
}

function readValue(into: Read, summary: PbfReader): void {
  const value = { tag: '', is: 0 as number | string };
  summary.readMessage((tag, one: typeof value, pbf) => {
    if (tag === 1) one.tag = pbf.readString();
    if (tag === 2) one.is = pbf.readFloat();
    if (tag > 2) one.is = Buffer.from(pbf.readBytes()).toString('hex');
  }, value);
  into.values[value.tag] = value.is;
}

describe('an event file', () => {
  it('has the checksums of its standard', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  });

  it('holds every step, and of every epoch means, picture and histograms', async () => {
    const out = join(temporaryFolder(), 'run');
    const seen = await events({ ...SMALL, device: 'wasm', epochs: 2, tensorboard: true, out });
    const [first, ...found] = readEvents(join(out, EVENTS_NAME));
    expect(first).toEqual({ step: 0, version: 'brain.Event:2', values: {} });
    expect(found.map(({ step }) => step)).toEqual([0, 1, 2, 3, 3, 4, 5, 6, 6]);
    const steps = seen.filter((event) => event.type === 'step');
    expect(found[1]!.values).toEqual({
      'step/generatorLoss': Math.fround(steps[0]!.generatorLoss),
      'step/discriminatorLoss': Math.fround(steps[0]!.discriminatorLoss),
      'step/realScore': Math.fround(steps[0]!.realScore),
      'step/fakeScore': Math.fround(steps[0]!.fakeScore),
    });
    const end = found.at(-1)!.values;
    expect(end).toMatchObject({ 'epoch/generatorLoss': expect.any(Number), 'epoch/diversity': expect.any(Number) });
    const png = readFileSync(join(out, 'images/image_at_epoch_0002.png')).toString('hex');
    expect(end.samples).toContain(png);
    expect(found[0]!.values.samples).toContain(readFileSync(join(out, 'images/initial.png')).toString('hex'));
    const weights = Object.keys(end).filter((tag) => /^(generator|discriminator)\//.test(tag));
    expect(weights).toContain('generator/conv2/kernel');
    expect(weights.some((tag) => tag.includes('moving') || tag.includes('adam'))).toBe(false);
    expect(readRunConfig(out).tensorboard).toBe(true);
  });

  it('is that of an unbroken run after stops, a torn record and a lost file', async () => {
    const folder = temporaryFolder();
    const straight = join(folder, 'straight');
    const broken = join(folder, 'broken');
    const base = { ...SMALL, device: 'wasm', epochs: 2, tensorboard: true } as const;
    await events({ ...base, out: straight });
    await events({ ...base, out: broken }, isStep(2));
    appendFileSync(join(broken, EVENTS_NAME), eventRecord({ time: 1, step: 99, values: { a: 1 } }));
    await events({ device: 'wasm', threads: 2, resume: broken }, isStep(5));
    appendFileSync(join(broken, EVENTS_NAME), eventRecord({ time: 1, step: 5, values: { a: 1 } }).subarray(0, -1));
    await events({ device: 'wasm', threads: 2, resume: broken });
    expect(readEvents(join(broken, EVENTS_NAME))).toEqual(readEvents(join(straight, EVENTS_NAME)));
    // A run that had none gets one for what comes.
    const none = join(folder, 'none');
    await events({ ...base, tensorboard: false, out: none }, isStep(4));
    expect(existsSync(join(none, EVENTS_NAME))).toBe(false);
    await events({ device: 'wasm', threads: 2, resume: none, tensorboard: true });
    expect(readEvents(join(none, EVENTS_NAME)).map(({ step }) => step)).toEqual([0, 5, 6, 6]);
  });

  it('is cut at the first record that is torn, changed or later', () => {
    const records = [1, 2, 3].map((step) => eventRecord({ time: 1, step, values: { a: step } }));
    const file = Buffer.concat([firstRecord(1), ...records]);
    const ends = [firstRecord(1).length, ...records.map(({ length }) => length)].map((_, i, all) =>
      all.slice(0, i + 1).reduce((sum, length) => sum + length, 0),
    );
    expect([0, 1, 2, 3, 9].map((step) => bytesUpTo(file, step))).toEqual([ends[0], ends[1], ends[2], ends[3], ends[3]]);
    expect(bytesUpTo(file.subarray(0, -1), 9)).toBe(ends[2]);
    const changed = Buffer.from(file);
    changed[ends[1]! + 14]! ^= 1;
    expect(bytesUpTo(changed, 9)).toBe(ends[1]);
    expect(bytesUpTo(new Uint8Array(), 9)).toBe(0);
  });

  it('counts values in parts of their range', () => {
    const values = Float32Array.from({ length: 61 }, (_, i) => i - 30);
    const { least, most, count, sum, limits, counts } = histogramOf(values);
    expect([least, most, count, sum]).toEqual([-30, 30, 61, 0]);
    expect(limits).toHaveLength(30);
    expect(limits.at(-1)).toBe(30);
    expect(counts.reduce((a, b) => a + b)).toBe(61);
    expect(counts.every((n) => n === 2 || n === 3)).toBe(true);
    expect(histogramOf(new Float32Array(4))).toMatchObject({ least: 0, most: 0, limits: [0], counts: [4] });
  });

  it('begins anew where nothing of it is whole', async () => {
    const out = join(temporaryFolder(), 'run');
    await events({ ...SMALL, device: 'wasm', epochs: 1, tensorboard: true, out }, isStep(1));
    writeFileSync(join(out, EVENTS_NAME), 'rubbish');
    await events({ device: 'wasm', threads: 2, resume: out });
    expect(readEvents(join(out, EVENTS_NAME)).map(({ step }) => step)).toEqual([0, 2, 3, 3]);
  });
});
