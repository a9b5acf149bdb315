// The fields in which the configurations of runs differ. The command line and the studio's page
// show the same ones, so this file imports nothing that a page lacks.
import type { RunConfig } from './run-schema.ts';

/** A field that is not the same in all runs. */
export interface Difference {
  readonly field: string;
  /** Its value in each run; undefined where a run lacks it. */
  readonly values: readonly unknown[];
}

/** The fields in which configurations differ, those of the networks first. */
export function differencesOf(configs: readonly RunConfig[]): Difference[] {
  const flat = configs.map(flattened);
  const fields = new Set(flat.flatMap((fields) => Object.keys(fields)));
  return [...fields]
    .map((field) => ({ field, values: flat.map((values) => values[field]) }))
    .filter(({ values }) => new Set(values.map((value) => JSON.stringify(value))).size > 1);
}

function flattened({
  config,
  data,
  notes,
  format: _,
  sittings: __,
  ...rest
}: RunConfig): Readonly<Record<string, unknown>> {
  const { name, count, source, sha256 } = data;
  return { ...config, ...rest, data: name, images: count, source, dataHash: sha256.slice(0, 12), ...notes };
}
