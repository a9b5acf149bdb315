// Draws two losses over the steps, at most once a frame. It has as many columns as pixels. When
// there are more steps, neighbours share a column by their mean.

const ROOM = 4;

export class Chart {
  readonly #canvas: HTMLCanvasElement;
  readonly #lines: readonly { readonly legend: Element; readonly values: number[] }[];
  #asked = false;

  /**
   * @param legends an element for each line, which has the colour of that line. The canvas' own
   * colours are those of words and rules.
   */
  constructor(canvas: HTMLCanvasElement, legends: readonly Element[]) {
    this.#canvas = canvas;
    this.#lines = legends.map((legend) => ({ legend, values: [] }));
    new ResizeObserver(() => this.#ask()).observe(canvas);
  }

  add(values: readonly number[]): void {
    for (const [i, line] of this.#lines.entries()) line.values.push(values[i]!);
    this.#ask();
  }

  clear(): void {
    for (const { values } of this.#lines) values.length = 0;
    this.#ask();
  }

  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      this.#draw();
    });
  }

  #draw(): void {
    const canvas = this.#canvas;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    canvas.width = width * devicePixelRatio;
    canvas.height = height * devicePixelRatio;
    const context = canvas.getContext('2d')!;
    context.scale(devicePixelRatio, devicePixelRatio);
    const style = getComputedStyle(canvas);
    const drawn = this.#lines.map(({ values }) => thin(values, width));
    const top = Math.max(1, ...drawn.flat().filter(Number.isFinite));
    const y = (value: number): number => height - ROOM - (value / top) * (height - 2 * ROOM);
    context.strokeStyle = style.borderTopColor;
    context.fillStyle = style.color;
    context.font = '11px system-ui';
    for (const value of [0, top / 2, top]) {
      context.strokeRect(0, y(value), width, 0);
      context.fillText(value.toFixed(1), 2, y(value) + (value === top ? 12 : -3));
    }
    context.lineWidth = 2;
    context.lineJoin = 'round';
    for (const [i, { legend }] of this.#lines.entries()) {
      const points = drawn[i]!;
      context.strokeStyle = getComputedStyle(legend).color;
      context.beginPath();
      for (const [x, value] of points.entries()) context.lineTo((x / Math.max(1, points.length - 1)) * width, y(value));
      context.stroke();
    }
  }
}

/** Returns at most `room` values: the means of equal parts. */
function thin(values: readonly number[], room: number): number[] {
  if (values.length <= room) return [...values];
  return Array.from({ length: room }, (_, i) => {
    const part = values.slice(Math.floor((i * values.length) / room), Math.floor(((i + 1) * values.length) / room));
    return part.reduce((total, value) => total + value, 0) / part.length;
  });
}
