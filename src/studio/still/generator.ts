// The weights of one file: in float16, which halves them, where no pixel of many samples changes by
// more than one grey level, else in float32.
import { indexTensors, joined, type StoredTensor } from '../../checkpoint/safetensors.ts';
import { toBytes } from '../../data/pixels.ts';
import { aloneParts } from '../../export/alone.ts';
import { DCGAN } from '../../gan/dcgan.ts';
import type { Snapshot } from '../../gan/snapshot.ts';
import { DcganError } from '../../platform/errors.ts';

const SAMPLES = 64;
const SEED = 1;

/** A generator's file, and what its weights are stored as. */
export async function generatorFile(
  snapshot: Snapshot,
): Promise<{ readonly bytes: Uint8Array; readonly type: 'float16' | 'float32' }> {
  const whole = joined(aloneParts(snapshot, 'generator', false));
  const half = halved(snapshot);
  if (half === null) return { bytes: whole, type: 'float32' };
  const [a, b] = [await samples(snapshot, whole), await samples(snapshot, half)];
  const near = a.every((value, i) => Math.abs(value - b[i]!) <= 1);
  return near ? { bytes: half, type: 'float16' } : { bytes: whole, type: 'float32' };
}

/** Null where a value does not fit into float16. */
function halved(snapshot: Snapshot): Uint8Array | null {
  try {
    return joined(aloneParts(snapshot, 'generator', true));
  } catch (error) {
    if (error instanceof DcganError) return null;
    throw error;
  }
}

/** Samples as bytes. The file holds the moving average under the generator's own names. */
async function samples({ config, ...rest }: Snapshot, file: Uint8Array): Promise<Uint8Array> {
  const tensors: ReadonlyMap<string, StoredTensor> = indexTensors(file, 'generator', ['F32', 'F16']).tensors();
  const gan = await DCGAN.fromSnapshot({ ...rest, config: { ...config, ema: 0 }, tensors }, { device: 'wasm' });
  try {
    return toBytes(await gan.generate(SAMPLES, { seed: SEED }));
  } finally {
    await gan.dispose();
  }
}
