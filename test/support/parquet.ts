// A Parquet file as Hugging Face's library writes datasets of images, made for tests: one row group, uncompressed pages.
// Sources: Apache Parquet, parquet.thrift; Apache Thrift, "Compact protocol encoding".

const [I32, I64, BINARY, LIST, STRUCT] = [5, 6, 8, 9, 12];

type Field = readonly [id: number, type: number, bytes: Uint8Array];

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

const i32 = (id: number, value: number): Field => [id, I32, Uint8Array.from(varint(2 * value))];
const i64 = (id: number, value: number): Field => [id, I64, Uint8Array.from(varint(2 * value))];
const binary = (value: string): Uint8Array =>
  Buffer.concat([Buffer.from(varint(Buffer.byteLength(value))), Buffer.from(value)]);
const string = (id: number, value: string): Field => [id, BINARY, binary(value)];
const inner = (id: number, fields: readonly Field[]): Field => [id, STRUCT, struct(fields)];

function struct(fields: readonly Field[]): Buffer {
  let last = 0;
  const parts = fields.map(([id, type, bytes]) => {
    const head = Buffer.of(((id - last) << 4) | type);
    last = id;
    return Buffer.concat([head, bytes]);
  });
  return Buffer.concat([...parts, Buffer.of(0)]);
}

function list(id: number, type: number, items: readonly Uint8Array[]): Field {
  const head = items.length < 15 ? [(items.length << 4) | type] : [0xf0 | type, ...varint(items.length)];
  return [id, LIST, Buffer.concat([Buffer.from(head), ...items])];
}

/**
 * One column: all values there, `levels` deep, or as many as it claims.
 * @param run how deep the values are, encoded, where some are missing
 */
function chunk(
  values: readonly Uint8Array[],
  levels: number,
  claims = values.length,
  run = [...varint(2 * claims), levels],
): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(run.length);
  const page = Buffer.concat([size, Buffer.from(run), ...values]);
  const header = [i32(1, 0), i32(2, page.length), i32(3, page.length)];
  return Buffer.concat([struct([...header, inner(5, [i32(1, claims), i32(2, 0), i32(3, 3), i32(4, 3)])]), page]);
}

function byteArray(bytes: Uint8Array): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(bytes.length);
  return Buffer.concat([size, bytes]);
}

/**
 * Rows {image: {bytes, path}, label}, and the names of the labels. Labels are numbers, or text; null for none.
 * @param claims how many values a page of pictures says that it has; default: as many as there are
 * @param codec how its pages say that they are packed; 4 is Brotli
 */
export function parquet(
  pictures: readonly Uint8Array[],
  labels: readonly (number | string | null)[],
  names: readonly string[],
  claims = pictures.length,
  codec = 0,
): Buffer {
  const inWords = typeof labels[0] === 'string';
  const columns = [
    { path: ['image', 'bytes'], type: 6, bytes: chunk(pictures.map(byteArray), 2, claims) },
    {
      path: ['image', 'path'],
      type: 6,
      bytes: chunk(
        pictures.map((_, i) => byteArray(Buffer.from(`${i}.png`))),
        2,
      ),
    },
    {
      path: ['label'],
      type: inWords ? 6 : 2,
      bytes: chunk(
        labels
          .filter((label) => label !== null)
          .map((label) =>
            typeof label === 'string'
              ? byteArray(Buffer.from(label))
              : Buffer.from(BigInt64Array.of(BigInt(label)).buffer),
          ),
        1,
        labels.length,
        labels.flatMap((label) => [2, label === null ? 0 : 1]),
      ),
    },
  ];
  let at = 4;
  const count = pictures.length;
  const chunks = columns.map(({ path, type, bytes }) => {
    const meta = [
      i32(1, type),
      list(2, I32, [Uint8Array.of(0)]),
      list(3, BINARY, path.map(binary)),
      ...[i32(4, codec), i64(5, count), i64(6, bytes.length), i64(7, bytes.length), i64(9, at)],
    ];
    const found = struct([i64(2, at), inner(3, meta)]);
    at += bytes.length;
    return found;
  });
  const total = columns.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const leaf = (name: string, type: number, text = false): Buffer =>
    struct([i32(1, type), i32(3, 1), string(4, name), ...(text ? [i32(6, 0)] : [])]);
  const schema = [
    struct([string(4, 'schema'), i32(5, 2)]),
    struct([i32(3, 1), string(4, 'image'), i32(5, 2)]),
    ...[leaf('bytes', 6), leaf('path', 6, true), inWords ? leaf('label', 6, true) : leaf('label', 2)],
  ];
  const features = { image: { _type: 'Image' }, label: { names, _type: 'ClassLabel' } };
  const footer = struct([
    i32(1, 1),
    list(2, STRUCT, schema),
    i64(3, count),
    list(4, STRUCT, [struct([list(1, STRUCT, chunks), i64(2, total), i64(3, count)])]),
    list(5, STRUCT, [struct([string(1, 'huggingface'), string(2, JSON.stringify({ info: { features } }))])]),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([
    Buffer.from('PAR1'),
    ...columns.map(({ bytes }) => bytes),
    footer,
    length,
    Buffer.from('PAR1'),
  ]);
}
