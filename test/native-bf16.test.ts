// Operands in bf16 on native, through the kernels' plain C: what is rounded and what is not,
// compared with the definitions in double precision on operands rounded here; and the error on a
// machine that lacks the instructions. The instructions' own code is compiled for processors that
// have them and, where this one does, must give the plain C's bits.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { DEVICES } from '../src/engine/backends/backend.ts';
import { emulateBf16, whatIsMissing } from '../src/engine/backends/native/bf16.ts';
import type { Compiler } from '../src/engine/backends/native/compiler.ts';
import { usableCompiler } from '../src/engine/backends/native/library.ts';
import { whyNoMatrixUnit } from '../src/engine/backends/native/matrix-unit.ts';
import { conv2dReference, convFilterReference, convInputReference } from '../src/engine/ops/conv.ts';
import type { Geometry, Instruction, Plan } from '../src/engine/plan.ts';
import { evenValues, packFloats, partialFloats, roundedFloats } from '../src/engine/room.ts';
import { DCGAN } from '../src/gan/dcgan.ts';
import { TEST_DEVICES, title, withBackend } from './support/devices.ts';
import { geometry, planOf } from './support/plans.ts';
import { relativeError, values } from './support/values.ts';

const native = TEST_DEVICES.find(({ name }) => name === 'native')!;

/** Rounds to `bits` bits of mantissa, ties to even: the definition. */
function rounded(numbers: Float32Array, bits = 8): Float32Array {
  return numbers.map((x) => {
    if (x === 0 || !Number.isFinite(x)) return x;
    const unit = 2 ** (Math.floor(Math.log2(Math.abs(x))) - bits + 1);
    const [down, rest] = [Math.floor(x / unit), x / unit - Math.floor(x / unit)];
    return unit * (rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down);
  });
}

const alignUp = (n: number) => 16 * Math.ceil(n / 16);

/** All three convolutions of a geometry, in one plan. */
function allThree(g: Geometry, precision: Plan['precision']) {
  const size = { x: g.N * g.H * g.W * g.C, w: g.KH * g.KW * g.C * g.OC, y: g.N * g.OH * g.OW * g.OC };
  let end = 16;
  const place = (floats: number) => {
    const at = end;
    end = alignUp(end + floats + 16);
    return at;
  };
  const [x, w, y] = [place(size.x), place(size.w), place(size.y)];
  const to = { x: place(size.x), w: place(size.w), y: place(size.y) };
  const imageRuns = Math.min(3, g.N);
  const even = evenValues(g);
  const pack = place(roundedFloats('bf16', Math.max(even.x, even.y)) + packFloats(g));
  const partials = place(roundedFloats('bf16', even.x, even.y) + partialFloats(g, imageRuns));
  const instructions: Instruction[] = [
    { kind: 'conv2d', ...g, x, w, y: to.y, pack },
    { kind: 'convInput', ...g, x: to.x, w, y, pack },
    { kind: 'convFilter', ...g, x, w: to.w, y, partials, imageRuns },
  ];
  const plan: Plan = { ...planOf(instructions, end), precision };
  const data = { x: values([size.x], 1), w: values([size.w], 2), y: values([size.y], 3) };
  return { plan, size, from: { x, w, y }, to, data };
}

type Three = { readonly x: Float32Array; readonly w: Float32Array; readonly y: Float32Array };

async function computed(g: Geometry, precision: Plan['precision'], threads: number, change = (data: Three) => data) {
  const { plan, size, from, to, data } = allThree(g, precision);
  return withBackend(native, 0, threads, async (backend) => {
    const executable = await backend.compile(plan);
    const given = change(data);
    for (const key of ['x', 'w', 'y'] as const) {
      await backend.write(from[key], given[key]);
      await backend.write(to[key], new Float32Array(size[key]).fill(Number.NaN));
    }
    await backend.run(executable);
    const read = async (key: 'x' | 'w' | 'y') => backend.read(to[key], size[key]);
    return { x: await read('x'), w: await read('w'), y: await read('y') };
  });
}

