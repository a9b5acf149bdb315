// One training step of batches that take the fast convolutions, against PyTorch in double precision
// (test/golden/options.py), on every device. A unit beside the kink of its activation may fall on
// either side. These tests show that the rule for such units (src/gan/golden-kinks.ts) lets them,
// and nothing else. test/golden.test.ts replays the same files with kernels of other widths.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeTensors } from '../src/checkpoint/safetensors.ts';
import { openDataset } from '../src/data/open.ts';
import { type Replayed, replayGolden } from '../src/gan/golden.ts';
import { judgeGolden, OUTPUT_BOUND } from '../src/gan/golden-judge.ts';
import { type Kink, KinkRule, type Named } from '../src/gan/golden-kinks.ts';
import { TEST_DEVICES, title } from './support/devices.ts';

const FOLDER = new URL('golden/batches/', import.meta.url);
const [SMALL, LARGE] = ['batch_16.safetensors', 'batch_40.safetensors'];
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, FOLDER)));
const data = openDataset();

/** The units beside a kink that PyTorch found, and how far the gradients go when each is turned. */
interface Listed {
  readonly shape: readonly number[];
  readonly index: number;
  readonly share: number;
  readonly change: Readonly<Record<string, number>>;
}

const failing = (bytes: Uint8Array, name: string, replayed: Replayed): string[] =>
  judgeGolden(bytes, name, replayed)
    .worst.filter(({ ratio }) => !(ratio <= 1))
    .map(({ group, tensor, detail }) => `${group}: ${tensor} ${detail}`);

/** Groups that a replay misses after units beside a kink were put where it has them. */
function settled(bytes: Uint8Array, name: string, replayed: Replayed, rule?: KinkRule): string[] {
  if (failing(bytes, name, replayed).length === 0) return [];
  return failing((rule ?? new KinkRule(bytes, name, data)).settle(replayed).bytes, name, replayed);
}

describe.each(TEST_DEVICES)('fast convolutions', (device) => {
  describe.skipIf(device.missing)(title(device), () => {
    // On the reference the larger batch takes long and shows nothing more.
    it.each(device.name === 'reference' ? [SMALL] : [SMALL, LARGE])('%s meets every bound', async (name) => {
      const bytes = read(name);
      const replayed = await replayGolden(bytes, name, data, { device: device.name, threads: 2 });
      expect(settled(bytes, name, replayed)).toEqual([]);
    });
  });
});

describe('the rule for units beside a kink', () => {
  const bytes = read(SMALL);
  const golden = decodeTensors(bytes, SMALL);
  let rule: KinkRule;
  let kinks: readonly Kink[];
  let before: Named;
  let replayed: Replayed;
  beforeAll(async () => {
    rule = new KinkRule(bytes, SMALL, data);
    before = rule.exact.tensors();
    kinks = [...rule.kinks].sort((a, b) => a.share - b.share);
    // A replay without any deviation, whose units are all on the side of float64.
    const made = await replayGolden(bytes, SMALL, data, { device: 'cpu', threads: 2 });
    replayed = { ...made, tensors: new Map([...golden.tensors].map(([name, values]) => [name, values.data])) };
  });

  /** The replay with `part` of the difference that `after` makes. */
  const changed = (after: Named, part = 1): Replayed => {
    const tensors = [...replayed.tensors].map(([name, values]): [string, Float32Array] => {
      const [to, from] = [after.get(name), before.get(name)];
      return [name, to && from ? values.map((value, i) => value + part * (to[i]! - from[i]!)) : values];
    });
    return { ...replayed, tensors: new Map(tensors) };
  };

  it('knows the units that PyTorch finds, and what each changes', () => {
    const listed = (JSON.parse(golden.metadata.kinks!) as Listed[]).sort((a, b) => a.share - b.share);
    expect(kinks.map(({ layer, index }) => [layer.shape, index])).toEqual(
      listed.map(({ shape, index }) => [shape, index]),
    );
    expect(kinks.length).toBeGreaterThan(2);
    kinks.forEach((kink, k) => {
      expect(Math.abs(kink.share - listed[k]!.share)).toBeLessThan(1e-9);
      for (const [name, want] of Object.entries(listed[k]!.change)) {
        const [a, b] = [rule.others.get(kink)!.get(name)!, before.get(name)!];
        const norm = Math.hypot(...Array.from(a, (value, i) => value - b[i]!));
        // There the unit's value changes sides too, which is a part of 1e-5 of the step at most.
        expect(Math.abs(norm - want), name).toBeLessThan(1e-3 * want + 1e-7);
      }
    });
  });

  it('lets each of them, and all together, fall on the other side', () => {
    const all = rule.exact.tensors(kinks);
    for (const [units, after] of [
      ...[...rule.others].map(([kink, after]) => [[kink], after] as const),
      [kinks, all] as const,
    ]) {
      const other = changed(after);
      expect(failing(bytes, SMALL, other)).not.toEqual([]);
      const { bytes: moved, turned } = rule.settle(other);
      expect(turned.map(({ share }) => share).sort((a, b) => a - b)).toEqual(units.map(({ share }) => share));
      expect(failing(moved, SMALL, other)).toEqual([]);
    }
  });

  it('refuses half of such a change, a unit that is not beside a kink, and any other error', () => {
    expect(settled(bytes, SMALL, changed(rule.others.get(kinks[0]!)!, 0.5), rule)).not.toEqual([]);
    const far = rule.exact.kinks(3 * OUTPUT_BOUND).filter(({ share }) => Math.abs(share) > OUTPUT_BOUND);
    expect(settled(bytes, SMALL, changed(rule.exact.tensors(far.slice(0, 1))), rule)).not.toEqual([]);
    const name = 'step1/grad/discriminator/conv2/kernel';
    const off = replayed.tensors.get(name)!.map((value) => 1.001 * value);
    const wrong = { ...replayed, tensors: new Map(replayed.tensors).set(name, off) };
    expect(settled(bytes, SMALL, wrong, rule)).toEqual([expect.stringContaining(name)]);
  });
});
