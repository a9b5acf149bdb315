// Writes a network as ONNX. Padding is given in numbers, because onnxruntime before 1.13 confused
// SAME_UPPER with SAME_LOWER in a transposed convolution.
import { DcganError } from '../platform/errors.ts';
import { VERSION } from '../platform/version.ts';
import { channelsFirst } from './channels-first.ts';
import type { Convolution, Dense, Layer, Network, TransposedConvolution } from './layers.ts';
import { type Attribute, encodeOnnx, type Initializer, type Node, type Port, TYPE } from './onnx-file.ts';

export const LAYOUTS = ['nchw', 'nhwc'] as const;
/** The order of an image's dimensions. */
export type Layout = (typeof LAYOUTS)[number];
export const PIXELS = ['floats', 'bytes'] as const;
/** What a pixel is: float32 in [-1, 1], or a byte. */
export type Pixels = (typeof PIXELS)[number];

export interface OnnxForm {
  readonly layout: Layout;
  readonly pixels: Pixels;
}

/** A file of protocol buffers is smaller than this. */
const MOST_BYTES = 2 ** 31;

/** Turns [N, C, H, W] into [N, H, W, C], and the other way. */
const TO_LAST: Attribute = { ints: [0, 2, 3, 1] };
const TO_FIRST: Attribute = { ints: [0, 3, 1, 2] };

/**
 * Returns the bytes of an .onnx file that takes any number of images at once. The generator takes
 * `noise` [N, latent] and gives `images`; the discriminator takes `images` and gives `logits` [N,
 * 1], positive for real. A model with classes also takes `class`, int64 [N].
 * @throws DcganError for a network too large for the format
 */
export function encodeOnnxNetwork(
  network: Network,
  form: OnnxForm,
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const { name, config, image } = network;
  const graph = new Graph();
  const generates = name === 'generator';
  const images: Port = {
    name: 'images',
    type: form.pixels === 'bytes' ? TYPE.uint8 : TYPE.float,
    shape: ['N', ...(form.layout === 'nhwc' ? image : [image[2], image[0], image[1]])],
  };
  const noise: Port = { name: 'noise', type: TYPE.float, shape: ['N', config.latent] };
  const logits: Port = { name: 'logits', type: TYPE.float, shape: ['N', 1] };
  const classes: Port[] = config.classes > 0 ? [{ name: 'class', type: TYPE.int64, shape: ['N'] }] : [];

  let at = generates ? noise.name : fromPixels(graph, images.name, form);
  const layers = channelsFirst(network.layers);
  layers.forEach((layer, i) => {
    at = addLayer(graph, layer, at, i);
  });
  if (generates) at = toPixels(graph, at, form);
  graph.nameLast(at, generates ? images.name : logits.name);

  const bytes = graph.initializers.reduce((total, { values }) => total + values.byteLength, 0);
  if (bytes >= MOST_BYTES)
    throw new DcganError({
      what: 'this network is too large for one ONNX file',
      expected: 'less than 2 GiB',
      got: `${(bytes / 2 ** 30).toFixed(1)} GiB`,
      todo: 'Export it as safetensors or for PyTorch',
    });
  return encodeOnnx({
    name,
    producer: 'dcgan',
    producerVersion: VERSION,
    nodes: graph.nodes,
    initializers: graph.initializers,
    inputs: [generates ? noise : images, ...classes],
    outputs: [generates ? images : logits],
    metadata,
  });
}

class Graph {
  readonly nodes: Node[] = [];
  readonly initializers: Initializer[] = [];

  /** Adds an operator; returns the name of its result. */
  add(type: string, inputs: readonly string[], name: string, attributes: Node['attributes'] = {}): string {
    this.nodes.push({ type, inputs, outputs: [name], attributes });
    return name;
  }

  floats(name: string, shape: readonly number[], values: Float64Array | readonly number[]): string {
    this.initializers.push({ name, shape, values: Float32Array.from(values) });
    return name;
  }

  integers(name: string, values: readonly number[]): string {
    this.initializers.push({ name, shape: [values.length], values: BigInt64Array.from(values, BigInt) });
    return name;
  }