function expected(g: Geometry, { x, w, y }: Three): Three {
  const want = { x: new Float32Array(x.length), w: new Float32Array(w.length), y: new Float32Array(y.length) };
  conv2dReference(g, x, w, want.y);
  convInputReference(g, y, w, want.x);
  convFilterReference(g, x, y, want.w);
  return want;
}

/** What the definitions give, by shape and bits: it takes seconds, and several tests ask for it. */
const defined = new Map<string, Three>();

/** Returns the definitions' results on the plan's data, rounded to `bits` bits, or as they are. */
function definition(g: Geometry, bits: number | null): Three {
  const key = `${label(g)} ${bits}`;
  const { data } = allThree(g, 'bf16');
  const given = (numbers: Float32Array) => (bits === null ? numbers : rounded(numbers, bits));
  const found = defined.get(key) ?? expected(g, { x: given(data.x), w: given(data.w), y: given(data.y) });
  defined.set(key, found);
  return found;
}

/** What the plain C gave, by the way and the shape: it takes seconds, and the instructions must give the same. */
const emulated = new Map<string, Three>();
const keyOf = (unit: boolean, g: Geometry): string => `${unit} ${label(g)}`;

const ROUNDED: readonly Geometry[] = [
  geometry([7, 7, 7, 6], [5, 5, 100], 1),
  geometry([3, 14, 14, 64], [5, 5, 128], 2),
  geometry([25, 4, 5, 34], [3, 2, 8], 2),
  geometry([2, 6, 6, 10], [1, 1, 46], 2),
  geometry([97, 1, 1, 100], [1, 1, 314], 1),
  geometry([41, 6, 6, 6], [5, 5, 38], 2),
  geometry([33, 7, 7, 32], [5, 5, 32], 1),
];
/** A block of 32 images and a small one, channels past a tile, and pairs of images past a chunk. */
const EDGES: readonly Geometry[] = [geometry([75, 5, 6, 44], [5, 5, 70], 2), geometry([66, 3, 3, 34], [3, 3, 18], 1)];
/** Shapes whose values are rounded at the points of the fast algorithm. */
const AT_POINTS: readonly Geometry[] = [
  geometry([33, 14, 14, 32], [5, 5, 64], 2),
  geometry([50, 13, 15, 32], [5, 5, 32], 2),
];
const KEPT: readonly Geometry[] = [
  geometry([13, 9, 6, 1], [5, 5, 64], 2),
  geometry([26, 1, 1, 628], [1, 1, 1], 1),
  geometry([9, 6, 5, 4], [3, 3, 20], 2),
  geometry([9, 6, 5, 7], [3, 3, 20], 2),
  geometry([1, 1, 1, 64], [1, 1, 32], 1),
];
const label = (g: Geometry): string =>
  `[${g.N},${g.H},${g.W},${g.C}] kernel [${g.KH},${g.KW}] to ${g.OC}, stride ${g.stride}`;

