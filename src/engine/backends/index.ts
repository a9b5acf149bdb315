// Chooses one of the devices that devices.ts lists, and says why when one cannot run.
import { DcganError, usage } from '../../platform/errors.ts';
import { finding, keepFinding } from '../../platform/findings.ts';
import { didYouMean } from '../../platform/suggest.ts';
import type { Plan } from '../plan.ts';
import { type ChosenDevice, chooseBest } from './auto.ts';
import { type Availability, DEVICES, type DeviceName, type OpenBackend } from './backend.ts';
import { likelyGpu, PREFERENCE, TABLE } from './devices.ts';
import { secondsOfRun } from './trial.ts';
import { planKernels } from './webgpu/wgsl/kernels.ts';

/** `auto`, or `cpu` for the best device of the processor. */
export const CHOICES = ['auto', 'cpu', ...DEVICES] as const;

/** The work to run, so that `auto` can measure whether a GPU is faster at it. */
export interface Work {
  readonly threads: number;
  plan(): Plan;
}

export function opener(device: DeviceName): OpenBackend {
  return TABLE[device].open;
}

/** Says whether a device can run here, or why not and what to do. */
export function availability(device: DeviceName): Promise<Availability> {
  return TABLE[device].available();
}

/**
 * Returns the device that an option's text means. `auto` takes the best that runs here, and a GPU
 * only when it is measured to be faster at `work`. `cpu` takes the best of the processor. Any other
 * name must be able to run.
 * @throws DcganError that says what is missing
 */
export async function chooseDevice(wanted: string, work?: Work): Promise<ChosenDevice> {
  if (wanted === 'cpu' || (wanted === 'auto' && !work)) return bestProcessor();
  if (wanted === 'auto') return chooseAuto(work!);
  const device = DEVICES.find((name) => name === wanted);
  if (!device) {
    const todo = didYouMean(wanted, CHOICES);
    throw usage({
      what: `unknown device ${JSON.stringify(wanted)}`,
      expected: CHOICES.join(', '),
      ...(todo && { todo }),
    });
  }
  const found = await availability(device);
  if (found.ok) return { device, reason: withNote('as asked', found.note) };
  throw new DcganError({ what: `device ${device} cannot run here: ${found.reason}`, todo: found.todo });
}

async function chooseAuto({ threads, plan }: Work): Promise<ChosenDevice> {
  let made: Plan | undefined;
  const step = (): Plan => {
    made ??= plan();
    return made;
  };
  return chooseBest({
    processor: await bestProcessor(),
    gpu: likelyGpu,
    work: () => [threads, ...planKernels(step()).map(({ code }) => code)].join('\n'),
    measure: (device) => secondsOfRun(opener(device), step(), threads),
    finding,
    keepFinding,
  });
}

async function bestProcessor(): Promise<ChosenDevice & { readonly variant: string }> {
  const refused: string[] = [];
  for (const device of PREFERENCE) {
    const found = await availability(device);
    if (found.ok) {
      const reason = refused.length === 0 ? 'the fastest here' : refused.join('; ');
      return { device, variant: found.variant, reason: withNote(reason, found.note) };
    }
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
