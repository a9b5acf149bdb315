// PyTorch gets a network as weights in safetensors, and a small module in PyTorch's own words that
// loads them. Batch norm is part of the kernels. Keras' padding SAME is no padding of PyTorch's
// transposed convolution: its result is cropped, by fewer rows in front than behind.
import { encodeTensors } from '../checkpoint/safetensors.ts';
import { channelsFirst, turned } from './channels-first.ts';
import type { Layer, Network } from './layers.ts';
import { className, docstring, indented, namedLayers, type Weight, weight } from './python.ts';

export const WEIGHTS_NAME = 'weights.safetensors';
export const MODEL_NAME = 'model.py';

/** Returns the files of the folder by name. */
export function pytorchFiles(
  network: Network,
  notes: Readonly<Record<string, string>>,
): Map<string, Uint8Array<ArrayBuffer>> {
  const layers = channelsFirst(network.layers);
  return new Map([
    [MODEL_NAME, new TextEncoder().encode(moduleText(network, layers))],
    [WEIGHTS_NAME, encodeTensors(weightsOf(layers), { format: 'pt', ...notes })],
  ]);
}

function weightsOf(layers: readonly Layer[]): Map<string, Weight> {
  const weights = new Map<string, Weight>();
  for (const { layer, name } of namedLayers(layers)) {
    if (layer.kind === 'dense') {
      weights.set(`${name}.weight`, weight([layer.outputs, layer.inputs], turned(layer)));
      const table = layer.classes ?? layer.projection;
      const width = layer.classes ? layer.outputs : layer.inputs;
      if (table) weights.set('classes.weight', weight([table.length / width, width], table));
    } else if (layer.kind === 'convolution') {
      weights.set(`${name}.weight`, weight([layer.outputs, layer.inputs, ...layer.kernelSize], layer.kernel));
    } else if (layer.kind === 'transposed') {
      weights.set(`${name}.weight`, weight([layer.inputs, layer.outputs, ...layer.kernelSize], layer.kernel));
    } else continue;
    weights.set(`${name}.bias`, weight([layer.outputs], layer.bias));
  }
  return weights;
}

function moduleText(network: Network, layers: readonly Layer[]): string {
  const { name, config, image } = network;
  const kind = className(network);
  const named = namedLayers(layers);
  const makes = named.flatMap(({ layer, name: of }) => declaration(layer, of));
  const does = named.flatMap(({ layer, name: of }) => call(layer, of));
  const first = name === 'generator' ? 'noise' : 'images';
  const parameters = config.classes > 0 ? `${first}, classes` : first;
  const example =
    name === 'generator'
      ? `torch.randn(16, ${config.latent})`
      : `torch.rand(16, ${image[2]}, ${image[0]}, ${image[1]}) * 2 - 1`;
  const given = config.classes > 0 ? `${example}, torch.arange(16) % ${config.classes}` : example;
  return `"""The ${name} of a DCGAN that dcgan trained. Needs: pip install torch safetensors."""
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn


class ${kind}(nn.Module):
${indented(docstring(network, [image[2], image[0], image[1]]), 4)}

    def __init__(self):
        super().__init__()
${indented(makes, 8)}

    def forward(self, ${parameters}):
        x = ${first}
${indented(does, 8)}
        return x


def load(folder=Path(__file__).parent):
    model = ${kind}()
    model.load_state_dict(load_file(Path(folder) / "${WEIGHTS_NAME}"))
    return model.eval()


if __name__ == "__main__":
    with torch.no_grad():
        print(load()(${given}).shape)
`;
}

function declaration(layer: Layer, name: string): string[] {
  switch (layer.kind) {
    case 'dense': {
      const table = layer.classes ?? layer.projection;
      const width = layer.classes ? layer.outputs : layer.inputs;
      return [
        `self.${name} = nn.Linear(${layer.inputs}, ${layer.outputs})`,
        ...(table ? [`self.classes = nn.Embedding(${table.length / width}, ${width})`] : []),
      ];
    }
    case 'convolution':
    case 'transposed': {
      const type = layer.kind === 'convolution' ? 'nn.Conv2d' : 'nn.ConvTranspose2d';
      const [height, width] = layer.kernelSize;
      const size = height === width ? `${height}` : `(${height}, ${width})`;
      return [`self.${name} = ${type}(${layer.inputs}, ${layer.outputs}, ${size}, stride=${layer.stride})`];
    }
    default:
      return [];
  }
}

function call(layer: Layer, name: string): string[] {
  switch (layer.kind) {
    case 'dense':
      if (layer.classes) return [`x = self.${name}(x) + self.classes(classes)`];
      if (layer.projection) return [`x = self.${name}(x) + (x * self.classes(classes)).sum(1, keepdim=True)`];
      return [`x = self.${name}(x)`];
    case 'convolution': {
      const { top, left, bottom, right } = layer.pads;
      return [`x = self.${name}(F.pad(x, (${left}, ${right}, ${top}, ${bottom})))`];
    }
    case 'transposed': {
      const { top, left, bottom, right } = layer.pads;
      return [`x = self.${name}(x)[:, :, ${crop(top, bottom)}, ${crop(left, right)}]`];
    }
    case 'leakyRelu':
      return [layer.slope === 0 ? 'x = F.relu(x)' : `x = F.leaky_relu(x, ${layer.slope})`];
    case 'tanh':
      return ['x = torch.tanh(x)'];
    case 'toImages': {
      const [height, width, channels] = layer.shape;
      return [`x = x.view(-1, ${channels}, ${height}, ${width})`];
    }
    case 'flatten':
      return ['x = x.flatten(1)'];
    default:
      return layer satisfies never;
  }
}

/** Writes a slice without the first and last rows. */
function crop(before: number, behind: number): string {
  return `${before || ''}:${behind === 0 ? '' : -behind}`;
}
