// The part of gifenc 1.0.3 we use; the package has no types. Where its functions are depends on who loads it: see gif.ts.

declare module 'gifenc' {
  export type Palette = number[][];

  export interface Encoder {
    /** `index` [height · width], one palette entry a pixel; the first frame's palette serves frames without one. */
    writeFrame(
      index: Uint8Array,
      width: number,
      height: number,
      options: { palette?: Palette; delay: number; repeat?: number },
    ): void;
    finish(): void;
    bytes(): Uint8Array;
  }

  export interface Gifenc {
    GIFEncoder(): Encoder;
    quantize(rgba: Uint8Array, maxColors: number): Palette;
    applyPalette(rgba: Uint8Array, palette: Palette): Uint8Array;
  }

  const gifenc: Gifenc;
  export default gifenc;
}
