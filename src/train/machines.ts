// Tells on which devices the steps of a run were computed. Only the same device and kernel variant
// give the same bits, so only they can prove anything of a state.
import type { RunConfig } from './run-schema.ts';

/** A device and its kernel variant. */
export interface StepMachine {
  readonly device: string;
  readonly variant: string;
}

/**
 * Returns the machines that computed the steps after `from` up to `to`, each once. A run of an
 * older version only tells its last one.
 */
export function machinesOf({ sittings = [], notes }: RunConfig, from: number, to: number): StepMachine[] {
  // A step belongs to the last sitting that began before it.
  const firsts = [from, ...sittings.map(({ fromStep }) => fromStep).filter((step) => step > from && step < to)];
  const found = firsts.map((step) => sittings.findLast(({ fromStep }) => fromStep <= step) ?? notes);
  const named = new Map(found.map(({ device, variant }) => [`${device} ${variant}`, { device, variant }]));
  return [...named.values()];
}
