// Writes kernels/winograd_tables.h from the points below. B maps the n inputs of a tile to n points
// and POWERS a filter or outputs (kernels/winograd_points.c).
//   node scripts/points.mjs
import { writeFileSync } from 'node:fs';

/** In this order. A tile of n inputs uses the first n - 1 and infinity. */
const POINTS = [0, 11 / 16, -13 / 8, -11 / 16, 13 / 8];
const [LEAST, MOST] = [4, 6];

/** Coefficients, lowest first, of the product of (x - p) over `points`. */
function product(points) {
  let made = [1];
  for (const p of points) made = [0, ...made].map((c, i) => c - p * (made[i] ?? 0));
  return made;
}

/** Row i gives the value at point i. The last row belongs to infinity. */
function toPoints(n) {
  const finite = POINTS.slice(0, n - 1);
  const rows = finite.map((p, i) => {
    const others = finite.filter((_, k) => k !== i);
    const own = others.reduce((value, other) => value * (p - other), 1);
    return [...product(others).map((c) => c / own), 0];
  });
  return [...rows, product(finite)];
}

const table = (name, rows) =>
  `static const float ${name}[${rows.length}][${rows[0].length}] = {\n${rows
    .map((row) => `    {${row.map((x) => `${(x || 0).toFixed(17).replace(/0+$/, '0')}f`).join(', ')}}`)
    .join(',\n')}};\n`;
const sizes = Array.from({ length: MOST - LEAST + 1 }, (_, i) => LEAST + i);
writeFileSync(
  new URL('../kernels/winograd_tables.h', import.meta.url),
  `// scripts/points.mjs writes this file. Do not edit it.
// Toom-Cook at the points ${POINTS.join(', ')} and infinity. For n inputs
// the first n - 1 of them and infinity are used. B<n> maps n inputs to points (products of the
// other points' (x - p), divided by their value at the own point). POWERS maps a filter or outputs.
// These points lose fewer digits than 0, 1, -1, 1/2 and -2 (docs/benchmarks.md).
#pragma once
${sizes.map((n) => table(`B${n}`, toPoints(n))).join('')}${table(
  'POWERS',
  POINTS.map((p) => [0, 1, 2, 3].map((power) => p ** power)),
)}`,
);
