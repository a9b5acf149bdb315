// A training whose device fails goes on on another one, where `auto` may choose it. This file decides
// whether it does and what is said; a run in a folder and one in a page each reopen their own checkpoint.
import { DeviceFailure } from '../engine/backends/backend.ts';
import type { DCGAN } from '../gan/dcgan.ts';
import type { WarningEvent } from './events.ts';

/** The option `device` of the run that goes on, and the event that says so. */
export interface DeviceChange {
  readonly device: string;
  readonly warning: WarningEvent;
}

/**
 * How a training goes on after `error`; null where the error ends it.
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
    help: 'It goes on on the processor from its last checkpoint',
  };
  return { device: fallback, warning };
}
