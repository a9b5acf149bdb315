// The Hugging Face hub gets the folder for PyTorch, the numbers of the training as config.json, and
// a model card. Sources: huggingface.co/docs, "Model Cards" and its list of
// pipeline tags.
import type { Snapshot } from '../gan/snapshot.ts';
import { VERSION } from '../platform/version.ts';
import type { Network } from './layers.ts';
import { pytorchFiles } from './pytorch.ts';

/** The facts of a card that no checkpoint holds. */
export interface CardNotes {
  /** What the run was trained on. */
  readonly data?: { readonly name: string; readonly count: number } | undefined;
  /** The last evaluation of the run. */
  readonly evaluation?:
    | {
        readonly epoch: number;
        /** What is measured. */
        readonly name: string;
        readonly value: number;
        readonly floor: number;
        readonly samples: number;
      }
    | undefined;
  /** A picture of samples, as a .png file. */
  readonly samples?: Uint8Array<ArrayBuffer> | undefined;
}

export const SAMPLES_NAME = 'samples.png';
/** The hub's word for a licence that nobody has chosen. */
const NO_LICENSE = 'unknown';

/** Returns the files of the folder by name. */
export function huggingFaceFiles(
  network: Network,
  snapshot: Snapshot,
  { license = NO_LICENSE, ...notes }: CardNotes & { readonly license?: string | undefined },
): Map<string, Uint8Array<ArrayBuffer>> {
  const { config, seed, epoch, step, classNames } = snapshot;
  const encoder = new TextEncoder();
  const record = {
    library: 'dcgan',
    version: VERSION,
    network: network.name,
    epoch,
    step,
    seed,
    classes: classNames ?? null,
    config,
  };
  const files = pytorchFiles(network, {});
  files.set('config.json', encoder.encode(`${JSON.stringify(record, null, 2)}\n`));
  files.set('README.md', encoder.encode(cardText(network, snapshot, license, notes)));
  if (notes.samples) files.set(SAMPLES_NAME, notes.samples);
  return files;
}

function cardText(network: Network, snapshot: Snapshot, license: string, notes: CardNotes): string {
  const { config, seed, epoch, step, classNames } = snapshot;
  const [height, width, channels] = network.image;
  const { data, evaluation, samples } = notes;
  const name = data ? inline(data.name) : 'images';
  const size = `${height} x ${width} pixels ${channels === 1 ? 'in grey' : 'in colour'}`;
  const given = config.classes > 0 ? `, torch.arange(16) % ${config.classes}` : '';
  const classes =
    config.classes === 0
      ? ''
      : ` It takes one of ${config.classes} ${config.groups > 0 ? 'groups of alike images' : 'classes'} for each image.`;
  const names = classNames
    ? `## Classes\n\n${classNames.map((each, i) => `- ${i}: ${each === null ? 'no image had it' : inline(each)}`).join('\n')}\n\n`
    : '';
  const told = data ? `${data.count} images of ${name}` : 'unknown to this checkpoint';
  const figures = evaluation
    ? `After epoch ${evaluation.epoch}, ${evaluation.samples} samples had this distance from the data. Lower is better.

| figure | samples | held-out images (floor) |
|---|---|---|
| ${evaluation.name} | ${evaluation.value.toFixed(2)} | ${evaluation.floor.toFixed(2)} |`
    : 'It was not evaluated.';
  return `---
license: ${license}
pipeline_tag: unconditional-image-generation
tags:
- dcgan
- gan
- pytorch
---

# A DCGAN of ${name}

This generator draws images of ${size} from noise.${classes} It was trained with dcgan ${VERSION}.
${samples ? `\n![Samples](${SAMPLES_NAME})\n` : ''}
## Use

\`\`\`sh
pip install torch safetensors
\`\`\`
\`\`\`python
import torch
from model import load

with torch.no_grad():
    images = load()(torch.randn(16, ${config.latent})${given})  # [16, ${channels}, ${height}, ${width}] in [-1, 1]
\`\`\`

${names}## Training

| | |
|---|---|
| data | ${told} |
| preset | ${config.preset} |
| epochs | ${epoch} |
| steps | ${step} of ${config.batchSize} images |
| seed | ${seed} |

\`config.json\` has all options.

## Figures

${figures}
`;
}

/** Writes a stranger's name as text of Markdown on one line. */
function inline(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]<>#|!]/g, (character) => `\\${character}`);
}
