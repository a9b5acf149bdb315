// How the device is chosen from those that devices.ts lists, and what is said where it cannot run.
import { DcganError, usage } from '../../platform/errors.ts';
import { didYouMean } from '../../platform/suggest.ts';
import { DEVICES, type DeviceName, type OpenBackend } from './backend.ts';
import { type Availability, PREFERENCE, TABLE } from './devices.ts';

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
    const todo = didYouMean(wanted, known);
    throw usage({
      what: `unknown device ${JSON.stringify(wanted)}`,
      expected: known.join(', '),
      ...(todo && { todo }),
    });
  }
  const found = await availability(device);
  if (found.ok) return { device, reason: withNote('as asked', found.note) };
  throw new DcganError({ what: `device ${device} cannot run here: ${found.reason}`, todo: found.todo });
}

async function chooseBest(): Promise<ChosenDevice> {
  const refused: string[] = [];
  for (const device of PREFERENCE) {
    const found = await availability(device);
    if (found.ok)
      return { device, reason: withNote(refused.length === 0 ? 'the fastest here' : refused.join('; '), found.note) };
    refused.push(`${device} cannot run here (${found.reason}; ${found.todo})`);
  }
  throw new DcganError({
    what: 'no device can run here',
    got: refused.join('; '),
    todo: 'Install a C compiler, or use a Node that allows WebAssembly',
  });
}

function withNote(reason: string, note: string | undefined): string {
  return note === undefined ? reason : `${reason}; ${note}`;
}
