// Chooses how kernels start, by configuration.
import { glorotUniform, type Initializer, randomNormal } from '../nn/initializers.ts';
import type { Config } from './schema.ts';

/** Source: Radford et al. 2016, section 4. */
const DEVIATION = 0.02;

export function kernelInitializer({ initializer }: Config): Initializer {
  return initializer === 'normal' ? randomNormal(DEVIATION) : glorotUniform;
}