describe.skipIf(native.missing).each([
  ['by pairs', false],
  ['by the matrix unit', true],
] as const)(`bf16 %s on ${title(native)}`, (_way, unit) => {
  beforeEach(() => emulateBf16(8, unit));
  afterEach(() => emulateBf16(null));

  const operandsRounded = unit ? [...ROUNDED, ...EDGES, ...AT_POINTS] : ROUNDED;
  it.each(operandsRounded.map((g) => [label(g), g] as const))(
    'operands are rounded, sums are not: %s',
    async (_, g) => {
      const [want, unrounded] = [definition(g, 8), definition(g, null)];
      const got = await computed(g, 'bf16', 1);
      emulated.set(keyOf(unit, g), got);
      for (const key of ['x', 'w', 'y'] as const) {
        expect(relativeError(got[key], want[key])).toBeLessThan(1e-6);
        expect(relativeError(got[key], unrounded[key])).toBeGreaterThan(1e-3);
      }
      for (const threads of [2, 3]) expect(await computed(g, 'bf16', threads)).toEqual(got);
    },
  );

  it.each(KEPT.map((g) => [label(g), g] as const))('layers of few or odd channels stay float32: %s', async (_, g) => {
    expect(await computed(g, 'bf16', 2)).toEqual(await computed(g, 'float32', 2));
  });

  // The tests of bounds take fewer bits by pairs alone, and another way is another build.
  if (!unit)
    it('takes fewer bits, for tests of bounds', async () => {
      emulateBf16(6);
      const [g] = ROUNDED as [Geometry];
      const want = definition(g, 6);
      const got = await computed(g, 'bf16', 2);
      for (const key of ['x', 'w', 'y'] as const) expect(relativeError(got[key], want[key])).toBeLessThan(1e-6);
    });

  it('rounds ties to even, and keeps zeros, infinities and NaN', async () => {
    const g = geometry([2, 1, 1, 6], [1, 1, 6], 1);
    const unit = 2 ** -7;
    const numbers = [1 + unit / 2, 1 + 1.5 * unit, -(1 + unit / 2), 1 + unit / 2 + 2 ** -23, Number.POSITIVE_INFINITY, Number.NaN]; // biome-ignore format: short
    const got = await computed(g, 'bf16', 1, () => ({
      // The filter is the identity, so each of the first image's channels stands alone; zeros meet
      // no infinity.
      x: Float32Array.from([...numbers.slice(0, 4), 0, -0, 0, 0, 0, 0, 0, 0]),
      w: Float32Array.from({ length: 36 }, (_, i) => Number(i % 7 === 0)),
      y: new Float32Array(12).fill(1),
    }));
    expect([...got.y.slice(0, 6)]).toEqual([1, 1 + 2 * unit, -1, 1 + unit, 0, 0]);
    const special = await computed(g, 'bf16', 1, () => ({
      x: new Float32Array(12).fill(1),
      w: Float32Array.from({ length: 36 }, (_, i) => (i < 6 ? numbers[i]! : 0)),
      y: new Float32Array(12),
    }));
    expect([...special.y.slice(0, 6)]).toEqual([1, 1 + 2 * unit, -1, 1 + unit, Number.POSITIVE_INFINITY, Number.NaN]);
  });

  it('says what the kernels are, and works beside float32 on one state', async () => {
    const g = ROUNDED[0]!;
    await withBackend(native, 0, 2, async (backend) => {
      const { variant } = backend.info;
      const [float32, bf16] = [allThree(g, 'float32'), allThree(g, 'bf16')];
      const plain = await backend.compile(float32.plan);
      const short = await backend.compile(bf16.plan);
      expect(backend.info.variant.startsWith(`${variant} + `)).toBe(true);
      const made = unit ? 'bf16 amx' : 'bf16';
      expect(backend.info.variant).toMatch(new RegExp(` \\+ \\w+ ${made} emulated in 8 bits \\S+ [0-9a-f]{12}$`));
      for (const key of ['x', 'w', 'y'] as const) await backend.write(float32.from[key], float32.data[key]);
      const results: Float32Array[] = [];
      for (const executable of [plain, short, plain]) {
        await backend.run(executable);
        results.push(await backend.read(float32.to.y, float32.size.y));
      }
      expect(results[2]).toEqual(results[0]);
      expect(relativeError(results[1]!, results[0]!)).toBeGreaterThan(1e-3);
    });
  });
});

describe.skipIf(native.missing)(`bf16 by pairs at the points of the fast algorithm on ${title(native)}`, () => {
  beforeEach(() => emulateBf16(8, false));
  afterEach(() => emulateBf16(null));

  it.each(AT_POINTS.map((g) => [label(g), g] as const))('values at points are rounded: %s', async (_, g) => {
    const want = definition(g, null);
    const got = await computed(g, 'bf16', 1);
    emulated.set(keyOf(false, g), got);
    for (const key of ['x', 'w', 'y'] as const) {
      expect(relativeError(got[key], want[key])).toBeLessThan(16 * 2 ** -9);
      expect(relativeError(got[key], want[key])).toBeGreaterThan(2 * 2 ** -9);
    }
    for (const threads of [2, 3]) expect(await computed(g, 'bf16', threads)).toEqual(got);
  });
});

