// The devices that tests run on: all that work here. A device that lacks something is skipped by
// name, with what to install.
import type { Backend, DeviceName, OpenBackend } from '../../src/engine/backends/backend.ts';
import { DEVICES } from '../../src/engine/backends/backend.ts';
import { availability, opener } from '../../src/engine/backends/index.ts';

export interface TestDevice {
  readonly name: DeviceName;
  readonly open: OpenBackend;
  /** Why it cannot run here, or null. */
  readonly missing: string | null;
}

/** A software GPU compiles shaders for seconds, so it has its own command, `npm run test:gpu`. */
const asked = process.env.DCGAN_TEST_DEVICES?.split(',');
const names = DEVICES.filter((name) => asked?.includes(name) ?? name !== 'webgpu');

export const TEST_DEVICES: readonly TestDevice[] = await Promise.all(
  names.map(async (name) => {
    const found = await availability(name);
    return { name, open: opener(name), missing: found.ok ? null : `${found.reason}. ${found.todo}` };
  }),
);

/** The title of a device's tests; it names what is missing where the device cannot run. */
export function title({ name, missing }: TestDevice): string {
  return missing ? `${name} (skipped: ${missing})` : name;
}

/** Opens a backend and closes it again, whatever happens. */
export async function withBackend<T>(
  device: TestDevice,
  stateFloats: number,
  threads: number,
  use: (backend: Backend) => Promise<T>,
): Promise<T> {
  const backend = await device.open({ stateFloats, threads });
  try {
    return await use(backend);
  } finally {
    await backend.dispose();
  }
}
