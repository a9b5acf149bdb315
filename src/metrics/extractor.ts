// An extractor turns images into features. Every figure says which extractor it came from.

/** Feature vectors of a set of images. */
export interface Features {
  readonly count: number;
  readonly width: number;
  /** [count, width] */
  readonly values: Float32Array;
}

/** Features, and the classifier's answers when the extractor is one. */
export interface Extracted {
  readonly features: Features;
  /** Logits [count, classes], or null. */
  readonly logits: Features | null;
}

/** Identifies an extractor. Distances can be compared only when all of this is equal. */
export interface ExtractorInfo {
  /** `digits`, `pictures`, `pixels`, or the name of an ONNX file. */
  readonly name: string;
  /** SHA-256 of the extractor's file, or of the text that defines it: 64 hex digits. */
  readonly sha256: string;
  /** How a network for any images receives them: order of axes, size, channels, range. */
  readonly input?: string | undefined;
}

export interface Extractor extends ExtractorInfo {
  /** The device or runtime, which decides the last bits. */
  readonly computedBy: string;
  /** Extracts features of images [count, height, width, channels] in [-1, 1]. */
  extract(images: Float32Array, count: number): Promise<Extracted>;
  dispose(): Promise<void>;
}

export function infoOf({ name, sha256, input }: Extractor): ExtractorInfo {
  return { name, sha256, ...(input !== undefined && { input }) };
}

/** Returns the rows of a set from `first` (inclusive) to `last` (exclusive), without a copy. */
export function rows({ values, width }: Features, first: number, last: number): Features {
  return { count: last - first, width, values: values.subarray(first * width, last * width) };
}
