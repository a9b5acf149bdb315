// Examines an adapter for `doctor`: everything that matters here, including its speed.
/// <reference types="@webgpu/types" />
import { describeAdapter, findAdapter, openGpu } from './adapter.ts';
import { peakBandwidth, peakGflops } from './peak.ts';

export interface GpuReport {
  readonly adapter: string;
  readonly driver: string;
  readonly hardware: boolean;
  /** The limits that decide what can be trained, and how: bytes and counts, by WebGPU's names. */
  readonly limits: Readonly<Record<(typeof LIMITS)[number], number>>;
  /** The features that matter, and whether the adapter offers them. */
  readonly features: Readonly<Record<(typeof FEATURES)[number], boolean>>;
  readonly subgroups: { readonly least: number; readonly most: number } | null;
  readonly gflopsPerSecond: number;
  readonly gigabytesPerSecond: number;
}

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupsPerDimension',
] as const;
const FEATURES = ['subgroups', 'shader-f16', 'timestamp-query'] as const satisfies readonly GPUFeatureName[];

const pick = <K extends string, V>(names: readonly K[], value: (name: K) => V): Record<K, V> =>
  Object.fromEntries(names.map((name) => [name, value(name)])) as Record<K, V>;

export async function examineGpu(gpu: GPU): Promise<GpuReport | null> {
  const adapter = await findAdapter(gpu);
  if (!adapter) return null;
  const { info, limits, features } = adapter;
  const { device } = await openGpu(gpu);
  return {
    adapter: [info.vendor, info.architecture, info.device].filter((part) => part !== '').join(' ') || 'unnamed',
    driver: info.description || 'unnamed',
    hardware: describeAdapter(adapter).hardware,
    limits: pick(LIMITS, (name) => limits[name]),
    features: pick(FEATURES, (name) => features.has(name)),
    subgroups: features.has('subgroups') ? { least: info.subgroupMinSize!, most: info.subgroupMaxSize! } : null,
    gflopsPerSecond: await peakGflops(device),
    gigabytesPerSecond: await peakBandwidth(device),
  };
}
