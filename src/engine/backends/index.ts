// Which devices there are, whether they can run here, and how the best is chosen: native where a C compiler is found,
// else wasm. The reference is for tests and is only ever taken by name.
import { DcganError, usage } from '../../platform/errors.ts';
import { nearest } from '../../platform/suggest.ts';
import { DEVICES, type DeviceName, type OpenBackend } from './backend.ts';
import { nativeAvailability, openNative } from './native.ts';
import { openReference } from './reference.ts';
import { openWasm, wasmAvailability } from './wasm.ts';

export type Availability =
  | { readonly ok: true; readonly variant: string }
  | { readonly ok: false; readonly reason: string; readonly todo: string };

interface Device {
  readonly open: OpenBackend;
  readonly available: () => Promise<Availability>;
}

const TABLE: Readonly<Record<DeviceName, Device>> = {
  native: { open: openNative, available: nativeAvailability },
  wasm: { open: openWasm, available: wasmAvailability },
  reference: { open: openReference, available: async () => ({ ok: true, variant: 'plain TypeScript' }) },
};

/** Devices `auto` tries, best first. */
const PREFERENCE: readonly DeviceName[] = ['native', 'wasm'];

export interface ChosenDevice {
  readonly device: DeviceName;
  /** Why this one: one clause. */
  readonly reason: string;
}

export function opener(device: DeviceName): OpenBackend {
  return TABLE[device].open;
}

/** Whether a device can run here, or why not and what to do. */
export function availability(device: DeviceName): Promise<Availability> {
  return TABLE[device].available();
}

/** The device meant by an option's text: `auto` takes the best that runs here; any other must run or says what is missing. */
export async function chooseDevice(wanted: string): Promise<ChosenDevice> {
  if (wanted === 'auto') return chooseBest();
  const device = DEVICES.find((name) => name === wanted);
  if (!device) {
    const known = ['auto', ...DEVICES];
    const close = nearest(wanted, known);
    throw usage({
      what: `unknown device ${JSON.stringify(wanted)}`,
      expected: known.join(', '),
      ...(close && { todo: `Did you mean ${close}` }),
    });
  }
  const found = await availability(device);
  if (found.ok) return { device, reason: 'as asked' };
  throw new DcganError({ what: `device ${device} cannot run here: ${found.reason}`, todo: found.todo });
}

async function chooseBest(): Promise<ChosenDevice> {
  const refused: string[] = [];
  for (const device of PREFERENCE) {
    const found = await availability(device);
    if (found.ok) return { device, reason: refused.length === 0 ? 'the fastest here' : refused.join('; ') };
    refused.push(`${device} cannot run here (${found.reason}; ${found.todo})`);
  }
  throw new DcganError({
    what: 'no device can run here',
    got: refused.join('; '),
    todo: 'Install a C compiler, or use a Node that allows WebAssembly',
  });
}
