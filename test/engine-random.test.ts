// Random numbers: the published vectors, the mapping to values, and equal numbers on every device.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from '../src/engine/compile.ts';
import { controlWords } from '../src/engine/control.ts';
import { size } from '../src/engine/graph.ts';
import { interpret } from '../src/engine/interpret.ts';
import { layoutState } from '../src/engine/layout.ts';
import { dropoutMask, normal, uniform, variable } from '../src/engine/ops/index.ts';
import { drawBlock, philox, words } from '../src/engine/random.ts';
import { TEST_DEVICES, title, withBackend } from './support/devices.ts';
import { values } from './support/values.ts';

describe('Philox-4x32-10', () => {
  // Known answers of the Random123 distribution (Salmon et al., 2011), file kat_vectors.
  const all = 0xffffffff;
  it.each([
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [[all, all, all, all], [all, all], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ] as const)('counter %o key %o', (counter, key, expected) => {
    const hex = philox(counter, key).map((word) => word.toString(16).padStart(8, '0'));
    expect(hex.join(' ')).toBe(expected);
  });

  it('takes seeds and steps up to 2^53 apart', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (seed, step) => {
        const [low, high] = words(seed);
        expect(high * 2 ** 32 + low).toBe(seed);
        expect(drawBlock({ seed, step }, 3, 5)).toEqual(philox([5, 3, ...words(step)], words(seed)));
      }),
    );
  });
});

const SHAPE = [37, 29];
const DRAWS = {
  uniform: uniform(SHAPE, { name: 'u', stream: 5, site: 0 }),
  normal: normal(SHAPE, { name: 'n', stream: 6, site: 3 }),
  mask: dropoutMask(SHAPE, 0.3, { name: 'm', stream: 7, site: 31 }),
};
const STATE = layoutState([variable('unused', [1])]);
const PLAN = compile({ name: 'draws', outputs: DRAWS, updates: new Map() }, STATE);
const KEY = { seed: 2 ** 52 + 12345, step: 2 ** 33 + 9 };

describe.each(TEST_DEVICES)('draws', (device) => {
  describe.skipIf(device.missing)(title(device), () => {
    const run = (injected: Readonly<Record<string, Float32Array>> = {}): Promise<Map<string, Float32Array>> =>
      withBackend(device, STATE.floats, 2, async (backend) => {
        const executable = await backend.compile(PLAN);
        const sites = Object.keys(injected).map((name) => PLAN.injections.get(name)!.site);
        for (const [name, data] of Object.entries(injected))
          await backend.write(PLAN.injections.get(name)!.address, data);
        await backend.write(PLAN.control, controlWords(KEY, sites));
        await backend.run(executable);
        const entries = [...PLAN.outputs].map(
          async ([name, { address }]) => [name, await backend.read(address, size(SHAPE))] as const,
        );
        return new Map(await Promise.all(entries));
      });
    const [u, n, m] = interpret(Object.values(DRAWS), { key: KEY, feeds: new Map() }, 'float32') as Float32Array[];

    it('are the reference to the bit, normals to the last digits', async () => {
      const got = await run();
      expect(got.get('uniform')).toEqual(u);
      expect(got.get('mask')).toEqual(m);
      const worst = got.get('normal')!.reduce((top, value, i) => Math.max(top, Math.abs(value - n![i]!)), 0);
      expect(worst).toBeLessThan(2e-6);
    });

    it('give way to injected values, each by itself', async () => {
      const injected = values(SHAPE, 4);
      const got = await run({ m: injected });
      expect(got.get('mask')).toEqual(injected);
      expect(got.get('uniform')).toEqual(u);
    });
  });
});

it('values have the distribution they claim', () => {
  const of = (draw: keyof typeof DRAWS, shape: number[]): Float32Array => {
    const source = { name: 'x', stream: 1, site: 0 };
    const node = { uniform, normal, mask: (s: number[], d: typeof source) => dropoutMask(s, 0.3, d) }[draw](
      shape,
      source,
    );
    return interpret([node], { key: { seed: 1, step: 1 }, feeds: new Map() })[0] as Float32Array;
  };
  const mean = (data: Float32Array, f: (x: number) => number): number =>
    data.reduce((t, x) => t + f(x), 0) / data.length;
  const many = [40000];
  const normals = of('normal', many);
  expect(mean(normals, (x) => x)).toBeCloseTo(0, 1);
  expect(mean(normals, (x) => x * x)).toBeCloseTo(1, 1);
  expect(mean(normals, (x) => x ** 4)).toBeGreaterThan(2.8);
  expect(mean(normals, (x) => x ** 4)).toBeLessThan(3.2);
  expect(mean(of('uniform', many), (x) => x)).toBeCloseTo(0.5, 2);
  expect(mean(of('mask', many), (x) => (x === 0 ? 1 : 0))).toBeCloseTo(0.3, 2);
});
