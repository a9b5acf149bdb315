// Checks unknown data against a schema. The error says which key is wrong, what was expected and
// what was there.
import type { z } from 'zod';
import { usage } from './errors.ts';
import { showJson } from './json.ts';
import { didYouMean } from './suggest.ts';

/**
 * Returns the data when they match the schema. `where` names them in errors.
 * @throws a usage error for the first wrong key or value; for an unknown key, it suggests the
 *   nearest known one
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
  const key = issue.path.join('.');
  throw usage({
    what: key ? `${where}: ${key} has an invalid value` : `${where} has invalid contents`,
    expected,
    got: showJson(valueAt(data, issue.path)),
    options: [key],
  });
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], data);
}
