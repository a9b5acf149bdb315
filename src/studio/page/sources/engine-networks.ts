// The networks of a `DCGAN`, be it in a Worker of its own or on the page's own thread.
import type { DCGAN } from 'dcgan/browser';
import type { ClassChoice, Networks } from './networks.ts';

/** The members of a model that the views ask. */
export type Model = Pick<
  DCGAN,
  'config' | 'classNames' | 'sampleNoise' | 'generate' | 'layers' | 'judge' | 'project' | 'dispose'
>;

/** The views' form of a model. */
export function networksOf(gan: Model): Networks {
  const { imageSize, channels, latent, classes, groups } = gan.config;
  const chosen = ({ classes: labels, shares }: ClassChoice) =>
    shares ? { shares } : labels === undefined ? {} : { classes: labels };
  const labelled = (label: number | undefined) => (label === undefined ? {} : { classes: label });
  return {
    facts: { imageSize, channels, latent, classes, groups },
    classNames: gan.classNames,
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
