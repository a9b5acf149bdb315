// What one file holds of a run: the page reads it from the file itself (page/sources/still.ts), and
// gather.ts collects it.
import type { MetricsPart, RunDetail, RunWarning } from '../api.ts';

/** The name by which the page knows the one checkpoint: a generator alone. */
export const GENERATOR_NAME = 'generator.safetensors';

export interface Still {
  readonly title: string;
  /** Under which licence the file may be used; null when it was not said. */
  readonly license: string | null;
  readonly detail: RunDetail;
  /** A checkpoint alone has none. */
  readonly metrics: MetricsPart | null;
  readonly warnings: readonly RunWarning[];
  /** PNGs in base64, by the names in `detail`. */
  readonly pictures: Readonly<Record<string, string>>;
  /** A generator's file (export/alone.ts) in base64. */
  readonly generator: string;
}

/** What `site.json` of a static page says. */
export interface Site {
  readonly runs: readonly {
    /** Where its files lie, seen from the page. */
    readonly folder: string;
    readonly detail: RunDetail;
    readonly warnings: readonly RunWarning[];
  }[];
}
