// Networks that the project's own library for pages computes, in a Worker of its own. The library
// is loaded when networks are first asked for, so that lists and charts do not wait for it.
import { networksOf } from './engine-networks.ts';
import type { Networks } from './networks.ts';

/** @throws Error for a file that is not a checkpoint, or a device that cannot run here */
export async function openEngine(checkpoint: Blob): Promise<Networks> {
  const { DCGAN } = await import('dcgan/browser');
  return networksOf(await DCGAN.load(checkpoint, { device: 'cpu' }));
}
