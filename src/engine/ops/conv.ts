// Convolutions of NHWC images with padding SAME. Three ops share one geometry and are each other's
// gradients. The reason is that a convolution is one trilinear form, the sum over (n, output pixel,
// tap, channels) of x * w * y, and each op leaves one of the three factors out:
//   conv2d      x, w -> y       gradients: x by convInput(dy, w), w by convFilter(x, dy)
//   convInput   y, w -> x       gradients: y by conv2d(dx, w),    w by convFilter(dx, y)
//   convFilter  x, y -> w       gradients: x by convInput(y, dw), y by conv2d(x, dw)
// A transposed convolution is convInput with its kernel [height, width, out, in] read as conv2d's
// [height, width, in, out]. SAME is Keras': OH = ceil(H / stride), and the smaller half of the
// padding comes first.
import type { Geometry } from '../geometry.ts';
import { type Flop, make, type Op, type Shape, shapeError, type Tensor, type Values } from '../graph.ts';

type Conv2dAttributes = { readonly stride: number };
type ConvInputAttributes = { readonly stride: number; readonly height: number; readonly width: number };
type ConvFilterAttributes = { readonly stride: number; readonly kernelHeight: number; readonly kernelWidth: number };

/** The geometry of x [N,H,W,C] with w [KH,KW,C,OC] at a stride. */
function geometry([N, H, W, C]: Shape, [KH, KW, , OC]: Shape, stride: number): Geometry {
  const along = (length: number, kernel: number): [out: number, before: number] => {
    const out = Math.ceil(length / stride);
    return [out, Math.floor(Math.max((out - 1) * stride + kernel - length, 0) / 2)];
  };
  const [OH, padTop] = along(H!, KH!);
  const [OW, padLeft] = along(W!, KW!);
  return { N: N!, H: H!, W: W!, C: C!, KH: KH!, KW: KW!, OC: OC!, OH, OW, stride, padTop, padLeft };
}

/** The geometry behind any of the three ops. */
export function geometryOf(node: Tensor): Geometry {
  const { stride } = node.attributes as Conv2dAttributes;
  const [a, b] = node.inputs.map((input) => input.shape);
  if (node.op.name === 'conv2d') return geometry(a!, b!, stride);
  if (node.op.name === 'convInput') return geometry(node.shape, b!, stride);
  return geometry(a!, node.shape, stride);
}

/** Taps of one axis that fall inside, summed over all output positions. */
function validTaps(length: number, kernel: number, out: number, stride: number, before: number): number {
  let taps = 0;
  for (let o = 0; o < out; o++)
    for (let k = 0; k < kernel; k++) {
      const at = o * stride + k - before;
      if (at >= 0 && at < length) taps++;
    }
  return taps;
}

/** What a convolution costs, the same for each of the three. */
export function convFlop(g: Geometry): Flop {
  const perTap = 2 * g.N * g.C * g.OC;
  return {
    nominal: perTap * g.OH * g.OW * g.KH * g.KW,
    needed: perTap * validTaps(g.H, g.KH, g.OH, g.stride, g.padTop) * validTaps(g.W, g.KW, g.OW, g.stride, g.padLeft),
  };
}

/**
 * Calls `visit` for every (image, output pixel, tap) inside the image with the starts of the
 * channel vectors of x, w, y.
 */
function forEachTap(g: Geometry, visit: (x: number, w: number, y: number) => void): void {
  for (let n = 0; n < g.N; n++)
    for (let oy = 0; oy < g.OH; oy++)
      for (let ox = 0; ox < g.OW; ox++)
        for (let ky = 0; ky < g.KH; ky++) {
          const iy = oy * g.stride + ky - g.padTop;
          if (iy < 0 || iy >= g.H) continue;
          for (let kx = 0; kx < g.KW; kx++) {
            const ix = ox * g.stride + kx - g.padLeft;
            if (ix < 0 || ix >= g.W) continue;
            visit(
              ((n * g.H + iy) * g.W + ix) * g.C,
              (ky * g.KW + kx) * g.C * g.OC,
              ((n * g.OH + oy) * g.OW + ox) * g.OC,
            );
          }
        }
}

/** y = conv(x, w), summed in double precision. */
export function conv2dReference(g: Geometry, x: Values, w: Values, y: Values): void {
  const total = new Float64Array(y.length);
  forEachTap(g, (xi, wi, yi) => {
    for (let c = 0; c < g.C; c++) {
      const value = x[xi + c]!;
      for (let o = 0; o < g.OC; o++) total[yi + o]! += value * w[wi + c * g.OC + o]!;
    }
  });
  y.set(total);
}

/** x = gradient of the input, summed in double precision. */
export function convInputReference(g: Geometry, y: Values, w: Values, x: Values): void {
  const total = new Float64Array(x.length);
  forEachTap(g, (xi, wi, yi) => {
    for (let c = 0; c < g.C; c++) {
      let value = 0;
      for (let o = 0; o < g.OC; o++) value += y[yi + o]! * w[wi + c * g.OC + o]!;
      total[xi + c]! += value;
    }
  });
  x.set(total);
}

