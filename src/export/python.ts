// The folders for PyTorch and Keras share the names of a network's weights, and text of Python.
import { isLinear, type Layer, type Network } from './layers.ts';

/** A tensor of a file of weights. */
export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Names the layers: `dense`, `conv1`, `conv2` and so on; activations have no name. */
export function namedLayers(layers: readonly Layer[]): { readonly layer: Layer; readonly name: string }[] {
  let convolutions = 0;
  return layers.map((layer) => {
    const name = !isLinear(layer) ? '' : layer.kind === 'dense' ? 'dense' : `conv${++convolutions}`;
    return { layer, name };
  });
}

export function weight(shape: readonly number[], values: Float64Array): Weight {
  return { shape, data: Float32Array.from(values) };
}

/** Writes a shape as comments show it: `[N, 28, 28, 1]`. */
export function showSizes(sizes: readonly number[]): string {
  return `[N, ${sizes.join(', ')}]`;
}

/** Indents lines; empty ones stay empty. */
export function indented(lines: readonly string[], by: number): string {
  return lines.map((line) => (line === '' ? '' : `${' '.repeat(by)}${line}`)).join('\n');
}

/** Returns the name of a network's class in Python. */
export function className({ name }: Network): string {
  return name === 'generator' ? 'Generator' : 'Discriminator';
}

/** Says for a docstring what a call of the network takes and gives. */
function signature({ name, config, image }: Network, sizes: readonly number[] = image): string {
  const classes = config.classes > 0 ? ` and classes [N] (0 to ${config.classes - 1})` : '';
  return name === 'generator'
    ? `Noise [N, ${config.latent}]${classes} -> images ${showSizes(sizes)} in [-1, 1].`
    : `Images ${showSizes(sizes)} in [-1, 1]${classes} -> logits [N, 1], positive for real.`;
}

/** Returns a docstring's lines, which also say where batch norm went. */
export function docstring(network: Network, sizes?: readonly number[]): string[] {
  const folded = ['', 'Batch norm is folded into the layers before it, with its running statistics.'];
  return [`"""${signature(network, sizes)}`, ...(network.name === 'generator' ? folded : []), '"""'];
}
