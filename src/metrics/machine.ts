// What the measures compute on: a session of a device, opened the same way for all of them.
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
