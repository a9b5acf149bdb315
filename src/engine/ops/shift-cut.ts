// Moves each image and blanks a square of it, by uniform values of its own. This is the geometric
// part of augmentation as DiffAugment has it (Zhao et al., "Differentiable augmentation for
// data-efficient GAN training", 2020). It is linear in the images, and its gradient is itself read
// backwards.
import { make, NO_FLOP, type Op, shapeError, size, type Tensor, type Values } from '../graph.ts';

type ShiftCutAttributes = { readonly reach: number; readonly hole: number; readonly adjoint: boolean };

/** Images [N, H, W, C], and how far they move. */
export interface MovedImages {
  readonly N: number;
  readonly H: number;
  readonly W: number;
  readonly C: number;
  /** The farthest move in pixels. */
  readonly reach: number;
  /** Side of the blanked square. */
  readonly hole: number;
  readonly adjoint: boolean;
}

/** Images moved and cut: what a ShiftCut instruction does. */
export function shiftCutReference(
  { N, H, W, C, reach, hole, adjoint }: MovedImages,
  x: Values,
  u: Values,
  y: Values,
): void {
  // The product is taken in single precision, as every backend does, so that the last bit does not
  // choose the pixel.
  const pick = (at: number, count: number): number => Math.min(count - 1, Math.floor(Math.fround(u[at]! * count)));
  for (let n = 0; n < N; n++) {
    const down = pick(4 * n, 2 * reach + 1) - reach;
    const right = pick(4 * n + 1, 2 * reach + 1) - reach;
    const top = pick(4 * n + 2, H + 1 - (hole % 2)) - Math.floor(hole / 2);
    const left = pick(4 * n + 3, W + 1 - (hole % 2)) - Math.floor(hole / 2);
    const sign = adjoint ? -1 : 1;
    for (let h = 0; h < H; h++)
      for (let w = 0; w < W; w++) {
        const [fromH, fromW] = [h - sign * down, w - sign * right];
        const [atH, atW] = adjoint ? [fromH, fromW] : [h, w];
        const cut = atH >= top && atH < top + hole && atW >= left && atW < left + hole;
        const inside = fromH >= 0 && fromH < H && fromW >= 0 && fromW < W && !cut;
        const to = ((n * H + h) * W + w) * C;
        const from = ((n * H + fromH) * W + fromW) * C;
        for (let c = 0; c < C; c++) y[to + c] = inside ? x[from + c]! : 0;
      }
  }
}

export const shiftCutOp: Op<ShiftCutAttributes> = {
  name: 'shiftCut',
  role: 'kernel',
  linearPerSample: true,
  shape([x, u]) {
    if (x!.length !== 4) throw shapeError('shiftCut', 'x', 'four dimensions [N, H, W, C]', x!, 'Reshape it first');
    if (size(u!) !== 4 * x![0]!)
      throw shapeError('shiftCut', 'u', `four values an image, [${x![0]}, 4]`, u!, 'Draw as many');
    return x!;
  },
  gradient: ({ inputs: [, u], attributes }, dy) => [
    make(shiftCutOp, [dy, u!], { ...attributes, adjoint: !attributes.adjoint }),
    null,
  ],
  reference([x, u], { shape: [N, H, W, C], attributes }, out) {
    shiftCutReference({ N: N!, H: H!, W: W!, C: C!, ...attributes }, x!, u!, out);
  },
  flop: () => NO_FLOP,
};

/**
 * y[n, h, w] = x[n, h - down, w - right], and 0 from outside the image and inside the square.
 * x is [N, H, W, C], and u is [N, 4] in [0, 1). Each image takes from u how far it moves down and
 * right, from -reach to reach, and the middle of its square of side `hole` (0: none).
 */
export function shiftCut(x: Tensor, u: Tensor, { reach, hole }: Omit<ShiftCutAttributes, 'adjoint'>): Tensor {
  return make(shiftCutOp, [x, u], { reach, hole, adjoint: false });
}
