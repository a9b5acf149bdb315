// WebGPU in Node: Dawn, from the npm package `webgpu`. It has 132 MB, for all systems together, so
// only those who have a GPU install it. Its GPU object is kept for ever, because collecting it
// would end the process.
/// <reference types="@webgpu/types" />
import { existsSync, readdirSync } from 'node:fs';
import type { Availability, OpenBackend } from '../backend.ts';
import { describeAdapter, findAdapter, type GpuDescription, openGpu } from './adapter.ts';
import { WebGpuBackend } from './backend.ts';

/** The versions that the package dcgan allows (its peer dependency). */
const INSTALL = 'npm install webgpu@0.6';

let dawn: Promise<GPU | null> | null = null;

/** Returns Dawn's entry; null when the package is not installed or does not load here. */
export function nodeGpu(): Promise<GPU | null> {
  dawn ??= import('webgpu').then(
    ({ create }) => create([]) as GPU,
    () => null,
  );
  return dawn;
}

export const openWebGpu: OpenBackend = async ({ stateFloats }) => {
  const gpu = await nodeGpu();
  if (!gpu) throw new Error('webgpu was opened where it is not available');
  return WebGpuBackend.open(await openGpu(gpu), stateFloats);
};

export async function webGpuAvailability(): Promise<Availability> {
  if (!mayHaveDriver()) return { ok: false, reason: 'there is no Vulkan driver', todo: driverHint() };
  const gpu = await nodeGpu();
  if (!gpu)
    return {
      ok: false,
      reason: 'the npm package webgpu is not installed',
      todo: `Install it beside dcgan: ${INSTALL}`,
    };
  const adapter = await findAdapter(gpu);
  if (!adapter) return { ok: false, reason: 'no GPU adapter was found', todo: driverHint() };
  const { name, hardware } = describeAdapter(adapter);
  return { ok: true, variant: name, ...(!hardware && { note: 'a software adapter, far slower than native' }) };
}

/**
 * Returns the GPU as `auto` needs it. When nothing indicates a card, Dawn is not even loaded. Text
 * says what keeps a GPU that there may be from being looked at.
 */
export async function likelyGpu(): Promise<GpuDescription | string | null> {
  if (!mayHaveCard() || !mayHaveDriver()) return null;
  const gpu = await nodeGpu();
  if (!gpu) return `a GPU needs the npm package webgpu: ${INSTALL}`;
  const adapter = await findAdapter(gpu).catch(() => null);
  return adapter && describeAdapter(adapter);
}

/**
 * Returns whether Linux shows a graphics card: one of the kernel's rendering nodes, NVIDIA's own,
 * or that of WSL.
 */
function mayHaveCard(): boolean {
  if (process.platform !== 'linux') return true;
  const rendering = existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('render'));
  return rendering || ['/dev/nvidiactl', '/dev/dxg'].some((path) => existsSync(path));
}

/**
 * The folders in which drivers register with Vulkan's loader (its documentation, "Driver discovery
 * on Linux").
 */
const DRIVERS = ['/etc/vulkan/icd.d', '/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];

/**
 * Returns whether to load Dawn at all. On Linux it writes to standard error when there is no
 * driver.
 */
function mayHaveDriver(): boolean {
  const { VK_ICD_FILENAMES, VK_DRIVER_FILES } = process.env;
  if (process.platform !== 'linux' || VK_ICD_FILENAMES || VK_DRIVER_FILES) return true;
  return DRIVERS.some((folder) => existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.json')));
}

function driverHint(): string {
  if (process.platform !== 'linux') return "Install the GPU's driver";
  return "Install the GPU's driver and Vulkan's loader: apt-get install libvulkan1 mesa-vulkan-drivers; for tests without a GPU: apt-get install libvulkan1 chromium, and VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json";
}
