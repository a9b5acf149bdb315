// What the watch of a training says, in the language of the page. English is the watch's own
// sentence with its figures; another language has a sentence for each condition.
import type { RunWarning } from '../../api.ts';
import { t } from '../strings/index.ts';

/** What was seen, without a full stop. An event of a training may tell of other things too. */
export function seenText({ condition, seen }: { readonly condition: string; readonly seen: string }): string {
  const said: Readonly<Record<string, string>> = t.value.conditions ?? {};
  return said[condition] ?? seen;
}

/** What usually helps, without a full stop. */
export const helpText = ({ changes }: Pick<RunWarning, 'changes'>): string =>
  t.value.helps(changes.join(t.value.orChange));
