// What `auto` takes: the processor's best device, unless there is a GPU that is hardware and runs
// the very step that is to be trained faster than it. That is measured once and kept, so that a
// start stays quick and a run goes on where it began. A GPU that fails at it, or takes the process
// with it, is tried twice and no more.
import { sha256 } from '../../platform/sha256.ts';
import type { DeviceName } from './backend.ts';
import type { GpuDescription } from './webgpu/adapter.ts';

export interface ChosenDevice {
  readonly device: DeviceName;
  /** Why this one: one clause. */
  readonly reason: string;
  /** The choice to make instead should this device fail: set where `auto` took a GPU. */
  readonly fallback?: 'cpu';
}

/** The world as `auto` sees it; tests bring another. */
export interface Surroundings {
  /** The processor's best device, and its kernel variant. */
  readonly processor: ChosenDevice & { readonly variant: string };
  /** The GPU, as far as there is one. */
  gpu(): Promise<GpuDescription | null>;
  /** All of the step that its time depends on, as text. */
  work(): string;
  /** Seconds of a step. */
  measure(device: DeviceName): Promise<number>;
  finding(name: string): Promise<unknown>;
  keepFinding(name: string, value: unknown): Promise<void>;
}

/** Seconds of a step on either; or how often the GPU was tried without an end. */
type Finding = { readonly gpu: number; readonly processor: number } | { readonly tries: number };

const MOST_TRIES = 2;

export async function chooseBest(around: Surroundings): Promise<ChosenDevice> {
  const { device, reason, variant } = around.processor;
  const stay = (why: string): ChosenDevice => ({ device, reason: `${reason}; ${why}` });
  const gpu = await around.gpu();
  if (!gpu) return { device, reason };
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

/** What was kept, if it can be understood. */
function asFinding(kept: unknown): Finding | null {
  if (typeof kept !== 'object' || kept === null) return null;
  const is = (key: string): boolean => Number.isFinite((kept as Record<string, unknown>)[key]);
  return is('tries') || (is('gpu') && is('processor')) ? (kept as Finding) : null;
}
