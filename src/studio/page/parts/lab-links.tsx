// Links to the views that look into a run's networks.
import { LAB_VIEWS, type LabView, links } from '../state/route.ts';
import { t } from '../strings/index.ts';

interface LabLinksProps {
  readonly id: string;
  readonly checkpoint: string | null;
  /** The view that is shown now. */
  readonly current: LabView | null;
}

export function LabLinks({ id, checkpoint, current }: LabLinksProps) {
  const words = t.value;
  const names = { explore: words.explore, draw: words.draw, inside: words.inside };
  return (
    <nav class="tabs" aria-label={words.lab}>
      {LAB_VIEWS.map((view) => (
        <a
          key={view}
          class="button"
          href={links.lab(view, id, checkpoint)}
          {...(view === current && { 'aria-current': 'page' as const })}
        >
          {names[view]}
        </a>
      ))}
    </nav>
  );
}
