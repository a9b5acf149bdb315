// ONNX and PyTorch hold images as [N, C, H, W], the engine as [N, H, W, C]. Where features become
// images, or images features, the dense layer beside that change gets its columns or rows in the
// other order, so that no transposition is needed. Kernels are turned as well.
import type { Dense, Layer } from './layers.ts';

/**
 * Returns the same layers for images [N, C, H, W]. Kernels of convolutions become [out, in, height,
 * width], those of transposed ones [in, out, height, width]. Shapes of `toImages` and `flatten`
 * still say height, width and channels.
 */
export function channelsFirst(layers: readonly Layer[]): Layer[] {
  return layers.map((layer, i) => {
    if (layer.kind === 'convolution' || layer.kind === 'transposed') {
      const [height, width] = layer.kernelSize;
      const [c, d] = layer.kind === 'convolution' ? [layer.inputs, layer.outputs] : [layer.outputs, layer.inputs];
      return { ...layer, kernel: permuted(layer.kernel, [height, width, c, d], [3, 2, 0, 1]) };
    }
    if (layer.kind !== 'dense') return layer;
    const after = nextShape(layers, i);
    const before = layers[i - 1];
    if (after) return withColumns(layer, orderOf(after));
    return before?.kind === 'flatten' ? withRows(layer, orderOf(before.shape)) : layer;
  });
}

/** [outputs, inputs] of a kernel [inputs, outputs]. */
export function turned({ kernel, inputs, outputs }: Pick<Dense, 'kernel' | 'inputs' | 'outputs'>): Float64Array {
  return permuted(kernel, [inputs, outputs], [1, 0]);
}

/** Finds the images that the features of layer i become when only activations lie between. */
function nextShape(layers: readonly Layer[], i: number): readonly [number, number, number] | null {
  const next = layers.slice(i + 1).find(({ kind }) => kind !== 'leakyRelu' && kind !== 'tanh');
  return next?.kind === 'toImages' ? next.shape : null;
}

/** Returns for each place of [C, H, W] the place of the same value in [H, W, C]. */
function orderOf([height, width, channels]: readonly [number, number, number]): Float64Array {
  const places = Float64Array.from({ length: height * width * channels }, (_, at) => at);
  return permuted(places, [height, width, channels], [2, 0, 1]);
}

function withColumns(layer: Dense, order: Float64Array): Dense {
  const columns = (table: Float64Array): Float64Array => {
    const width = order.length;
    return table.map((_, at) => table[at - (at % width) + order[at % width]!]!);
  };
  const { kernel, bias, classes } = layer;
  return { ...layer, kernel: columns(kernel), bias: columns(bias), classes: classes && columns(classes) };
}

function withRows(layer: Dense, order: Float64Array): Dense {
  const { kernel, outputs, projection } = layer;
  const rows = kernel.map((_, at) => kernel[order[Math.floor(at / outputs)]! * outputs + (at % outputs)]!);
  const width = order.length;
  const table = projection?.map((_, at) => projection[at - (at % width) + order[at % width]!]!) ?? null;
  return { ...layer, kernel: rows, projection: table };
}

/**
 * Returns the values of a tensor with its dimensions in another order. The result's dimension i is
 * the tensor's dimension `order[i]`.
 */
function permuted(values: Float64Array, shape: readonly number[], order: readonly number[]): Float64Array {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((product, n) => product * n, 1));
  const out = new Float64Array(values.length);
  const sizes = order.map((from) => shape[from]!);
  const steps = order.map((from) => strides[from]!);
  const index = order.map(() => 0);
  let at = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = values[at]!;
    for (let d = sizes.length - 1; d >= 0; d--) {
      at += steps[d]!;
      if (++index[d]! < sizes[d]!) break;
      at -= steps[d]! * sizes[d]!;
      index[d] = 0;
    }
  }
  return out;
}
