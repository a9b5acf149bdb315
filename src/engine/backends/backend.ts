// A backend runs plans. It owns one arena (see plan.ts) that JavaScript may be unable to touch, so
// everything goes through five asynchronous calls. Calls take effect in the order in which they are
// made, awaited or not. A failed call poisons the backend: later calls reject with the same reason
// rather than compute on broken memory.
import { DcganError } from '../../platform/errors.ts';
import type { Address, Plan } from '../plan.ts';

export const DEVICES = ['native', 'wasm', 'wasm-relaxed', 'webgpu', 'reference'] as const;
/** The name of a device. */
export type DeviceName = (typeof DEVICES)[number];

/**
 * Identifies the backend and what decides its bits. Results repeat exactly where `device` and
 * `variant` are equal.
 */
export interface BackendInfo {
  /** The device's name. */
  readonly device: DeviceName;
  /** The kernel variant, compiler included: one short line without machine paths. */
  readonly variant: string;
  /** The number of threads that compute; 1 on a GPU. */
  readonly threads: number;
  /**
   * How many steps a training should have under way at once. A GPU takes 2, because it would
   * otherwise wait for the next submission.
   */
  readonly stepsAtOnce: number;
}

/** The device itself failed, whatever was asked of it. Another device may do the same work. */
export class DeviceFailure extends DcganError {}

/** A plan made ready by a backend. Only that backend can use it. */
export interface Executable {
  readonly plan: Plan;
}

export interface Backend {
  readonly info: BackendInfo;
  /**
   * Checks and prepares a plan. The arena's scratch grows to what the plan needs. The plan's state
   * must be the arena's: plan.stateFloats is equal.
   */
  compile(plan: Plan): Promise<Executable>;
  /** Copies 32-bit words into the arena. The caller may reuse `data` at once. */
  write(address: Address, data: Float32Array | Uint32Array): Promise<void>;
  /** Returns a fresh copy of `length` floats of the arena. */
  read(address: Address, length: number): Promise<Float32Array>;
  /** Runs the whole plan. The event loop stays free meanwhile, except on the reference backend. */
  run(executable: Executable): Promise<void>;
  /** Frees memory and threads after all earlier calls have finished. */
  dispose(): Promise<void>;
}

/** Says what a person can do when bf16 cannot run. */
export const WITHOUT_BF16 =
  'Start a training in float32 (leave precision out), or use device native on a processor with AVX512-BF16 (AMD from Zen 4, Intel Xeon from Sapphire Rapids)';

/** Refuses a plan in bf16 on a device that has no kernels for it. */
export function refuseBf16({ precision }: Plan, device: DeviceName): void {
  if (precision === 'float32') return;
  throw new DcganError({
    what: `precision ${precision} cannot run on ${device}, which computes in float32 alone`,
    todo: WITHOUT_BF16,
  });
}

/** @throws DcganError for a plan that was compiled for a state of another size */
export function refuseOtherState({ name, stateFloats }: Plan, device: DeviceName, floats: number): void {
  if (stateFloats === floats) return;
  throw new DcganError({
    what: `${device}: plan "${name}" was made for another state`,
    expected: `${floats} floats`,
    got: `${stateFloats}`,
  });
}

/**
 * Opens a backend with a zeroed state of `stateFloats` floats. `variant` is one to take again where
 * this machine has it, because only then the bits of a run go on; other backends have one variant.
 */
export type OpenBackend = (options: {
  readonly stateFloats: number;
  readonly threads: number;
  readonly variant?: string | undefined;
}) => Promise<Backend>;

/** Whether a device can run here. `note` is what a person should know although it can. */
export type Availability =
  | { readonly ok: true; readonly variant: string; readonly note?: string }
  | { readonly ok: false; readonly reason: string; readonly todo: string };

/** A row of the table of devices (devices.ts, devices-page.ts). */
export interface Device {
  readonly open: OpenBackend;
  readonly available: () => Promise<Availability>;
}
