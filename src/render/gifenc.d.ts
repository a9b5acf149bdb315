// Types of the functions of gifenc 1.0.3 that we use; the package has none. The place of its
// functions depends on the loader; see gif.ts.

declare module 'gifenc' {
  export type Palette = number[][];

  export interface Encoder {
    /**
     * `index` [height · width] holds one palette entry for each pixel. A frame without a palette
     * uses that of the first frame.
     */
    writeFrame(
      index: Uint8Array,
      width: number,
      height: number,
      options: { palette?: Palette; delay: number; repeat?: number },
    ): void;
    finish(): void;
    bytes(): Uint8Array<ArrayBuffer>;
  }

  export interface Gifenc {
    GIFEncoder(): Encoder;
    quantize(rgba: Uint8Array, maxColors: number): Palette;
    applyPalette(rgba: Uint8Array, palette: Palette): Uint8Array;
  }

  const gifenc: Gifenc;
  export default gifenc;
}
