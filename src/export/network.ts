// A network's layers, read from the graph that the engine compiles. What depends on no input is a
// number and is computed at once: spectral norm's division, batch norm's factors. A sum or product
// with such numbers right behind a kernel becomes part of it, so batch norm leaves nothing behind
// (B. Jacob et al., "Quantization and training of neural networks for efficient
// integer-arithmetic-only inference", 2018, section 3.2). Sums are taken in double precision.
import { imageShape } from '../data/image-size.ts';
import { type Environment, type Shape, sameShape, size, type Tensor, topological } from '../engine/graph.ts';
import { geometryOf } from '../engine/ops/conv.ts';
import { input, nameOf } from '../engine/ops/index.ts';
import { GENERATION_INPUT, generation, makeModel } from '../gan/model.ts';
import type { Config } from '../gan/schema.ts';
import type { Snapshot } from '../gan/snapshot.ts';
import { wholeBatch } from '../nn/losses.ts';
import { DcganError } from '../platform/errors.ts';
import { type Convolution, type Dense, isLinear, type Layer, type Network, type NetworkName } from './layers.ts';

/** Values that depend on no input. */
interface Numbers {
  readonly kind: 'numbers';
  readonly shape: Shape;
  readonly values: Float64Array;
}

/** Images or features on their way: all layers up to here. */
interface Flow {
  readonly kind: 'flow';
  readonly layers: readonly Layer[];
}

/**
 * The one-hot classes of images, or the row of a table [classes, width] that each image's class
 * has.
 */
interface Classes {
  readonly kind: 'classes';
  readonly table: Float64Array | null;
}

/** A flow whose rows and columns are each repeated twice, on its way to a convolution. */
interface Doubled {
  readonly kind: 'doubled';
  readonly flow: Flow;
}

/** A flow times the rows of its classes, value by value: on its way to be summed. */
interface Product {
  readonly kind: 'product';
  readonly flow: Flow;
  readonly table: Float64Array;
}

type Found = Numbers | Flow | Doubled | Classes | Product;

/**
 * Returns the layers of a saved model's network. The generator is its moving average where one is
 * kept, and the discriminator has no dropout.
 * @throws DcganError for a discriminator that cannot judge an image by itself
 */
export function networkOf(snapshot: Snapshot, name: NetworkName): Network {
  const { config, tensors } = snapshot;
  const root = name === 'generator' ? generatorGraph(config) : discriminatorGraph(config);
  const feeds = new Map([...tensors].map(([key, { data }]) => [key, data]));
  const found = readGraph(root, { key: { seed: 0, step: 0 }, feeds });
  const image = (name === 'generator' ? root.shape : inputOf(root, 'images').shape).slice(1);
  return { name, config, image: image as [number, number, number], layers: found };
}

function generatorGraph(config: Config): Tensor {
  return generation(makeModel(config), 1).outputs.images!;
}

function discriminatorGraph(config: Config): Tensor {
  if (config.discriminatorBatchNorm)
    throw new DcganError({
      what: 'this discriminator cannot be exported: its batch norm judges the images of a mini-batch together',
      expected: 'a model without batch norm in the discriminator (--no-bn-d)',
      todo: 'Export the generator',
    });
  // Dropout belongs to training. The rate changes no variable.
  const { discriminate } = makeModel({ ...config, dropout: 0 });
  const images = input('images', [1, ...imageShape(config)]);
  const classes = config.classes > 0 ? input(GENERATION_INPUT.classes, [1, config.classes]) : undefined;
  return discriminate.judge(images, 'real', wholeBatch(1), classes);
}

function inputOf(root: Tensor, name: string): Tensor {
  return topological([root]).find((node) => node.op.name === 'input' && nameOf(node) === name)!;
}

function readGraph(root: Tensor, environment: Environment): readonly Layer[] {
  const known = new Map<Tensor, Found>();
  for (const node of topological([root])) {
    const inputs = node.inputs.map((each) => known.get(each)!);
    known.set(node, readNode(node, inputs, environment));
  }
  const found = known.get(root)!;
  if (found.kind !== 'flow') throw unknown(root);
  return found.layers;
}