  /** Gives the result of the last operator its name as an output. */
  nameLast(name: string, output: string): void {
    const last = this.nodes.pop()!;
    if (last.outputs[0] !== name) throw new Error(`${name} is not the last result`);
    this.nodes.push({ ...last, outputs: [output] });
  }
}

function addLayer(graph: Graph, layer: Layer, x: string, i: number): string {
  const name = `layer${i + 1}`;
  switch (layer.kind) {
    case 'dense':
      return addDense(graph, layer, x, name);
    case 'convolution':
      return addWindows(graph, 'Conv', layer, [layer.outputs, layer.inputs], x, name);
    case 'transposed':
      return addWindows(graph, 'ConvTranspose', layer, [layer.inputs, layer.outputs], x, name);
    case 'leakyRelu':
      return layer.slope === 0
        ? graph.add('Relu', [x], name)
        : graph.add('LeakyRelu', [x], name, { alpha: { float: layer.slope } });
    case 'tanh':
      return graph.add('Tanh', [x], name);
    case 'flatten':
      return graph.add('Flatten', [x], name, { axis: { int: 1 } });
    case 'toImages': {
      const [height, width, channels] = layer.shape;
      return graph.add('Reshape', [x, graph.integers(`${name}.shape`, [-1, channels, height, width])], name);
    }
    default:
      return layer satisfies never;
  }
}

function addDense(graph: Graph, layer: Dense, x: string, name: string): string {
  const { inputs, outputs, kernel, bias, classes, projection } = layer;
  const both = [
    x,
    graph.floats(`${name}.kernel`, [inputs, outputs], kernel),
    graph.floats(`${name}.bias`, [outputs], bias),
  ];
  const table = classes ?? projection;
  if (!table) return graph.add('Gemm', both, name);
  const plain = graph.add('Gemm', both, `${name}.plain`);
  const width = classes ? outputs : inputs;
  const rows = graph.floats(`${name}.classes`, [table.length / width, width], table);
  const row = graph.add('Gather', [rows, 'class'], `${name}.row`, { axis: { int: 0 } });
  if (classes) return graph.add('Add', [plain, row], name);
  const product = graph.add('Mul', [x, row], `${name}.product`);
  const sum = graph.add('ReduceSum', [product, graph.integers(`${name}.axes`, [1])], `${name}.sum`, {
    keepdims: { int: 1 },
  });
  return graph.add('Add', [plain, sum], name);
}

function addWindows(
  graph: Graph,
  type: 'Conv' | 'ConvTranspose',
  { kernel, bias, outputs, kernelSize, stride, pads }: Convolution | TransposedConvolution,
  channels: readonly [number, number],
  x: string,
  name: string,
): string {
  const weights = graph.floats(`${name}.kernel`, [...channels, ...kernelSize], kernel);
  return graph.add(type, [x, weights, graph.floats(`${name}.bias`, [outputs], bias)], name, {
    kernel_shape: { ints: kernelSize },
    strides: { ints: [stride, stride] },
    pads: { ints: [pads.top, pads.left, pads.bottom, pads.right] },
  });
}

/** Numbers in [-1, 1] to pixels: the nearest byte, halves up, as `dcgan sample` writes them. */
function toPixels(graph: Graph, x: string, { layout, pixels }: OnnxForm): string {
  let at = layout === 'nhwc' ? graph.add('Transpose', [x], 'turned', { perm: TO_LAST }) : x;
  if (pixels === 'floats') return at;
  at = graph.add('Mul', [at, graph.floats('scale', [], [127.5])], 'scaled');
  at = graph.add('Add', [at, graph.floats('middle', [], [128])], 'moved');
  at = graph.add('Floor', [at], 'whole');
  return graph.add('Cast', [at], 'bytes', { to: { int: TYPE.uint8 } });
}

function fromPixels(graph: Graph, x: string, { layout, pixels }: OnnxForm): string {
  let at = x;
  if (pixels === 'bytes') {
    at = graph.add('Cast', [at], 'numbers', { to: { int: TYPE.float } });
    at = graph.add('Sub', [at, graph.floats('middle', [], [127.5])], 'moved');
    at = graph.add('Div', [at, graph.floats('scale', [], [127.5])], 'scaled');
  }
  return layout === 'nhwc' ? graph.add('Transpose', [at], 'turned', { perm: TO_FIRST }) : at;
}
