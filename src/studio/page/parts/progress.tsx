// The progress says how far a training is, and how long it still takes at the pace of its last
// steps.
import type { RunDetail } from '../../api.ts';
import type { Series } from '../state/series.ts';
import { duration, t } from '../strings/index.ts';

/** Steps whose mean is the pace: enough to be steady, few enough to notice a change. */
const LAST_STEPS = 200;

interface ProgressProps {
  readonly detail: RunDetail;
  readonly series: Series;
}

export function Progress({ detail: { config }, series }: ProgressProps) {
  if (!config) return null;
  const { epochs, batchSize } = config.config;
  const total = epochs * Math.ceil(config.data.count / batchSize);
  const step = series.steps.step.at(-1) ?? 0;
  const recent = series.steps.seconds.slice(-LAST_STEPS);
  const pace = recent.reduce<number>((sum, seconds) => sum + (seconds ?? 0), 0) / Math.max(1, recent.length);
  const left = (total - step) * pace;
  return (
    <p class="progress">
      <progress max={total} value={step} aria-label={t.value.progress} />
      <span class="quiet">{left > 0 && step > 0 ? t.value.left(duration(left)) : t.value.preparing}</span>
    </p>
  );
}