function readNode(node: Tensor, inputs: readonly Found[], environment: Environment): Found {
  const { name } = node.op;
  if (name === 'input')
    return nameOf(node) === GENERATION_INPUT.classes ? { kind: 'classes', table: null } : { kind: 'flow', layers: [] };
  if (inputs.every((each) => each.kind === 'numbers')) return compute(node, inputs, environment);
  const [a, b] = inputs as [Found, Found | undefined];
  if (name === 'matmul' && b?.kind === 'numbers' && !node.attributes.transposeA && !node.attributes.transposeB) {
    if (a.kind === 'classes' && !a.table) return { kind: 'classes', table: b.values };
    if (a.kind === 'flow') return then(a, denseOf(b));
  }
  if (a.kind === 'flow' && b?.kind === 'numbers' && (name === 'conv2d' || name === 'convInput'))
    return then(a, convolutionOf(node, b));
  if (a.kind === 'doubled' && b?.kind === 'numbers' && name === 'conv2d')
    return then(a.flow, doubledConvolution(node, b));
  if (a.kind === 'doubled' && name === 'reshape') return a;
  if (a.kind === 'flow' && b === undefined) {
    if (name === 'broadcast') return doubled(node, a);
    if (name === 'leakyRelu') return then(a, { kind: 'leakyRelu', slope: Number(node.attributes.value) });
    if (name === 'tanh') return then(a, { kind: 'tanh' });
    if (name === 'reshape') return reshaped(node, a);
    if (name === 'scale') return scaled(node, a, () => Number(node.attributes.value));
    if (name === 'shift') return shifted(node, a, () => Number(node.attributes.value));
  }
  if (name === 'sum' && a.kind === 'product') return a;
  if (name === 'add' || name === 'sub' || name === 'mul') return combined(node, inputs);
  throw unknown(node);
}

function compute(node: Tensor, inputs: readonly Found[], environment: Environment): Numbers {
  const values = new Float64Array(size(node.shape));
  const given = inputs.map((each) => (each as Numbers).values);
  node.op.reference(given, node, values, environment);
  return { kind: 'numbers', shape: node.shape, values };
}

/** A sum, difference or product of a flow with something else. */
function combined(node: Tensor, inputs: readonly Found[]): Found {
  const { name } = node.op;
  const [first, second] = inputs as [Found, Found];
  // Sums and products are the same from both sides; a difference is not.
  const [a, b] = first.kind === 'flow' || name === 'sub' ? [first, second] : [second, first];
  if (a.kind !== 'flow') throw unknown(node);
  if (b.kind === 'numbers') {
    const at = perChannel(node, b);
    if (name === 'mul') return scaled(node, a, at);
    return shifted(node, a, name === 'add' ? at : (channel) => -at(channel));
  }
  const last = a.layers.at(-1);
  if (b.kind === 'classes' && b.table) {
    if (name === 'mul') return { kind: 'product', flow: a, table: b.table };
    if (name === 'add' && last?.kind === 'dense' && !last.classes) return replaced(a, { ...last, classes: b.table });
  }
  const before = b.kind === 'product' ? b.flow.layers : [];
  const follows = before.length === a.layers.length - 1 && before.every((layer, i) => layer === a.layers[i]);
  if (b.kind === 'product' && name === 'add' && last?.kind === 'dense' && last.outputs === 1 && follows)
    return replaced(a, { ...last, projection: b.table });
  throw unknown(node);
}

const then = ({ layers }: Flow, layer: Layer): Flow => ({ kind: 'flow', layers: [...layers, layer] });
const replaced = ({ layers }: Flow, layer: Layer): Flow => ({ kind: 'flow', layers: [...layers.slice(0, -1), layer] });

/** Returns the number that a channel of `node` gets from numbers that are broadcast to it. */
function perChannel(node: Tensor, { shape, values }: Numbers): (channel: number) => number {
  const channels = node.shape.at(-1)!;
  if (size(shape) === 1) return () => values[0]!;
  if (size(shape) !== channels || shape.at(-1) !== channels) throw unknown(node);
  return (channel) => values[channel]!;
}

function scaled(node: Tensor, flow: Flow, at: (channel: number) => number): Flow {
  const layer = flow.layers.at(-1);
  if (!layer || !isLinear(layer)) throw unknown(node);
  const bias = layer.bias.map((value, channel) => value * at(channel));
  const times = (table: Float64Array): Float64Array => table.map((value, i) => value * at(i % layer.outputs));
  if (layer.kind === 'transposed') {
    const channelOf = (i: number): number => Math.floor(i / layer.inputs) % layer.outputs;
    return replaced(flow, { ...layer, kernel: layer.kernel.map((value, i) => value * at(channelOf(i))), bias });
  }
  if (layer.kind === 'convolution') return replaced(flow, { ...layer, kernel: times(layer.kernel), bias });
  if (layer.projection) throw unknown(node);
  const classes = layer.classes && times(layer.classes);
  return replaced(flow, { ...layer, kernel: times(layer.kernel), bias, classes });
}

