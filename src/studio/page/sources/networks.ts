// Where a page's networks come from. The views Explore, Draw and Inside know these interfaces
// alone, so the same views work beside a server, on a static page, and over the generator in one
// file.
import type { Judgement, Layer, Projection, ProjectOptions } from 'dcgan/browser';
import type { ImageSize } from '../../../data/image-size.ts';

/** What the views need to know of a model's configuration. */
export interface NetworkFacts {
  /** The side of square images in pixels, or [height, width]. */
  readonly imageSize: ImageSize;
  /** 1 for grey, 3 for RGB. */
  readonly channels: number;
  readonly latent: number;
  /** The number of classes, or of found groups; 0 without. */
  readonly classes: number;
  /** The number of found groups; 0 where the classes are the data's own, or there are none. */
  readonly groups: number;
}

export interface ClassChoice {
  /** One class for all, or one for each. */
  readonly classes?: number | readonly number[];
  /** How much of each class every image has, [N, classes]; replaces `classes`. */
  readonly shares?: Float32Array;
}

/**
 * The networks of one checkpoint, in the page. Images are [N, H, W, channels] in [-1, 1], noise is
 * [N, latent]. The members mean what those of the library's `DCGAN` mean.
 */
export interface Networks {
  readonly facts: NetworkFacts;
  /** The names of the classes; null where they are unknown. */
  readonly classNames: readonly (string | null)[] | null;
  sampleNoise(count: number, seed: number): Promise<Float32Array>;
  generate(noise: Float32Array, choice?: ClassChoice): Promise<Float32Array>;
  /** What each layer of the generator makes of noise. */
  generatorLayers(noise: Float32Array, classes?: number): Promise<readonly Layer[]>;
  project(picture: Float32Array, options: ProjectOptions): Promise<Projection>;
  /** Null where only the generator is there. */
  readonly discriminator: Discriminator | null;
  dispose(): Promise<void>;
}

export interface Discriminator {
  judge(images: Float32Array, classes?: number): Promise<Judgement>;
  layers(images: Float32Array, classes?: number): Promise<readonly Layer[]>;
}

/** An image of the data, as bytes [H, W, channels]. */
export interface RealImage {
  /** Its place in the data. */
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** A real image with the label that the networks were given. */
export interface LabelledImage extends RealImage {
  /** Its class or group; null where the networks know neither. */
  readonly label: number | null;
}

/** Images of the data that a run was trained on. */
export interface RealImages {
  /** Some images, which `seed` chooses. */
  some(id: string, count: number, seed: number): Promise<readonly LabelledImage[]>;
  /**
   * The images of the data nearest to one picture, nearest first, with their distances in grey
   * levels.
   */
  nearest(
    id: string,
    picture: Uint8Array,
    count: number,
  ): Promise<readonly (RealImage & { readonly distance: number })[]>;
}

export interface NetworkSource {
  /** Opens the networks of a checkpoint, by the names that the source gave out. */
  open(id: string, checkpoint: string): Promise<Networks>;
  /** Null where the data are not at hand. */
  readonly reals: RealImages | null;
}
