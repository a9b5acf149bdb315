// Names what the operands of convolutions and matrix products can be rounded to, and by which
// algorithms convolutions may be computed.

export const PRECISIONS = ['float32', 'bf16'] as const;
/**
 * What the operands of convolutions and matrix products are rounded to, where a layer is large
 * enough for it (kernels/bf16.h). Their sums, everything between them, and all that is kept are
 * float32 in any case.
 */
export type Precision = (typeof PRECISIONS)[number];

export const CONVOLUTIONS = ['fast', 'direct'] as const;
/**
 * How convolutions are computed. `fast` lets the CPU's kernels take Winograd's method where it is
 * faster (kernels/winograd.c). `direct` sums the products themselves, which loses fewer digits.
 */
export type Convolutions = (typeof CONVOLUTIONS)[number];

/** How a computation forms its convolutions and matrix products. */
export interface Products {
  readonly precision: Precision;
  readonly convolutions: Convolutions;
}
