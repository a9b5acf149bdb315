// A picture that the page itself computed, drawn pixel by pixel.
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Picture } from '../../../render/grid.ts';
import { paint } from '../state/pictures.ts';

interface PixelsProps {
  /** Null while there is none. */
  readonly picture: Picture | null;
  /** What the picture shows; empty where the words beside it say so already. */
  readonly alt: string;
  readonly kind?: 'tile' | 'large' | 'maps';
}

export function Pixels({ picture, alt, kind = 'tile' }: PixelsProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (canvas.current && picture) paint(canvas.current, picture);
  }, [picture]);
  const said = alt === '' ? { 'aria-hidden': 'true' as const } : { role: 'img' as const, 'aria-label': alt };
  return <canvas ref={canvas} class={`picture ${kind}`} {...said} />;
}
