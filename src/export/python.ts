// What the folders for PyTorch and Keras have in common: how a network's weights are called there,
// and text of Python.
import { isLinear, type Layer, type Network } from './layers.ts';

/** A tensor of a file of weights. */
export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The layers with a name each: `dense`, `conv1`, `conv2` and so on; activations have none. */
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

/** `[N, 28, 28, 1]`, as comments show shapes. */
export function showSizes(sizes: readonly number[]): string {
  return `[N, ${sizes.join(', ')}]`;
}

/** Lines with an indentation; empty ones stay empty. */
export function indented(lines: readonly string[], by: number): string {
  return lines.map((line) => (line === '' ? '' : `${' '.repeat(by)}${line}`)).join('\n');
}

/** The class of a network, as Python names classes. */
export function className({ name }: Network): string {
  return name === 'generator' ? 'Generator' : 'Discriminator';
}

/** What a call of the network takes and gives, for a docstring. */
function signature({ name, config, image }: Network, sizes: readonly number[] = image): string {
  const classes = config.classes > 0 ? ` and classes [N] (0 to ${config.classes - 1})` : '';
  return name === 'generator'
    ? `Noise [N, ${config.latent}]${classes} -> images ${showSizes(sizes)} in [-1, 1].`
    : `Images ${showSizes(sizes)} in [-1, 1]${classes} -> logits [N, 1], positive for real.`;
}

/** A docstring's lines: what the network takes and gives, and what has become of its batch norm. */
export function docstring(network: Network, sizes?: readonly number[]): string[] {
  const folded = ['', 'Batch norm is folded into the layers before it, with its running statistics.'];
  return [`"""${signature(network, sizes)}`, ...(network.name === 'generator' ? folded : []), '"""'];
}
