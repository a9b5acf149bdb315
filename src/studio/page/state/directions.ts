// Directions of noise that change a generator's pictures most: the principal components of its
// first layer's outputs over many samples, taken back to noise. Source: E. Härkönen et al.,
// "GANSpace: Discovering Interpretable GAN Controls", 2020, section 2.1.
import type { Networks } from '../sources/networks.ts';
import { type Direction, principal } from './principal.ts';

/** Samples that are looked at; more of them change the directions little. */
const SAMPLES = 256;
const AT_ONCE = 64;
const SEED = 0;
const COUNT = 8;

/** What was sought, by the networks: a person comes back to them from view to view. */
const sought = new WeakMap<Networks, Promise<Direction[]>>();

/** Finds the `COUNT` directions that change most, the one that changes most first. */
export function findDirections(networks: Networks): Promise<Direction[]> {
  const known = sought.get(networks);
  if (known) return known;
  const found = search(networks);
  sought.set(networks, found);
  found.catch(() => sought.delete(networks));
  return found;
}

async function search(networks: Networks): Promise<Direction[]> {
  const { latent, classes } = networks.facts;
  const noise = await networks.sampleNoise(SAMPLES, SEED);
  let features: Float32Array | null = null;
  for (let first = 0; first < SAMPLES; first += AT_ONCE) {
    // All samples have one class: a class changes the outputs too, and no noise undoes that.
    const part = noise.slice(first * latent, (first + AT_ONCE) * latent);
    const [layer] = await networks.generatorLayers(part, classes > 0 ? 0 : undefined);
    features ??= new Float32Array((layer!.data.length / AT_ONCE) * SAMPLES);
    features.set(layer!.data, first * (layer!.data.length / AT_ONCE));
  }
  return principal(noise, features!, SAMPLES, COUNT);
}
