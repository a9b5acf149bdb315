// Describes the messages of an ONNX model as records, and writes them. Only the fields that exports
// use are here. Source: onnx/onnx, onnx/onnx.proto, version 1.15; the numbers behind the
// fields are that file's.
import { PbfWriter } from 'pbf';

/** Numbers of the types of a tensor's values: TensorProto.DataType. */
export const TYPE = { float: 1, uint8: 2, int64: 7 } as const;

export type Attribute = { readonly float: number } | { readonly int: number } | { readonly ints: readonly number[] };

export interface Node {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

export interface Initializer {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | BigInt64Array;
}

/** An input or output; a name in place of a size stands for any size. */
export interface Port {
  readonly name: string;
  readonly type: (typeof TYPE)[keyof typeof TYPE];
  readonly shape: readonly (number | string)[];
}

export interface OnnxModel {
  readonly name: string;
  readonly producer: string;
  readonly producerVersion: string;
  readonly nodes: readonly Node[];
  readonly initializers: readonly Initializer[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The first set of operators with which everything here means the same to this day. */
const OPSET = 13;
/** The version of the format itself when that set came. */
const IR_VERSION = 7;

/** Returns the bytes of an .onnx file; equal models give equal bytes. */
export function encodeOnnx(model: OnnxModel): Uint8Array<ArrayBuffer> {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, IR_VERSION);
  pbf.writeStringField(2, model.producer);
  pbf.writeStringField(3, model.producerVersion);
  pbf.writeMessage(7, writeGraph, model);
  pbf.writeMessage(8, (version, to) => to.writeVarintField(2, version), OPSET);
  for (const pair of Object.entries(model.metadata)) pbf.writeMessage(14, writePair, pair);
  // Its types are older than those that tell shared memory.
  return pbf.finish() as Uint8Array<ArrayBuffer>;
}

function writeGraph(model: OnnxModel, to: PbfWriter): void {
  for (const node of model.nodes) to.writeMessage(1, writeNode, node);
  to.writeStringField(2, model.name);
  for (const tensor of model.initializers) to.writeMessage(5, writeTensor, tensor);
  for (const port of model.inputs) to.writeMessage(11, writePort, port);
  for (const port of model.outputs) to.writeMessage(12, writePort, port);
}

function writePair([key, value]: readonly [string, string], to: PbfWriter): void {
  to.writeStringField(1, key);
  to.writeStringField(2, value);
}

function writeNode({ type, inputs, outputs, attributes = {} }: Node, to: PbfWriter): void {
  for (const name of inputs) to.writeStringField(1, name);
  for (const name of outputs) to.writeStringField(2, name);
  to.writeStringField(3, outputs[0]!);
  to.writeStringField(4, type);
  for (const attribute of Object.entries(attributes)) to.writeMessage(5, writeAttribute, attribute);
}

/** Numbers of AttributeProto.AttributeType. */
const [FLOAT, INT, INTS] = [1, 2, 7];

function writeAttribute([name, value]: readonly [string, Attribute], to: PbfWriter): void {
  to.writeStringField(1, name);
  if ('float' in value) {
    to.writeFloatField(2, value.float);
    to.writeVarintField(20, FLOAT);
  } else if ('int' in value) {
    to.writeVarintField(3, value.int);
    to.writeVarintField(20, INT);
  } else {
    for (const one of value.ints) to.writeVarintField(8, one);
    to.writeVarintField(20, INTS);
  }
}

/** The values lie as they are in memory: little-endian, as the format asks. */
function writeTensor({ name, shape, values }: Initializer, to: PbfWriter): void {
  for (const size of shape) to.writeVarintField(1, size);
  to.writeVarintField(2, values instanceof Float32Array ? TYPE.float : TYPE.int64);
  to.writeStringField(8, name);
  to.writeBytesField(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

function writePort({ name, type, shape }: Port, to: PbfWriter): void {
  to.writeStringField(1, name);
  to.writeMessage(
    2,
    (_: null, ofType) =>
      ofType.writeMessage(
        1,
        (__: null, tensor) => {
          tensor.writeVarintField(1, type);
          tensor.writeMessage(2, writeShape, shape);
        },
        null,
      ),
    null,
  );
}

function writeShape(shape: Port['shape'], to: PbfWriter): void {
  for (const size of shape)
    to.writeMessage(
      1,
      (one, dimension) =>
        typeof one === 'number' ? dimension.writeVarintField(1, one) : dimension.writeStringField(2, one),
      size,
    );
}
