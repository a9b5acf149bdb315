// Chooses the device for `auto`: the processor's best device, unless a hardware GPU runs the very
// step to be trained faster. That is measured once and kept, so later starts are quick and a run
// continues where it began. A GPU that fails in the measurement, or ends the process with it, is
// tried twice and no more.
import { sha256 } from '../../platform/sha256.ts';
import type { DeviceName } from './backend.ts';
import type { GpuDescription } from './webgpu/adapter.ts';

export interface ChosenDevice {
  readonly device: DeviceName;
  /** Says in one clause why this device was chosen. */
  readonly reason: string;
  /** The choice to make if this device fails; set when `auto` chose a GPU. */
  readonly fallback?: 'cpu';
}

/** What `auto` knows of the machine; tests replace it. */
export interface Surroundings {
  /** The processor's best device, and its kernel variant. */
  readonly processor: ChosenDevice & { readonly variant: string };
  /**
   * The GPU, or null when there is none; text says why one that there may be cannot be looked at.
   */
  gpu(): Promise<GpuDescription | string | null>;
  /** Describes as text everything that the time of a step depends on. */
  work(): string;
  /** Measures the seconds of a step. */
  measure(device: DeviceName): Promise<number>;
  finding(name: string): Promise<unknown>;
  keepFinding(name: string, value: unknown): Promise<void>;
}

/** Seconds of a step on either device; or how often the GPU was tried without finishing. */
type Finding = { readonly gpu: number; readonly processor: number } | { readonly tries: number };

const MOST_TRIES = 2;

export async function chooseBest(around: Surroundings): Promise<ChosenDevice> {
  const { device, reason, variant } = around.processor;
  const stay = (why: string): ChosenDevice => ({ device, reason: `${reason}; ${why}` });
  const gpu = await around.gpu();
  if (!gpu) return { device, reason };
  if (typeof gpu === 'string') return stay(gpu);
  if (!gpu.hardware) return stay(`${gpu.name} is a software adapter, which auto never takes`);
  const name = sha256(new TextEncoder().encode([gpu.name, device, variant, around.work()].join('\n')));
  let found = asFinding(await around.finding(name));
  if (!found || 'tries' in found) {
    const tries = (found?.tries ?? 0) + 1;
    if (tries > MOST_TRIES) return stay(`the GPU ${gpu.name} failed twice when it was measured`);
    await around.keepFinding(name, { tries } satisfies Finding);
    try {
      found = { gpu: await around.measure('webgpu'), processor: await around.measure(device) };
    } catch (error) {
      return stay(`the GPU ${gpu.name} failed when it was measured (${(error as Error).message.replace(/\.$/, '')})`);
    }
    await around.keepFinding(name, found);
  }
  const [onGpu, here] = [seconds(found.gpu), seconds(found.processor)];
  if (found.gpu < found.processor)
    return {
      device: 'webgpu',
      reason: `measured faster: ${onGpu} a step on ${gpu.name}, ${here} on ${device}`,
      fallback: 'cpu',
    };
  return { device, reason: `measured faster: ${here} a step, ${onGpu} on the GPU ${gpu.name}` };
}

const seconds = (value: number): string => `${value.toPrecision(3)} s`;

/** Returns the stored finding if it can be understood. */
function asFinding(kept: unknown): Finding | null {
  if (typeof kept !== 'object' || kept === null) return null;
  const is = (key: string): boolean => Number.isFinite((kept as Record<string, unknown>)[key]);
  return is('tries') || (is('gpu') && is('processor')) ? (kept as Finding) : null;
}
