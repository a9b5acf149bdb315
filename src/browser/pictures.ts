// Images on a canvas.
export { makeGrid as grid } from '../render/grid.ts';
export { rgba } from '../render/rgba.ts';
