// One dispatch: its WGSL, and its number of workgroups.

export interface Kernel {
  /** The name in labels and errors. */
  readonly name: string;
  readonly code: string;
  readonly workgroups: readonly [x: number, y: number];
}

/** The most workgroups in one dimension that every WebGPU allows. */
const MOST = 65535;

/** Arranges `count` workgroups in rows. Kernels find their number by `WORKGROUP`. */
export function grid(count: number): readonly [number, number] {
  return count <= MOST ? [count, 1] : [MOST, Math.ceil(count / MOST)];
}

/** The expression of a workgroup's number, from its place in the grid. */
export const WORKGROUP = `place.y * ${MOST}u + place.x`;
