// Opens a session on a device, the same way for all measures.
import { chooseDevice, opener } from '../engine/backends/index.ts';
import type { StateLayout } from '../engine/layout.ts';
import { Session } from '../engine/session.ts';

export interface MetricsMachine {
  readonly device?: string | undefined;
  readonly threads: number;
}

export async function openSession(layout: StateLayout, { device = 'auto', threads }: MetricsMachine): Promise<Session> {
  const { device: chosen } = await chooseDevice(device);
  return new Session(await opener(chosen)({ stateFloats: layout.floats, threads }), layout);
}