function shifted(node: Tensor, flow: Flow, at: (channel: number) => number): Flow {
  const layer = flow.layers.at(-1);
  if (!layer || !isLinear(layer)) throw unknown(node);
  return replaced(flow, { ...layer, bias: layer.bias.map((value, channel) => value + at(channel)) });
}

function denseOf({ shape, values }: Numbers): Dense {
  const [inputs, outputs] = shape as [number, number];
  const bias = new Float64Array(outputs);
  return { kind: 'dense', inputs, outputs, kernel: values, bias, classes: null, projection: null };
}

/** A convolution's geometry is that of its forward direction, whichever of the two the node is. */
function convolutionOf(node: Tensor, { values }: Numbers): Layer {
  const { H, W, C, KH, KW, OC, OH, OW, stride, padTop, padLeft } = geometryOf(node);
  const windows = {
    kernelSize: [KH, KW] as const,
    stride,
    pads: {
      top: padTop,
      left: padLeft,
      bottom: (OH - 1) * stride + KH - H - padTop,
      right: (OW - 1) * stride + KW - W - padLeft,
    },
    kernel: values,
  };
  if (node.op.name === 'convInput')
    return { kind: 'transposed', ...windows, inputs: OC, outputs: C, bias: new Float64Array(C) };
  return { kind: 'convolution', ...windows, inputs: C, outputs: OC, bias: new Float64Array(OC) } satisfies Convolution;
}

function reshaped(node: Tensor, flow: Flow): Flow {
  const [from, to] = [node.inputs[0]!.shape, node.shape];
  if (to.length === 4 && from.length === 2)
    return then(flow, { kind: 'toImages', shape: to.slice(1) as [number, number, number] });
  if (to.length === 2 && from.length === 4)
    return then(flow, { kind: 'flatten', shape: from.slice(1) as [number, number, number] });
  // Between [N, H, W, C] and [N, H, 1, W, 1, C] nothing moves.
  if (to.length === 6 && from.length === 4 && to[2] === 1 && to[4] === 1) return flow;
  throw unknown(node);
}

function doubled(node: Tensor, flow: Flow): Doubled {
  const [n, h, , w, , c] = node.inputs[0]!.shape;
  if (!sameShape(node.shape, [n!, h!, 2, w!, 2, c!])) throw unknown(node);
  return { kind: 'doubled', flow };
}

/**
 * A convolution of 3 x 3 behind repeated rows and columns is a transposed one of 4 x 4 with stride
 * 2, which every framework has as one layer: a tap there is the sum of those here that fall on
 * copies of one pixel.
 */
function doubledConvolution(node: Tensor, { values }: Numbers): Layer {
  const { KH, KW, C, OC, stride } = geometryOf(node);
  if (KH !== 3 || KW !== 3 || stride !== 1) throw unknown(node);
  const kernel = new Float64Array(4 * 4 * OC * C);
  const taps = (at: number): readonly number[] => [2 - at, 3 - at].filter((tap) => tap >= 0 && tap < 3);
  for (let row = 0; row < 4; row++)
    for (let column = 0; column < 4; column++)
      for (const y of taps(row))
        for (const x of taps(column))
          for (let o = 0; o < OC; o++)
            for (let i = 0; i < C; i++)
              kernel[((row * 4 + column) * OC + o) * C + i]! += values[((y * 3 + x) * C + i) * OC + o]!;
  const pads = { top: 1, left: 1, bottom: 1, right: 1 };
  const bias = new Float64Array(OC);
  return { kind: 'transposed', kernelSize: [4, 4], stride: 2, pads, inputs: C, outputs: OC, kernel, bias };
}

/** An op that networks did not have when this was written. */
function unknown({ op }: Tensor): DcganError {
  return new DcganError({
    what: `this network cannot be exported: nothing is known of ${op.name} in this place`,
    todo: 'Report it, with the configuration of the model',
  });
}
