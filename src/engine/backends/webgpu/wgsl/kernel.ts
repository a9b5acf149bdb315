// One dispatch: its WGSL, and how many workgroups it takes.

export interface Kernel {
  /** For labels and errors. */
  readonly name: string;
  readonly code: string;
  readonly workgroups: readonly [x: number, y: number];
}

/** Most workgroups in one dimension that every WebGPU allows. */
const MOST = 65535;

/** `count` workgroups, in rows; kernels find their number by `WORKGROUP`. */
export function grid(count: number): readonly [number, number] {
  return count <= MOST ? [count, 1] : [MOST, Math.ceil(count / MOST)];
}

/** A workgroup's number, from its place in the grid. */
export const WORKGROUP = `place.y * ${MOST}u + place.x`;
