// Trials of instructions that run image by image behind what makes the images. Each comes twice, attached and
// apart, and both must give the same bits.
import type { Conv2d, Elementwise, Instruction } from '../../src/engine/plan.ts';
import { packFloats } from '../../src/engine/room.ts';
import { geometry } from './plans.ts';
import { load, places, type Trial } from './trials.ts';
import { values } from './values.ts';

/** A trial by whether its instructions are attached. */
export type Attachable = (attached: boolean) => Trial;

/** A convolution, then leaky ReLU of its output plus a bias, in place. */
export const activated =
  (N: number): Attachable =>
  (attached) => {
    const g = geometry([N, 7, 5, 3], [5, 3, 6], 2);
    const count = N * g.OH * g.OW * g.OC;
    const at = places(N * 105, 270, count, 6, packFloats(g));
    const [x, w, y, bias, pack] = at;
    const conv: Conv2d = { kind: 'conv2d', ...g, x, w, y, pack };
    const follower: Elementwise = {
      kind: 'elementwise',
      count,
      sizes: [count / 6, 6],
      operands: [
        { address: y, strides: [6, 1] },
        { address: bias, strides: [0, 1] },
      ],
      registers: 2,
      code: [load(0), load(1), { op: 'add', dst: 0, a: 0, b: 1 }, { op: 'leakyRelu', dst: 0, a: 0, value: 0.2 }],
      results: [{ register: 0, address: y }],
      attached,
    };
    return {
      name: `a program attached to a convolution of ${N} images`,
      instructions: [conv, follower],
      inputs: [[x, values([N * 105], 1)], [w, values([270], 2)], [bias, values([6], 3)]], // biome-ignore format: pairs
      results: [[y, count]],
      floats: at.end,
    };
  };

/** A convolution, then a bias, a dropout mask and a gain for each image, in place. */
const dropped =
  (n: number): Attachable =>
  (attached) => {
    const g = geometry([n, 7, 7, 3], [5, 5, 5], 2);
    const count = n * 16 * 5;
    const at = places(n * 147, 375, count, 5, n, packFloats(g));
    const [x, w, y, bias, gain, pack] = at;
    const follower: Elementwise = {
      kind: 'elementwise',
      count,
      sizes: [n, 16, 5],
      operands: [
        { address: y, strides: [80, 5, 1] },
        { address: bias, strides: [0, 0, 1] },
        { address: gain, strides: [1, 0, 0] },
      ],
      registers: 3,
      code: [
        load(0),
        load(1),
        { op: 'add', dst: 0, a: 0, b: 1 },
        { op: 'mask', dst: 1, a: 0, site: 0, stream: 3, threshold: 5033165, value: 2 },
        load(2),
        { op: 'mul', dst: 0, a: 0, b: 1 },
        { op: 'mul', dst: 0, a: 0, b: 2 },
      ],
      results: [{ register: 0, address: y }],
      attached,
    };
    return {
      name: `a program that draws, attached to a convolution of ${n} images`,
      instructions: [{ kind: 'conv2d', ...g, x, w, y, pack }, follower],
      inputs: [
        [x, values([n * 147], 1)],
        [w, values([375], 2)],
        [bias, values([5], 3)],
        [gain, values([n], 4)],
      ],
      results: [[y, count]],
      floats: at.end,
    };
  };

/**
 * A convolution, a bias added to it, the sums of each image, and those of the squares about the image's means. `sums`
 * says how many of the two sums there are: without the second, whole images are not waited for.
 */
const summed =
  (how: string, n: number, side: number, channels: number, sums: 1 | 2): Attachable =>
  (attached) => {
    const g = geometry([n, side, side, channels], [5, 5, 64], 2);
    const pixels = g.OH * g.OW;
    const count = n * pixels * 64;
    const images = n * side * side * channels;
    const at = places(images, 25 * channels * 64, count, 64, n * 64, n * 64, packFloats(g));
    const [x, w, y, bias, first, second, pack] = at;
    const sizes = [n, pixels, 64];
    const plain = [pixels * 64, 64, 1];
    const body = {
      count,
      sizes,
      registers: 2,
      outer: n,
      length: pixels,
      inner: 64,
      parts: 1,
      partials: pack,
      attached,
    };
    const followers: readonly Instruction[] = [
      {
        kind: 'elementwise',
        count,
        sizes,
        operands: [
          { address: y, strides: plain },
          { address: bias, strides: [0, 0, 1] },
        ],
        registers: 2,
        code: [load(0), load(1), { op: 'add', dst: 0, a: 0, b: 1 }],
        results: [{ register: 0, address: y }],
        attached,
      },
      {
        kind: 'reduce',
        ...body,
        operands: [{ address: y, strides: plain }],
        code: [load(0)],
        results: [{ register: 0, address: first }],
      },
      {
        kind: 'reduce',
        ...body,
        operands: [
          { address: y, strides: plain },
          { address: first, strides: [64, 0, 1] },
        ],
        code: [
          load(0),
          load(1),
          { op: 'scale', dst: 1, a: 1, value: 1 / pixels },
          { op: 'sub', dst: 0, a: 0, b: 1 },
          { op: 'square', dst: 0, a: 0 },
        ],
        results: [{ register: 0, address: second }],
      },
    ];
    return {
      name: `sums over images ${how}, ${sums} of them`,
      instructions: [{ kind: 'conv2d', ...g, x, w, y, pack }, ...followers.slice(0, 1 + sums)],
      inputs: [
        [x, values([images], 1)],
        [w, values([25 * channels * 64], 2)],
        [bias, values([64], 3)],
      ],
      results: [[first, n * 64], [second, n * 64]].slice(0, sums) as [number, number][], // biome-ignore format: pairs
      floats: at.end,
    };
  };

export const ATTACHED: readonly Attachable[] = [
  ...[40, 5].map(activated),
  ...[40, 5].map(dropped),
  // Rows of 14 x 64 points come one at a time, images of 7 x 7 whole, few images after all is computed.
  ...([1, 2] as const).flatMap((sums) => [
    summed('by rows', 40, 28, 1, sums),
    summed('by images', 40, 14, 64, sums),
    summed('where there are few', 5, 14, 64, sums),
  ]),
];
