// Writes one network alone as a safetensors file. It has the variables that make images and none of
// Adam's moments, so it is a quarter of a checkpoint, or an eighth in float16. The checksum and the
// configuration are those of a checkpoint.
import { checkpointParts } from '../checkpoint/checksum.ts';
import type { StoredTensor } from '../checkpoint/safetensors.ts';
import { makeModel } from '../gan/model.ts';
import type { Snapshot } from '../gan/snapshot.ts';
import type { NetworkName } from './layers.ts';

/** Raised whenever older programs could misread a file. */
const FORMAT_VERSION = 1;

/**
 * Returns the parts of the file, to be written one after another. The generator is its moving
 * average where one is kept; its variables are called `generator/...` all the same.
 * @throws DcganError for a value that float16 cannot hold
 */
export function aloneParts(snapshot: Snapshot, name: NetworkName, half: boolean): Uint8Array[] {
  const { config, tensors, seed, step, epoch, classNames } = snapshot;
  const model = makeModel(config);
  const own = model[name].all;
  const from = name === 'generator' && model.average ? model.average.variables.all : own;
  const chosen = own.map(({ name: key }, i): [string, StoredTensor] => [key, tensors.get(from[i]!.name)!]);
  const metadata = {
    format: `dcgan-${name}-${FORMAT_VERSION}`,
    config: JSON.stringify(config),
    ...(classNames && { classes: JSON.stringify(classNames) }),
    seed: String(seed),
    step: String(step),
    epoch: String(epoch),
  };
  return checkpointParts(new Map(chosen), metadata, half ? 'F16' : 'F32');
}