/** w = gradient of the filter, summed in double precision. */
export function convFilterReference(g: Geometry, x: Values, y: Values, w: Values): void {
  const total = new Float64Array(w.length);
  forEachTap(g, (xi, wi, yi) => {
    for (let c = 0; c < g.C; c++) {
      const value = x[xi + c]!;
      for (let o = 0; o < g.OC; o++) total[wi + c * g.OC + o]! += value * y[yi + o]!;
    }
  });
  w.set(total);
}

function checkRank(op: string, argument: string, shape: Shape, names: string): void {
  if (shape.length !== 4) throw shapeError(op, argument, `four dimensions [${names}]`, shape, 'Reshape it first');
}

export const conv2dOp: Op<Conv2dAttributes> = {
  name: 'conv2d',
  role: 'kernel',
  linearPerSample: true,
  shape([x, w], { stride }) {
    checkRank('conv2d', 'x', x!, 'N, H, W, C');
    checkRank('conv2d', 'w', w!, 'height, width, in, out');
    if (x![3] !== w![2])
      throw shapeError('conv2d', 'w', `${x![3]} input channels, as x has`, w!, 'Give w as [height, width, in, out]');
    const g = geometry(x!, w!, stride);
    return [g.N, g.OH, g.OW, g.OC];
  },
  gradient: ({ inputs: [x, w], attributes: { stride } }, dy) => [
    convInput(dy, w!, { stride, height: x!.shape[1]!, width: x!.shape[2]! }),
    convFilter(x!, dy, { stride, kernelHeight: w!.shape[0]!, kernelWidth: w!.shape[1]! }),
  ],
  reference: ([x, w], node, out) => conv2dReference(geometryOf(node as Tensor), x!, w!, out),
  flop: (node) => convFlop(geometryOf(node as Tensor)),
};

export const convInputOp: Op<ConvInputAttributes> = {
  name: 'convInput',
  role: 'kernel',
  linearPerSample: true,
  shape([y, w], { stride, height, width }) {
    checkRank('convInput', 'y', y!, 'N, OH, OW, OC');
    checkRank('convInput', 'w', w!, 'height, width, in, out');
    const g = geometry([y![0]!, height, width, w![2]!], w!, stride);
    if (y![1] !== g.OH || y![2] !== g.OW || y![3] !== g.OC)
      throw shapeError('convInput', 'y', `[${g.N}, ${g.OH}, ${g.OW}, ${g.OC}]`, y!, 'Check stride and image size');
    return [g.N, height, width, g.C];
  },
  gradient: ({ inputs: [y, w], attributes: { stride } }, dx) => [
    conv2d(dx, w!, stride),
    convFilter(dx, y!, { stride, kernelHeight: w!.shape[0]!, kernelWidth: w!.shape[1]! }),
  ],
  reference: ([y, w], node, out) => convInputReference(geometryOf(node as Tensor), y!, w!, out),
  flop: (node) => convFlop(geometryOf(node as Tensor)),
};

export const convFilterOp: Op<ConvFilterAttributes> = {
  name: 'convFilter',
  role: 'kernel',
  shape([x, y], { stride, kernelHeight, kernelWidth }) {
    checkRank('convFilter', 'x', x!, 'N, H, W, C');
    checkRank('convFilter', 'y', y!, 'N, OH, OW, OC');
    const w = [kernelHeight, kernelWidth, x![3]!, y![3]!];
    const g = geometry(x!, w, stride);
    if (y![0] !== g.N || y![1] !== g.OH || y![2] !== g.OW)
      throw shapeError('convFilter', 'y', `[${g.N}, ${g.OH}, ${g.OW}, ...]`, y!, 'Check stride and image size');
    return w;
  },
  gradient: ({ inputs: [x, y], attributes: { stride } }, dw) => [
    convInput(y!, dw, { stride, height: x!.shape[1]!, width: x!.shape[2]! }),
    conv2d(x!, dw, stride),
  ],
  reference: ([x, y], node, out) => convFilterReference(geometryOf(node as Tensor), x!, y!, out),
  flop: (node) => convFlop(geometryOf(node as Tensor)),
};

/** Convolution: x [N,H,W,C], w [KH,KW,C,OC] -> [N,ceil(H/stride),ceil(W/stride),OC]. */
export function conv2d(x: Tensor, w: Tensor, stride: number): Tensor {
  return make(conv2dOp, [x, w], { stride });
}

/** Gradient of conv2d's input: y [N,OH,OW,OC], w [KH,KW,C,OC] -> [N,height,width,C]. */
export function convInput(y: Tensor, w: Tensor, attributes: ConvInputAttributes): Tensor {
  return make(convInputOp, [y, w], attributes);
}

/** Gradient of conv2d's filter: x [N,H,W,C], y [N,OH,OW,OC] -> [KH,KW,C,OC]. */
export function convFilter(x: Tensor, y: Tensor, attributes: ConvFilterAttributes): Tensor {
  return make(convFilterOp, [x, y], attributes);
}

/** Keras' Conv2DTranspose, SAME: x [N,H,W,in], w [KH,KW,out,in] -> [N,H*stride,W*stride,out]. */
export function convTranspose2d(x: Tensor, w: Tensor, stride: number): Tensor {
  return convInput(x, w, { stride, height: x.shape[1]! * stride, width: x.shape[2]! * stride });
}
