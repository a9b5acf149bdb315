// An adapter and its device. The device gets the adapter's limits, because the default limits are
// too small for a training.
/// <reference types="@webgpu/types" />

import { DeviceFailure } from '../backend.ts';
import { ADVICE } from './advice.ts';
import { Pipelines } from './pipelines.ts';

export interface OpenedGpu {
  readonly device: GPUDevice;
  /** Vendor, architecture and name, in one line. */
  readonly variant: string;
  readonly pipelines: Pipelines;
  /**
   * Whether tiles are chosen by measuring. A software adapter would take minutes, and its times
   * mean nothing.
   */
  readonly tunes: boolean;
}

/** The description of an adapter. */
export interface GpuDescription {
  readonly name: string;
  /** False for a software adapter, which is for tests. */
  readonly hardware: boolean;
}

/** Returns the adapter that WebGPU prefers for speed, or null. */
export async function findAdapter(gpu: GPU): Promise<GPUAdapter | null> {
  return gpu.requestAdapter({ powerPreference: 'high-performance' });
}

export function describeAdapter({ info }: GPUAdapter): GpuDescription {
  return { name: nameOf(info), hardware: isHardware(info) };
}

let opened: Promise<OpenedGpu> | null = null;

/**
 * Returns the device that all backends of this process share, because drivers keep threads and
 * compiled shaders for each device. A lost device is replaced.
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

/**
 * Returns whether the adapter is hardware. Software renderers say what they are, or are known by
 * name.
 */
function isHardware(info: GPUAdapterInfo): boolean {
  if (info.isFallbackAdapter) return false;
  return !/swiftshader|llvmpipe|lavapipe|basic render|warp/i.test(nameOf(info));
}
