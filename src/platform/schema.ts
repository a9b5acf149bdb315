// Unknown data against a schema, with our kind of error: which key, what was expected, what stood
// there.
import type { z } from 'zod';
import { usage } from './errors.ts';
import { showJson } from './json.ts';
import { didYouMean } from './suggest.ts';

/**
 * The data, if they fit; `where` names them in errors.
 * @throws a usage error for the first key or value that does not fit; unknown keys come with the nearest known one
 */
export function parseData<T>(schema: z.ZodType<T>, data: unknown, where: string, known: readonly string[]): T {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  if (issue.code === 'unrecognized_keys') {
    const [key] = issue.keys as [string];
    throw usage({
      what: `${where}: unknown key ${key}`,
      todo: didYouMean(key, known) ?? `Known: ${known.join(', ')}`,
    });
  }
  const [, expected = issue.message] = /expected (.*?)(?:, received .*)?$/.exec(issue.message) ?? [];
  const key = issue.path.join('.') || 'the whole';
  throw usage({
    what: `${where}: ${key} does not fit`,
    expected,
    got: showJson(valueAt(data, issue.path)),
    options: [key],
  });
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], data);
}
