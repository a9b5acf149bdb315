// One curve of a chart, as the page draws it and as a file has it.

export interface Curve {
  readonly name: string;
  /** A CSS variable. */
  readonly color: string;
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
  readonly dashed?: boolean;
  /** Smoothing leaves it as it is. */
  readonly exact?: boolean;
  /** It has few values, and each gets a mark. */
  readonly points?: boolean;
}
