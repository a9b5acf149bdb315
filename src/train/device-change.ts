// When a device fails that `auto` chose, the training continues on another one. This file decides
// whether it does, and words the warning. A run in a folder and a run in a page each reopen their
// own checkpoint.
import { DeviceFailure } from '../engine/backends/backend.ts';
import type { DCGAN } from '../gan/dcgan.ts';
import type { WarningEvent } from './events.ts';

/** The option `device` with which the run continues, and the event that says so. */
export interface DeviceChange {
  readonly device: string;
  readonly warning: WarningEvent;
}

/**
 * Returns how a training continues after `error`, or null when the error ends it.
 * @param run its model, and the last step that the failed device has taken
 */
export function deviceChange(
  error: unknown,
  { gan, taken }: { readonly gan: Pick<DCGAN, 'info'>; readonly taken: number },
): DeviceChange | null {
  const { fallback } = gan.info;
  if (!(error instanceof DeviceFailure) || fallback === null) return null;
  const { what, expected, got } = error.complaint;
  const why = [expected && `expected ${expected}`, got && `got ${got}`].filter(Boolean).join(', ');
  const warning: WarningEvent = {
    type: 'warning',
    condition: 'gpu-failed',
    step: taken,
    since: taken,
    seen: `${what}${why && ` (${why})`}`,
    help: 'The training continues on the processor from its last checkpoint',
  };
  return { device: fallback, warning };
}
