// A run that lies in the page's own file (../../still): its pictures and numbers as they were when
// the file was written, and its generator, which computes on the page's own thread, because a page
// from a disk may start no Worker.
import { openHere } from '../../../../dist/generate/here.js';
import { GENERATOR_NAME, type Still } from '../../still/still.ts';
import { networksOf } from './engine-networks.ts';
import type { Networks } from './networks.ts';
import type { Source } from './source.ts';

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));

/** Lets the page draw, and hear a person, before each piece of work. */
const breathe = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

async function openNetworks(generator: Uint8Array): Promise<Networks> {
  const networks = networksOf(await openHere(generator));
  return {
    ...networks,
    discriminator: null,
    generate: (...args) => breathe().then(() => networks.generate(...args)),
    generatorLayers: (...args) => breathe().then(() => networks.generatorLayers(...args)),
    project: (...args) => breathe().then(() => networks.project(...args)),
  };
}

export function openStill({ detail, metrics, warnings, pictures, generator }: Still): Source {
  let file: string | null = null;
  return {
    place: () => detail.head.id,
    watch(tell) {
      tell([detail.head]);
      return () => {};
    },
    detail: async () => detail,
    follow(_, take) {
      if (metrics) take(metrics);
      return () => {};
    },
    warnings: async () => warnings,
    picture: (_, { name }) => `data:image/png;base64,${pictures[name]}`,
    film: () => '',
    checkpoint(_, name) {
      if (name !== GENERATOR_NAME) return '';
      file ??= URL.createObjectURL(new Blob([bytesOf(generator)]));
      return file;
    },
    networks: { open: () => openNetworks(bytesOf(generator)), reals: null },
    control: null,
  };
}
