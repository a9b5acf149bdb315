// The geometry of a convolution, which ops, instructions and the planner share.

/**
 * Geometry of one convolution with explicit leading padding. All three convolution kernels share
 * it. With x [N,H,W,C],
 * w [KH,KW,C,OC], y [N,OH,OW,OC]:
 * y[n,oy,ox] = sum over ky,kx of x[n, oy*stride+ky-padTop, ox*stride+kx-padLeft] . w[ky,kx],
 * where pixels outside x count as nothing. In a matrix product H, W, KH, KW, OH and OW are 1.
 */
export interface Geometry {
  readonly N: number;
  readonly H: number;
  readonly W: number;
  readonly C: number;
  readonly KH: number;
  readonly KW: number;
  readonly OC: number;
  readonly OH: number;
  readonly OW: number;
  readonly stride: number;
  readonly padTop: number;
  readonly padLeft: number;
  /** True when no fast algorithm may compute it (`Convolutions`). */
  readonly direct?: boolean;
}

/** The floats of a convolution's three tensors. */
export function sizesOf(g: Geometry): { readonly x: number; readonly w: number; readonly y: number } {
  return { x: g.N * g.H * g.W * g.C, w: g.KH * g.KW * g.C * g.OC, y: g.N * g.OH * g.OW * g.OC };
}
