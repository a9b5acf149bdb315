// The last lines that a training printed. They are folded away, and open for a run that failed.
import type { RunDetail } from '../../api.ts';
import { t } from '../strings/index.ts';

/** The program prints an error under its own name. */
const ERROR = /^dcgan: /m;

export function Log({ detail: { head, output } }: { readonly detail: RunDetail }) {
  if (output === '' || head.state === 'damaged') return null;
  const failed = head.state === 'diverged' || (head.state === 'stopped' && ERROR.test(output));
  return (
    <details open={failed}>
      <summary>{t.value.output}</summary>
      <pre>{output}</pre>
    </details>
  );
}
