// Lists the warnings of the watch. Each has a button that starts a run with the change it names.
import type { RunDetail, RunWarning } from '../../api.ts';
import type { TrainingOptions } from '../sources/source.ts';
import { links } from '../state/route.ts';
import { helpText, seenText } from '../state/warnings.ts';
import { t } from '../strings/index.ts';

interface WarningsProps {
  readonly warnings: readonly RunWarning[];
  readonly detail: RunDetail;
  readonly canStart: boolean;
}

export function Warnings({ warnings, detail, canStart }: WarningsProps) {
  const words = t.value;
  if (detail.head.state === 'damaged') return null;
  return (
    <section class="warnings">
      <h2>{words.warnings}</h2>
      {warnings.length === 0 && detail.head.state !== 'diverged' && <p class="quiet">{words.noWarnings}</p>}
      <ul>
        {warnings.map((warning, i) => (
          <li key={warning.condition} class="notice">
            <p>
              <b>
                {i + 1}. {words.fromStep(warning.since, warning.step)}:
              </b>{' '}
              {seenText(warning)}. {helpText(warning)}.
            </p>
            {canStart && (
              <a class="button" href={links.fresh(changed(detail, warning))}>
                {words.startWith}
              </a>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Returns the run's own options with the first change that the warning's help names. */
const changed = (detail: RunDetail, { options }: RunWarning): TrainingOptions => ({ ...detail.options, ...options });
