// Names what the operands of convolutions and matrix products can be rounded to.

export const PRECISIONS = ['float32', 'bf16'] as const;
/**
 * What the operands of convolutions and matrix products are rounded to, where a layer is large
 * enough for it (kernels/bf16.h). Their sums, everything between them, and all that is kept are
 * float32 in any case.
 */
export type Precision = (typeof PRECISIONS)[number];
