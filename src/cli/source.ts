// Several commands take RUN or CHECKPOINT. This finds the checkpoint and opens its model on a
// device.
import { DCGAN } from '../gan/dcgan.ts';
import type { MachineOptions } from '../gan/machine.ts';
import { readSnapshot } from '../gan/snapshot-file.ts';
import { resolveSource } from '../train/run.ts';

export const SOURCE_ARGUMENT = '[run|checkpoint]';
export const SOURCE_HELP =
  'a run (its newest checkpoint is used) or a checkpoint file; default: the newest run in ./runs';

/** Opens the model, passes it to `use`, and closes it again whatever happens. */
export async function withModel<T>(
  path: string | undefined,
  machine: MachineOptions,
  use: (gan: DCGAN, checkpoint: string, run: string | null) => Promise<T>,
): Promise<T> {
  const { checkpoint, run } = resolveSource(path);
  const gan = await DCGAN.fromSnapshot(readSnapshot(checkpoint), machine);
  try {
    return await use(gan, checkpoint, run);
  } finally {
    await gan.dispose();
  }
}
