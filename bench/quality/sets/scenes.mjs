// Drawn by the script itself: a shape before a background, both in any colours. Texture, shape,
// size, place, angle and shade are the parts. No package is needed.
import { drawWord } from '../../../dist/engine/random.js';

const SIDE = 64;
const shapes = {
  disc: '<circle r="1"/>',
  ring: '<circle r="0.8" fill="none" stroke="url(#ink)" stroke-width="0.4"/>',
  square: '<rect x="-0.85" y="-0.85" width="1.7" height="1.7"/>',
  triangle: '<path d="M0 -1 L0.95 0.8 L-0.95 0.8 Z"/>',
  star: '<path d="M0 -1 L0.25 -0.3 L1 -0.3 L0.4 0.15 L0.6 0.9 L0 0.45 L-0.6 0.9 L-0.4 0.15 L-1 -0.3 L-0.25 -0.3 Z"/>',
  cross: '<path d="M-0.3 -1 H0.3 V-0.3 H1 V0.3 H0.3 V1 H-0.3 V0.3 H-1 V-0.3 H-0.3 Z"/>',
  moon: '<path d="M0.4 -0.9 A1 1 0 1 0 0.4 0.9 A0.75 0.75 0 1 1 0.4 -0.9 Z"/>',
  bar: '<rect x="-1.1" y="-0.3" width="2.2" height="0.6" rx="0.3"/>',
  leaf: '<path d="M-1 0 Q0 -1.2 1 0 Q0 1.2 -1 0 Z"/>',
  pair: '<circle cx="-0.55" r="0.45"/><circle cx="0.55" r="0.45"/>',
  shirt: '<path d="M-0.4 -0.9 L0.4 -0.9 L1 -0.4 L0.7 0 L0.5 -0.2 L0.5 0.9 L-0.5 0.9 L-0.5 -0.2 L-0.7 0 L-1 -0.4 Z"/>',
  arch: '<path d="M-0.9 0.9 V0 A0.9 0.9 0 0 1 0.9 0 V0.9 H0.4 V0 A0.4 0.4 0 0 0 -0.4 0 V0.9 Z"/>',
};
const textures = {
  plain: () => '',
  stripes: (ink, n) => pattern(ink, 4 + n, `<rect width="${4 + n}" height="${2 + n / 2}"/>`),
  checks: (ink, n) => pattern(ink, 6 + n, `<rect width="${3 + n / 2}" height="${3 + n / 2}"/>`),
  dots: (ink, n) => pattern(ink, 6 + n, `<circle cx="3" cy="3" r="${1.5 + n / 4}"/>`),
  clouds: (_, n) => noise('fractalNoise', 0.03 + n / 100, n),
  grain: (_, n) => noise('turbulence', 0.15 + n / 30, n),
};

const parts = {
  shape: Object.keys(shapes),
  texture: Object.keys(textures),
  size: ['10', '15', '21'],
  across: ['20', '32', '44'],
  down: ['20', '32', '44'],
  angle: ['0', '45', '110', '200'],
  shade: ['flat', 'slope', 'ball'],
  second: ['', ...Object.keys(shapes)],
};

const pattern = (ink, side, inside) =>
  `<pattern id="texture" width="${side}" height="${side}" patternUnits="userSpaceOnUse" patternTransform="rotate(${side * 37})"><g fill="${ink}">${inside}</g></pattern><rect width="64" height="64" fill="url(#texture)"/>`;
const noise = (type, frequency, seed) =>
  `<filter id="noise"><feTurbulence type="${type}" baseFrequency="${frequency}" numOctaves="3" seed="${seed}"/></filter><rect width="64" height="64" filter="url(#noise)" opacity="0.7"/>`;

function gradient(shade, from, to) {
  const stops = `<stop offset="0" stop-color="${from}"/><stop offset="1" stop-color="${shade === 'flat' ? from : to}"/>`;
  return shade === 'ball'
    ? `<radialGradient id="ink" cx="0.35" cy="0.3" r="0.8">${stops}</radialGradient>`
    : `<linearGradient id="ink" x1="0" y1="0" x2="0.4" y2="1">${stops}</linearGradient>`;
}

export default {
  packages: [],
  parts,
  async open() {
    return ({ shape, texture, size, across, down, angle, shade, second }, index) => {
      const word = (at) => drawWord({ seed: 2, step: index }, 0, at);
      const colour = (at) => `#${(word(at) & 0xffffff).toString(16).padStart(6, '0')}`;
      const placed = (kind, x, y, radius) =>
        `<g fill="url(#ink)" transform="translate(${x} ${y}) rotate(${angle}) scale(${radius})">${shapes[kind]}</g>`;
      const other = second && placed(second, SIDE - across, (Number(down) + 24) % SIDE, 8);
      return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIDE} ${SIDE}">
<defs>${gradient(shade, colour(0), colour(1))}</defs><rect width="${SIDE}" height="${SIDE}" fill="${colour(2)}"/>
${textures[texture](colour(3), word(4) % 6)}${placed(shape, across, down, size)}${other}</svg>`;
    };
  },
};
