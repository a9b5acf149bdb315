// A trained network is a list of layers, with numbers in place of variables. Every form of export
// is written from this list, and the list is found in the very graph that the engine
// compiles (network.ts), so no architecture is described a second time.
import type { Config } from '../gan/schema.ts';

/** The networks that can be exported. */
export const NETWORKS = ['generator', 'discriminator'] as const;
/** The name of one of a model's two networks. */
export type NetworkName = (typeof NETWORKS)[number];

/** A kernel with what is added behind it, one value a channel. */
interface Linear {
  readonly kernel: Float64Array;
  /** [outputs] */
  readonly bias: Float64Array;
}

/** x [N, inputs] -> x . kernel + bias, [N, outputs]; kernel [inputs, outputs]. */
export interface Dense extends Linear {
  readonly kind: 'dense';
  readonly inputs: number;
  readonly outputs: number;
  /** [classes, outputs]: the row of an image's class is added. */
  readonly classes: Float64Array | null;
  /**
   * [classes, inputs]: the inner product of x and the row of an image's class is added. Only a
   * dense layer with one output has it.
   */
  readonly projection: Float64Array | null;
}

/** Sides, channels, stride and padding of a convolution of either direction. */
interface Windows extends Linear {
  readonly inputs: number;
  readonly outputs: number;
  readonly kernelSize: readonly [height: number, width: number];
  readonly stride: number;
  /**
   * Rows and columns that padding adds in front of and behind an image. A transposed convolution
   * takes as many away from its result.
   */
  readonly pads: { readonly top: number; readonly left: number; readonly bottom: number; readonly right: number };
}

/** x [N, H, W, inputs]; kernel [height, width, inputs, outputs]. */
export interface Convolution extends Windows {
  readonly kind: 'convolution';
}

/** x [N, H, W, inputs]; kernel [height, width, outputs, inputs], as Keras has it. */
export interface TransposedConvolution extends Windows {
  readonly kind: 'transposed';
}

/** x where x > 0, else slope * x. */
export interface LeakyRelu {
  readonly kind: 'leakyRelu';
  readonly slope: number;
}

export interface Tanh {
  readonly kind: 'tanh';
}

/** [N, height * width * channels] -> [N, height, width, channels]. */
export interface ToImages {
  readonly kind: 'toImages';
  readonly shape: readonly [height: number, width: number, channels: number];
}

/** [N, height, width, channels] -> [N, height * width * channels]. */
export interface Flatten {
  readonly kind: 'flatten';
  readonly shape: readonly [height: number, width: number, channels: number];
}

export type Layer = Dense | Convolution | TransposedConvolution | LeakyRelu | Tanh | ToImages | Flatten;

/** A network that is ready for export. */
export interface Network {
  readonly name: NetworkName;
  readonly config: Config;
  /** Images that the generator makes or the discriminator takes. */
  readonly image: readonly [height: number, width: number, channels: number];
  readonly layers: readonly Layer[];
}

/** Says whether a layer has a kernel. */
export function isLinear(layer: Layer): layer is Dense | Convolution | TransposedConvolution {
  return layer.kind === 'dense' || layer.kind === 'convolution' || layer.kind === 'transposed';
}
