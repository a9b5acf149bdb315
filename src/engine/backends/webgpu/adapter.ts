// An adapter and a device of it, with the limits the adapter has rather than the defaults, which
// fit no training. / <reference types="@webgpu/types" />

import { DeviceFailure } from '../backend.ts';
import { ADVICE } from './advice.ts';
import { Pipelines } from './pipelines.ts';

export interface OpenedGpu {
  readonly device: GPUDevice;
  /** Vendor, architecture, name: one line. */
  readonly variant: string;
  readonly pipelines: Pipelines;
  /**
   * Whether tiles are chosen by measuring: a software adapter would take minutes to tell nothing.
   */
  readonly tunes: boolean;
}

/** What there is to say of an adapter. */
export interface GpuDescription {
  readonly name: string;
  /** False for a software adapter, which is for tests. */
  readonly hardware: boolean;
}

/** The adapter WebGPU prefers for work, or null. */
export async function findAdapter(gpu: GPU): Promise<GPUAdapter | null> {
  return gpu.requestAdapter({ powerPreference: 'high-performance' });
}

export function describeAdapter({ info }: GPUAdapter): GpuDescription {
  return { name: nameOf(info), hardware: isHardware(info) };
}

let opened: Promise<OpenedGpu> | null = null;

/**
 * The device that all backends of this process share: drivers keep threads for each, and compiled
 * shaders. A lost one is replaced.
 */
export function openGpu(gpu: GPU): Promise<OpenedGpu> {
  const forget = (): void => {
    opened = null;
  };
  opened ??= openDevice(gpu);
  void opened.then(({ device }) => device.lost).then(forget, forget);
  return opened;
}

async function openDevice(gpu: GPU): Promise<OpenedGpu> {
  const adapter = await findAdapter(gpu);
  if (!adapter) throw new DeviceFailure({ what: 'webgpu: there is no adapter', todo: ADVICE.missing });
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const device = await adapter.requestDevice({ requiredLimits: { maxBufferSize, maxStorageBufferBindingSize } });
  const { info } = adapter;
  return { device, variant: nameOf(info), pipelines: new Pipelines(device), tunes: isHardware(info) };
}

function nameOf({ vendor, architecture, device, description }: GPUAdapterInfo): string {
  return (
    [...new Set([vendor, architecture, device, description].filter((part) => part !== ''))].join(' ') || 'unnamed GPU'
  );
}

/** Software renderers say so, or are known by name. */
function isHardware(info: GPUAdapterInfo): boolean {
  if (info.isFallbackAdapter) return false;
  return !/swiftshader|llvmpipe|lavapipe|basic render|warp/i.test(nameOf(info));
}