describe('where bf16 cannot run', () => {
  const OTHERS = TEST_DEVICES.filter(({ name, missing }) => name !== 'native' && missing === null);
  it.each(OTHERS)('$name refuses it, and goes on in float32', async (device) => {
    const { plan } = allThree(ROUNDED[0]!, 'bf16');
    await withBackend(device, 0, 1, async (backend) => {
      await expect(backend.compile(plan)).rejects.toThrow(
        `precision bf16 cannot run on ${device.name}, which computes in float32 alone. Start a training in float32 (leave precision out), or use device native on a processor with AVX512-BF16`,
      );
      await backend.compile({ ...plan, precision: 'float32' });
    });
    expect(DEVICES).toContain(device.name);
  });

  it.skipIf(native.missing)('native trains with the instructions, or names what is missing', async () => {
    const missing = await whatIsMissing();
    const making = DCGAN.create({ preset: 'tiny', precision: 'bf16', device: 'native', threads: 2 });
    if (missing) {
      expect(missing.message).toMatch(/^this processor \(.+\) has no AVX512-BF16$|does not know AVX512-BF16/);
      await expect(making).rejects.toThrow(`precision bf16 cannot run here: ${missing.message}. `);
    } else {
      const gan = await making;
      expect(gan.info.variant).toMatch(/ \+ avx512 bf16 (amx )?/);
      await gan.dispose();
    }
  });
});

it.skipIf(native.missing || process.arch !== 'x64')(
  'the instructions are used where the compiler may, and give the same bits',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dcgan-bf16-'));
    try {
      const kernels = fileURLToPath(new URL('../kernels/', import.meta.url));
      for (const unit of ['conv.c', 'filter.c', 'winograd.c']) {
        const output = join(folder, `${unit}.s`);
        const flags = ['-march=x86-64-v3', '-mavx512f', '-mavx512bf16', '-O1', '-std=gnu17', '-fPIC', '-DDCGAN_BF16', '-S', '-o', output]; // biome-ignore format: short
        execFileSync('cc', [...flags, unit], { cwd: kernels });
        expect([unit, readFileSync(output, 'utf8').includes('vdpbf16ps')]).toEqual([unit, true]);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    if (await whatIsMissing()) return;
    onTestFinished(() => emulateBf16(null));
    const shapes = [...ROUNDED, ...EDGES, ...AT_POINTS];
    for (const unit of (await whyNoMatrixUnit(await usableCompiler())) === null ? [false, true] : [false]) {
      emulateBf16(8, unit);
      for (const g of shapes.filter((g) => !emulated.has(keyOf(unit, g))))
        emulated.set(keyOf(unit, g), await computed(g, 'bf16', 2));
      emulateBf16(null, unit);
      for (const g of shapes) expect(await computed(g, 'bf16', 2)).toEqual(emulated.get(keyOf(unit, g)));
    }
  },
  600_000,
);

/** A compiler that says what code for this machine may use, and nothing else. */
const knowing = (macros: string): Compiler => ({
  command: ['sh', '-c', `echo '${macros}'`],
  environment: process.env,
  banner: 'gcc 10.2.1',
  name: 'gcc-10.2.1',
});

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('the matrix unit (of x86-64 on Linux)', () => {
  const [having, lacking] = ['flags : avx512_bf16 amx_bf16 amx_tile', 'flags : avx512_bf16'];
  const knows = knowing('#define __AMX_BF16__ 1');
  const given = async () => null;
  const refusal = 'the system does not let this process use it (arch_prctl: error 22)';
  const refused = async () => refusal;

  it.each([
    ['is used where processor, compiler and system have it', knows, having, given, null],
    ['is nothing to speak of where the processor has none', knows, lacking, refused, ''],
    ['is unknown to an old compiler', knowing(''), having, given, 'gcc-10.2.1 does not use it (gcc 11, clang 12 and newer do)'], // biome-ignore format: a table
    ['is refused by a sandbox', knows, having, refused, refusal],
  ] as const)('%s', async (_, compiler, features, ask, want) => {
    expect(await whyNoMatrixUnit(compiler, features, ask)).toBe(want);
  });
});
