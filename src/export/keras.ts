// Keras gets a network as weights in a .npz, and a small file in Keras' own words that loads them.
// Batch norm is part of the kernels.
import { zipSync } from 'fflate';
import { encodeNpy } from '../data/npy.ts';
import type { Layer, Network } from './layers.ts';
import { className, docstring, indented, namedLayers, type Weight, weight } from './python.ts';

const WEIGHTS_NAME = 'weights.npz';
const MODEL_NAME = 'model.py';

/** Equal networks give equal bytes: no clock stands in the archive. */
const NO_TIME = new Date('1980-01-01T00:00:00');

/** Returns the files of the folder by name. */
export function kerasFiles(network: Network): Map<string, Uint8Array<ArrayBuffer>> {
  const arrays = [...weightsOf(network.layers)].map(([name, { data, shape }]) => [
    `${name}.npy`,
    encodeNpy(data, shape),
  ]);
  return new Map([
    [MODEL_NAME, new TextEncoder().encode(moduleText(network))],
    [WEIGHTS_NAME, zipSync(Object.fromEntries(arrays), { level: 0, mtime: NO_TIME })],
  ]);
}

function weightsOf(layers: readonly Layer[]): Map<string, Weight> {
  const weights = new Map<string, Weight>();
  for (const { layer, name } of namedLayers(layers)) {
    if (layer.kind === 'dense') {
      weights.set(`${name}.kernel`, weight([layer.inputs, layer.outputs], layer.kernel));
      const table = layer.classes ?? layer.projection;
      const width = layer.classes ? layer.outputs : layer.inputs;
      if (table) weights.set('classes.kernel', weight([table.length / width, width], table));
    } else if (layer.kind === 'convolution') {
      weights.set(`${name}.kernel`, weight([...layer.kernelSize, layer.inputs, layer.outputs], layer.kernel));
    } else if (layer.kind === 'transposed') {
      weights.set(`${name}.kernel`, weight([...layer.kernelSize, layer.outputs, layer.inputs], layer.kernel));
    } else continue;
    weights.set(`${name}.bias`, weight([layer.outputs], layer.bias));
  }
  return weights;
}

function moduleText(network: Network): string {
  const { name, config, image } = network;
  const generates = name === 'generator';
  const first = generates ? 'noise' : 'images';
  const given = config.classes > 0 ? `[${first}, classes]` : first;
  const shape = generates ? `(${config.latent},)` : `(${image.join(', ')})`;
  const classes = config.classes > 0 ? ['classes = keras.Input((), dtype="int32", name="class")'] : [];
  const lines = [
    `${first} = keras.Input(${shape}, name="${first}")`,
    ...classes,
    `x = ${first}`,
    ...namedLayers(network.layers).flatMap(({ layer, name: of }) => call(layer, of)),
    `return keras.Model(${given}, x, name="${name}")`,
  ];
  const example = generates
    ? `keras.random.normal((16, ${config.latent}))`
    : `keras.random.uniform((16, ${image.join(', ')}), -1, 1)`;
  const fed = config.classes > 0 ? `[${example}, keras.ops.arange(16) % ${config.classes}]` : example;
  return `"""The ${name} of a DCGAN that dcgan trained. Needs: pip install keras numpy, and a backend of Keras."""
from pathlib import Path

import keras
import numpy
from keras import layers


def ${className(network).toLowerCase()}():
${indented(docstring(network), 4)}
${indented(lines, 4)}


def load(folder=Path(__file__).parent):
    model = ${className(network).toLowerCase()}()
    with numpy.load(Path(folder) / "${WEIGHTS_NAME}") as weights:
        for layer in model.layers:
            if layer.weights:
                parts = [f"{layer.name}.kernel", f"{layer.name}.bias"]
                layer.set_weights([weights[part] for part in parts if part in weights])
    return model


if __name__ == "__main__":
    print(load()(${fed}).shape)
`;
}

function call(layer: Layer, name: string): string[] {
  switch (layer.kind) {
    case 'dense': {
      const dense = `layers.Dense(${layer.outputs}, name="${name}")(x)`;
      const table = layer.classes ?? layer.projection;
      if (!table) return [`x = ${dense}`];
      const width = layer.classes ? layer.outputs : layer.inputs;
      const row = `layers.Embedding(${table.length / width}, ${width}, name="classes")(classes)`;
      if (layer.classes) return [`x = ${dense} + ${row}`];
      return [`row = ${row}`, `x = ${dense} + keras.ops.sum(x * row, axis=1, keepdims=True)`];
    }
    case 'convolution':
    case 'transposed': {
      const type = layer.kind === 'convolution' ? 'layers.Conv2D' : 'layers.Conv2DTranspose';
      const [height, width] = layer.kernelSize;
      const size = height === width ? `${height}` : `(${height}, ${width})`;
      return [`x = ${type}(${layer.outputs}, ${size}, strides=${layer.stride}, padding="same", name="${name}")(x)`];
    }
    case 'leakyRelu':
      return [layer.slope === 0 ? 'x = layers.ReLU()(x)' : `x = layers.LeakyReLU(negative_slope=${layer.slope})(x)`];
    case 'tanh':
      return ['x = layers.Activation("tanh")(x)'];
    case 'toImages':
      return [`x = layers.Reshape((${layer.shape.join(', ')}))(x)`];
    case 'flatten':
      return ['x = layers.Flatten()(x)'];
    default:
      return layer satisfies never;
  }
}
