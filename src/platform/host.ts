// Facts about the machine that decide a run's speed and, with the device, its bits. Nothing here
// names a person, a host or a folder.
import { arch, cpus, release, totalmem, type } from 'node:os';
import { z } from 'zod';
import { usableCores } from './cores.ts';

const text = z.string().max(200);

export const hostSchema = z.strictObject({
  /** The processor's model, such as `AMD EPYC 7763 64-Core Processor`. */
  processor: text,
  /** The cores that this process may use. */
  cores: z.int().positive(),
  /** Bytes of memory that the machine has. */
  memory: z.number().nonnegative(),
  /** The operating system, its release and the architecture, such as `Linux 6.1.0 x64`. */
  os: text,
  /** The version of Node.js, such as `v22.12.0`. */
  node: text,
});

export type HostFacts = Readonly<z.infer<typeof hostSchema>>;

/** Returns the processor's model, or its architecture where the system does not tell the model. */
export function processorName(): string {
  return cpus()[0]?.model.trim() || process.arch;
}

/** Returns the facts about the machine that this process runs on. */
export function hostFacts(): HostFacts {
  return {
    processor: processorName().slice(0, 200),
    cores: usableCores(),
    memory: totalmem(),
    os: `${type()} ${release()} ${arch()}`.slice(0, 200),
    node: process.version,
  };
}
