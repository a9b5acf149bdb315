// What the three kinds of convolutions share.
import { type Geometry, sizesOf } from '../geometry.ts';
import { showShape } from '../graph.ts';
import type { Address } from '../program.ts';
import type { Memory, Region } from './record.ts';

/** A convolution's three tensors: two are read, the third is made. */
export interface Convolution extends Geometry {
  readonly x: Address;
  readonly w: Address;
  readonly y: Address;
}

/** The words N, H, W, C, KH, KW, OC, OH, OW, stride, padTop, padLeft, direct. */
export function geometryWords(g: Geometry): number[] {
  return [g.N, g.H, g.W, g.C, g.KH, g.KW, g.OC, g.OH, g.OW, g.stride, g.padTop, g.padLeft, g.direct ? 1 : 0];
}

export function printGeometry(g: Geometry): string {
  const [x, w, y] = [
    [g.N, g.H, g.W, g.C],
    [g.KH, g.KW, g.C, g.OC],
    [g.N, g.OH, g.OW, g.OC],
  ].map(showShape);
  return `x ${x} w ${w} y ${y} stride ${g.stride}, padding ${g.padTop}, ${g.padLeft}${g.direct ? ', direct' : ''}`;
}

/** The regions of the three tensors. */
export function tensorRegions(i: Convolution): { readonly x: Region; readonly w: Region; readonly y: Region } {
  const floats = sizesOf(i);
  return {
    x: { start: i.x, floats: floats.x },
    w: { start: i.w, floats: floats.w },
    y: { start: i.y, floats: floats.y },
  };
}

/** The three tensors in memory. */
export function tensorsIn({ arena }: Memory, i: Convolution): Record<'x' | 'w' | 'y', Float32Array> {
  const { x, w, y } = tensorRegions(i);
  const part = ({ start, floats }: Region): Float32Array => arena.subarray(start, start + floats);
  return { x: part(x), w: part(w), y: part(y) };
}
