// Views of a picture, which the network learns to recognise: each is moved, scaled and tinted a
// little. A fault may be done to it before: the network is to notice it.

/** A generator of numbers in [0, 1) from one seed (mulberry32). */
export function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A picture of half the side: each pixel is the mean of four. */
export function halved(bytes, side) {
  const half = side / 2;
  return Uint8Array.from({ length: half * half * 3 }, (_, i) => {
    const [y, x, c] = [Math.floor(i / 3 / half), Math.floor(i / 3) % half, i % 3];
    const at = (2 * y * side + 2 * x) * 3 + c;
    return Math.round((bytes[at] + bytes[at + 3] + bytes[at + 3 * side] + bytes[at + 3 * side + 3]) / 4);
  });
}

const clamp = (value, most) => Math.min(most, Math.max(0, value));

function blurred(from, side, step) {
  const out = new Float32Array(from.length);
  for (let i = 0; i < from.length; i++) {
    const at = Math.floor(i / step) % side;
    const [before, after] = [at > 0 ? i - step : i, at < side - 1 ? i + step : i];
    out[i] = (from[before] + 2 * from[i] + from[after]) / 4;
  }
  return out;
}

/** What may be wrong with a picture [side, side, 3] in [-1, 1], by a strength in (0, 1]. */
const FAULTS = {
  blur(picture, side, strength) {
    let out = picture;
    for (let i = 0; i < Math.ceil(6 * strength); i++) out = blurred(blurred(out, side, 3), side, 3 * side);
    return out;
  },
  noise: (picture, _, strength, roll) => picture.map((value) => value + 1.2 * strength * (roll() + roll() - 1)),
  checks: (picture, side, strength) =>
    picture.map((value, i) => value + 0.4 * strength * ((Math.floor(i / 3) + Math.floor(i / 3 / side)) % 2 ? 1 : -1)),
  blend: (picture, _, strength, __, other) =>
    picture.map((value, i) => value + 0.5 * strength * (other[i] / 127.5 - 1 - value)),
  fade(picture, _, strength) {
    const mean = picture.reduce((a, b) => a + b) / picture.length;
    return picture.map((value) => mean + (1 - 0.7 * strength) * (value - mean));
  },
  bend(picture, side, strength, roll) {
    const waves = Array.from({ length: 4 }, () => [roll() * 7, (1 + 2 * roll()) * (6.3 / side)]);
    const reach = 0.08 * side * strength;
    const wave = (n, at) => Math.sin(waves[n][0] + waves[n][1] * at);
    return picture.map((_, i) => {
      const [y, x] = [Math.floor(i / 3 / side), Math.floor(i / 3) % side];
      const down = Math.round(clamp(y + reach * (wave(0, x) + wave(1, y)), side - 1));
      const right = Math.round(clamp(x + reach * (wave(2, y) + wave(3, x)), side - 1));
      return picture[(down * side + right) * 3 + (i % 3)];
    });
  },
  patch(picture, side, strength, roll, other) {
    const size = Math.ceil((side / 2) * strength);
    const [top, left] = [roll(), roll()].map((share) => Math.floor(share * (side - size + 1)));
    const out = picture.slice();
    for (let y = top; y < top + size; y++)
      for (let i = (y * side + left) * 3; i < (y * side + left + size) * 3; i++) out[i] = other[i] / 127.5 - 1;
    return out;
  },
};
export const FAULT_NAMES = Object.keys(FAULTS);

/**
 * A view [64, 64, 3] of a picture of bytes [side, side, 3], written at `at`. `fault` is null, or a
 * name, a strength and the seed of its chances.
 */
export function view(out, at, { bytes, side, other }, fault, grey, roll, to = 64) {
  let picture = Float32Array.from(bytes, (byte) => byte / 127.5 - 1);
  if (fault) picture = FAULTS[fault.name](picture, side, fault.strength, dice(fault.seed), other);
  const zoom = (0.92 + 0.16 * roll()) * (side / to);
  const [down, right] = [roll(), roll()].map((share) => (side - to * zoom) / 2 + (share - 0.5) * 0.12 * side);
  const lift = (roll() - 0.5) * 0.16;
  const gains = [0, 1, 2].map(() => 0.9 + 0.2 * roll());
  const tints = [0, 1, 2].map(() => lift + (roll() - 0.5) * 0.12);
  if (grey) for (const list of [gains, tints]) list.fill(list[0]);
  const places = (start) =>
    Array.from({ length: to }, (_, i) => {
      const place = clamp(start + (i + 0.5) * zoom - 0.5, side - 1);
      const first = Math.min(side - 2, Math.floor(place));
      return [first, place - first];
    });
  const [rows, columns] = [places(down), places(right)];
  let i = at;
  for (const [y, below] of rows)
    for (const [x, beside] of columns) {
      const corner = (y * side + x) * 3;
      const first = i;
      for (let c = 0; c < 3; c++, i++) {
        const [a, b] = [corner + c, corner + c + 3 * side];
        const above = picture[a] + beside * (picture[a + 3] - picture[a]);
        const under = picture[b] + beside * (picture[b + 3] - picture[b]);
        out[i] = above + below * (under - above);
      }
      if (grey) out.fill(0.299 * out[first] + 0.587 * out[first + 1] + 0.114 * out[first + 2], first, i);
      for (let c = 0; c < 3; c++) out[first + c] = gains[c] * out[first + c] + tints[c];
    }
}
