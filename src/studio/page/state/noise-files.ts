// Noise as files that the command line reads, and the commands that make from them what the page
// shows.
import { encodeNpy } from '../../../data/npy.ts';
import { download } from './download.ts';
import type { Sample } from './lab.ts';

/** Hands over the noise of samples as a matrix [N, latent]. */
export function saveNoise(name: string, samples: readonly Sample[]): void {
  const latent = samples[0]!.noise.length;
  const all = new Float32Array(samples.length * latent);
  samples.forEach(({ noise }, i) => {
    all.set(noise, i * latent);
  });
  download(name, 'application/octet-stream', encodeNpy(all, [samples.length, latent]).slice());
}

/** `--class 3,1,4` for the samples of a model with classes; empty for others. */
export function classOption(labels: readonly (number | null)[]): string {
  const known = labels.filter((label) => label !== null);
  if (known.length === 0) return '';
  return ` --class ${new Set(known).size === 1 ? known[0] : known.join(',')}`;
}
