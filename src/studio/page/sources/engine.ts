// Networks that the project's own library for pages computes, in a Worker of its own. The library
// is loaded when networks are first asked for, so that lists and charts do not wait for it.
import type { ClassChoice, Networks } from './networks.ts';

/** @throws Error for a file that is not a checkpoint, or a device that cannot run here */
export async function openEngine(checkpoint: Blob): Promise<Networks> {
  const { DCGAN } = await import('dcgan/browser');
  const gan = await DCGAN.load(checkpoint, { device: 'cpu' });
  const { imageSize, channels, latent, classes, groups } = gan.config;
  if (typeof imageSize !== 'number') {
    await gan.dispose();
    throw new Error('These views show square pictures so far.');
  }
  const { device, threads } = gan.info;
  const chosen = ({ classes: labels, shares }: ClassChoice) =>
    shares ? { shares } : labels === undefined ? {} : { classes: labels };
  const labelled = (label: number | undefined) => (label === undefined ? {} : { classes: label });
  return {
    facts: { imageSize, channels, latent, classes, groups },
    classNames: gan.classNames,
    device: threads === 1 ? device : `${device}, ${threads}`,
    sampleNoise: (count, seed) => gan.sampleNoise(count, seed),
    generate: (noise, choice = {}) => gan.generate(noise, chosen(choice)),
    generatorLayers: (noise, label) => gan.layers({ noise }, labelled(label)),
    project: (picture, options) => gan.project(picture, options),
    discriminator: {
      judge: (images, label) => gan.judge(images, labelled(label)),
      layers: (images, label) => gan.layers({ images }, labelled(label)),
    },
    dispose: () => gan.dispose(),
  };
}
