// WebGPU in a page or its Workers, which is the browser's own.
/// <reference types="@webgpu/types" />
import type { Availability, OpenBackend } from '../backend.ts';
import { describeAdapter, findAdapter, type GpuDescription, openGpu } from './adapter.ts';
import { WebGpuBackend } from './backend.ts';

const pageGpu = (): GPU | undefined => (globalThis as { readonly navigator?: Navigator }).navigator?.gpu;

export const openPageGpu: OpenBackend = async ({ stateFloats }) =>
  WebGpuBackend.open(await openGpu(pageGpu()!), stateFloats);

export async function pageGpuAvailability(): Promise<Availability> {
  const gpu = pageGpu();
  if (!gpu) return { ok: false, reason: 'this browser has no WebGPU', todo: 'Use wasm, or a browser that has it' };
  const adapter = await findAdapter(gpu);
  if (!adapter) return { ok: false, reason: 'this browser found no GPU adapter', todo: 'Use wasm' };
  const { name, hardware } = describeAdapter(adapter);
  return { ok: true, variant: name, ...(!hardware && { note: 'a software adapter, slower than wasm' }) };
}

/** Returns the GPU as `auto` needs it. */
export async function likelyGpu(): Promise<GpuDescription | null> {
  const gpu = pageGpu();
  const adapter = gpu ? await findAdapter(gpu).catch(() => null) : null;
  return adapter && describeAdapter(adapter);
}
