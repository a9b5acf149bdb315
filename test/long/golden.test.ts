// The golden file's eight steps on the reference, which takes a minute, and on every device the proof
// that the comparison notices an error. In bf16 the fast convolutions, for which the kernels are built
// twice. test/golden.test.ts has one step of the reference, eight of the other devices, and the proof
// on one.
import { afterEach, describe, expect, it } from 'vitest';
import { emulateBf16 } from '../../src/engine/backends/native/bf16.ts';
import { judgeGolden } from '../../src/gan/golden-judge.ts';
import { TEST_DEVICES } from '../support/devices.ts';
import { describeReplay, GOLDEN, NAME, replayedBf16 } from '../support/golden.ts';

describe.each(TEST_DEVICES)('golden replay', (device) => {
  describeReplay(device, true);
});

describe.each(TEST_DEVICES.filter(({ name }) => name === 'native'))('bf16 on $name', ({ missing }) => {
  afterEach(() => emulateBf16(null));

  it.skipIf(missing)('by fast convolutions meets the bounds of one bit less, and not its own', async () => {
    const before = process.env.CC;
    process.env.CC = `${before ?? 'cc'} -DWINO_LEAST=1`;
    try {
      const made = await replayedBf16(8);
      expect(judgeGolden(GOLDEN, NAME, made, 7).worst.filter(({ ratio }) => !(ratio <= 1))).toEqual([]);
      expect(judgeGolden(GOLDEN, NAME, made).passed).toBe(false);
      expect(judgeGolden(GOLDEN, NAME, await replayedBf16(6), 7).passed).toBe(false);
    } finally {
      if (before === undefined) delete process.env.CC;
      else process.env.CC = before;
    }
  });
});
