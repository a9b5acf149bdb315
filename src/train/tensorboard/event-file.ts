// TensorBoard's event files: records of protocol buffers, each with checksums of its length and its
// data, so that a reader recognises a torn one. Only the fields that are written are here. Sources:
// tensorflow/tensorboard, compat/proto/event.proto, summary.proto and histogram.proto, and
// tensorflow/core/lib/io/record_writer.h for the records.
import { PbfReader, PbfWriter } from 'pbf';
import { viewOf } from '../../platform/bytes.ts';

/** A picture as a .png file. */
export interface EventPicture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly png: Uint8Array;
}

/** A histogram: how many values lie above the limit before and up to each limit. */
export interface EventHistogram {
  readonly least: number;
  readonly most: number;
  readonly count: number;
  readonly sum: number;
  readonly sumOfSquares: number;
  readonly limits: readonly number[];
  readonly counts: readonly number[];
}

export type EventValue = number | EventPicture | EventHistogram;

/** A moment of a run: values by name. */
export interface BoardEvent {
  /** Seconds since 1970. */
  readonly time: number;
  readonly step: number;
  readonly values: Readonly<Record<string, EventValue>>;
}

/** What the first event of a file says of its form. */
const FILE_VERSION = 'brain.Event:2';

/** The record that a file begins with. */
export function firstRecord(time: number): Uint8Array {
  const event = new PbfWriter();
  event.writeDoubleField(1, time);
  event.writeStringField(3, FILE_VERSION);
  return record(event.finish());
}

export function eventRecord({ time, step, values }: BoardEvent): Uint8Array {
  const event = new PbfWriter();
  event.writeDoubleField(1, time);
  event.writeVarintField(2, step);
  event.writeMessage(
    5,
    (all, summary) => {
      for (const pair of all) summary.writeMessage(1, writeValue, pair);
    },
    Object.entries(values),
  );
  return record(event.finish());
}

function writeValue([tag, value]: readonly [string, EventValue], to: PbfWriter): void {
  to.writeStringField(1, tag);
  if (typeof value === 'number') to.writeFloatField(2, value);
  else if ('png' in value) to.writeMessage(4, writePicture, value);
  else to.writeMessage(5, writeHistogram, value);
}

function writePicture({ width, height, channels, png }: EventPicture, to: PbfWriter): void {
  to.writeVarintField(1, height);
  to.writeVarintField(2, width);
  to.writeVarintField(3, channels);
  to.writeBytesField(4, png);
}

function writeHistogram(histogram: EventHistogram, to: PbfWriter): void {
  const { least, most, count, sum, sumOfSquares, limits, counts } = histogram;
  for (const [i, value] of [least, most, count, sum, sumOfSquares].entries()) to.writeDoubleField(i + 1, value);
  to.writePackedDouble(6, [...limits]);
  to.writePackedDouble(7, [...counts]);
}

/** Length, its checksum, data, their checksum: little-endian. */
function record(data: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length + 16);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length, true);
  view.setUint32(8, masked(out.subarray(0, 8)), true);
  out.set(data, 12);
  view.setUint32(12 + data.length, masked(data), true);
  return out;
}

/**
 * Bytes at the start of a file that are whole records of a run up to a step.
 * @param bytes a whole file; what is torn or no record ends the part that is kept
 */
export function bytesUpTo(bytes: Uint8Array, step: number): number {
  const view = viewOf(bytes);
  let at = 0;
  while (at + 16 <= bytes.length) {
    const length = view.getUint32(at, true);
    const end = at + length + 16;
    if (view.getUint32(at + 8, true) !== masked(bytes.subarray(at, at + 8)) || end > bytes.length) break;
    const data = bytes.subarray(at + 12, end - 4);
    if (view.getUint32(end - 4, true) !== masked(data) || stepOf(data) > step) break;
    at = end;
  }
  return at;
}

/** The step of an event; 0 of one that has none. */
function stepOf(data: Uint8Array): number {
  return new PbfReader(data).readFields<{ step: number }>(
    (tag, event, pbf) => {
      if (tag === 2) event.step = pbf.readVarint();
    },
    { step: 0 },
  ).step;
}

const POLYNOMIAL = 0x82f63b78;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? POLYNOMIAL : 0);
  return rest;
});

/**
 * Returns the CRC-32C (RFC 3720, appendix B.4), rotated and with a constant added, as the record
 * writer does so that a checksum over data with checksums in them still tells something.
 */
function masked(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
