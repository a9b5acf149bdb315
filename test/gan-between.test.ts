// What lies between two samples: noise on a great circle and shares of classes in equal steps.
import { expect, it } from 'vitest';
import { mixedClasses, spherical } from '../src/gan/between.ts';

it('goes along a great circle, both ends included', () => {
  const [a, b] = [Float32Array.of(2, 0, 0), Float32Array.of(0, 2, 0)];
  const way = spherical(a, b, 5);
  const vectors = Array.from({ length: 5 }, (_, i) => way.subarray(3 * i, 3 * i + 3));
  expect(vectors[0]).toEqual(a);
  expect(vectors[4]).toEqual(b);
  vectors.forEach((vector, i) => {
    const angle = (i * Math.PI) / 8;
    expect(vector[0]).toBeCloseTo(2 * Math.cos(angle), 6);
    expect(vector[1]).toBeCloseTo(2 * Math.sin(angle), 6);
  });
  expect(spherical(a, a, 2)).toEqual(Float32Array.of(2, 0, 0, 2, 0, 0));
  expect(spherical(a, b, 1)).toEqual(a);
});

it('mixes classes in equal steps', () => {
  expect(mixedClasses(2, 0, 3, 3)).toEqual(Float32Array.of(0, 0, 1, 0.5, 0, 0.5, 1, 0, 0));
  expect(mixedClasses(1, 1, 2, 2)).toEqual(Float32Array.of(0, 1, 0, 1));
  expect(mixedClasses(1, 0, 1, 2)).toEqual(Float32Array.of(0, 1));
});

it('refuses what has no way between it', () => {
  const a = Float32Array.of(1, 2);
  expect(() => spherical(a, Float32Array.of(1), 3)).toThrow('spherical: the two noise vectors differ in length');
  expect(() => spherical(a, a, 0)).toThrow('spherical: steps cannot be 0');
  expect(() => mixedClasses(0, 3, 2, 3)).toThrow('mixedClasses: there is no class 3');
  expect(() => mixedClasses(0, 1, 1.5, 3)).toThrow('mixedClasses: steps cannot be 1.5');
});
