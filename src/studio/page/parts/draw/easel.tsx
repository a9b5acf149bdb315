// The paper under the hand: a pointer or a finger paints, arrow keys move the brush and the space
// bar paints, and a picture can be dropped on it.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { rgba } from '../../../../render/rgba.ts';
import { emptyPaper, type Paper, paperFrom, stroked } from '../../state/paper.ts';
import { pictureOf } from '../../state/pictures.ts';
import { t } from '../../strings/index.ts';

const EMPTY = 24;

export interface Tool {
  /** [channels]; null erases. */
  readonly colour: readonly number[] | null;
  readonly radius: number;
}

interface EaselProps {
  readonly paper: Paper;
  readonly tool: Tool;
  readonly change: (paper: Paper) => void;
  readonly fail: (error: string) => void;
}

type Point = readonly [number, number];

export function Easel({ paper, tool, change, fail }: EaselProps) {
  const words = t.value;
  const { form } = paper;
  const { height, width } = form;
  const canvas = useRef<HTMLCanvasElement>(null);
  const last = useRef<Point | null>(null);
  const [brush, setBrush] = useState<Point | null>(null);
  const current = useRef(paper);
  current.current = paper;

  useLayoutEffect(() => {
    const context = canvas.current!.getContext('2d')!;
    const data = rgba(pictureOf(paper.bytes, form));
    paper.painted.forEach((painted, i) => {
      if (painted === 0) data.fill(EMPTY, 4 * i, 4 * i + 3);
    });
    context.putImageData(new ImageData(data, width), 0, 0);
    if (!brush) return;
    context.fillStyle = '#ff9d57';
    context.fillRect(Math.floor(brush[0]), Math.floor(brush[1]), 1, 1);
  }, [paper, brush]);

  const put = (from: Point, to: Point): void => {
    current.current = stroked(current.current, { ...tool, from, to });
    change(current.current);
  };
  const pointOf = (event: PointerEvent): Point => {
    const seen = canvas.current!.getBoundingClientRect();
    return [((event.clientX - seen.left) / seen.width) * width, ((event.clientY - seen.top) / seen.height) * height];
  };
  const key = (event: KeyboardEvent): void => {
    const ways: Record<string, Point> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const way = ways[event.key];
    const at = brush ?? [width / 2 + 0.5, height / 2 + 0.5];
    const within = (value: number, side: number): number => Math.min(side - 0.5, Math.max(0.5, value));
    if (way) {
      const to: Point = [within(at[0] + way[0], width), within(at[1] + way[1], height)];
      setBrush(to);
      // With Shift the brush paints its way.
      if (event.shiftKey) put(at, to);
    } else if (event.key === ' ') put(at, at);
    else if (event.key === 'Delete' || event.key === 'Backspace') change(emptyPaper(form));
    else return;
    event.preventDefault();
  };
  return (
    <div
      class="easel"
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: its role takes keys
      tabIndex={0}
      aria-label={words.paper}
      aria-description={words.paperHelp}
      onKeyDown={key}
      onBlur={() => setBrush(null)}
      onPointerDown={(event) => {
        canvas.current!.setPointerCapture(event.pointerId);
        last.current = pointOf(event);
        put(last.current, last.current);
      }}
      onPointerMove={(event) => {
        if (!last.current) return;
        const to = pointOf(event);
        put(last.current, to);
        last.current = to;
      }}
      onPointerUp={() => {
        last.current = null;
      }}
      onPointerCancel={() => {
        last.current = null;
      }}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        const file = event.dataTransfer?.files[0];
        if (file) paperFrom(file, form).then(change, (error: Error) => fail(error.message));
      }}
    >
      <canvas ref={canvas} class="picture large" width={width} height={height} />
    </div>
  );
}
