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

export interface Extractor {
  readonly name: string;
  /** Of the file it comes from: 64 hex digits. */
  readonly sha256: string;
  /** Features of images [count, height, width, channels] in [-1, 1]. */
  extract(images: Float32Array, count: number): Promise<Extracted>;
  dispose(): Promise<void>;
}

/** The rows of a set from `first` (inclusive) to `last` (exclusive); no copy. */
export function rows({ values, width }: Features, first: number, last: number): Features {
  return { count: last - first, width, values: values.subarray(first * width, last * width) };
}
