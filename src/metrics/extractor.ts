// What turns images into features, and what every figure says of where it came from.

/** Feature vectors of a set of images. */
export interface Features {
  readonly count: number;
  readonly width: number;
  /** [count, width] */
  readonly values: Float32Array;
}

/** Features, and the classes they were recognised as by an extractor that knows classes. */
export interface Extracted {
  readonly features: Features;
  /** Logits [count, classes]. */
  readonly logits: Features | null;
}

/** Which extractor: distances compare only where all of it is equal. */
export interface ExtractorInfo {
  /** `digits`, `pixels`, or the name of an ONNX file. */
  readonly name: string;
  /** Of the file it comes from, or of what it is said to do: 64 hex digits. */
  readonly sha256: string;
  /** How a network of one's own is given images: order of axes, size, channels, range. */
  readonly input?: string | undefined;
}

export interface Extractor extends ExtractorInfo {
  /** The device or runtime, which decides the last bits. */
  readonly computedBy: string;
  /** Features of images [count, height, width, channels] in [-1, 1]. */
  extract(images: Float32Array, count: number): Promise<Extracted>;
  dispose(): Promise<void>;
}

export function infoOf({ name, sha256, input }: Extractor): ExtractorInfo {
  return { name, sha256, ...(input !== undefined && { input }) };
}

/** The rows of a set from `first` (inclusive) to `last` (exclusive); no copy. */
export function rows({ values, width }: Features, first: number, last: number): Features {
  return { count: last - first, width, values: values.subarray(first * width, last * width) };
}
