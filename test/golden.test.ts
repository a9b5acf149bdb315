// Compares every device with eight training steps of TensorFlow's, computed in double precision, and
// the reference with the first of them. It also proves that the comparison would notice an error: in
// each group one tensor off by one per cent, one NaN, and one missing tensor. In bf16 the bounds are
// wider, and two bits less break every one. test/long/golden.test.ts has what takes minutes.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { decodeTensors, encodeTensors } from '../src/checkpoint/safetensors.ts';
import { openDataset } from '../src/data/open.ts';
import { emulateBf16 } from '../src/engine/backends/native/bf16.ts';
import { replayGolden } from '../src/gan/golden.ts';
import { judgeGolden } from '../src/gan/golden-judge.ts';
import { TEST_DEVICES } from './support/devices.ts';
import { describeReplay, GOLDEN, NAME, ONE_OF_EACH_GROUP, replayedBf16 } from './support/golden.ts';

const quick = TEST_DEVICES.filter(({ name }) => name !== 'reference');
const first = quick.find(({ missing }) => missing === null);

describe.each(quick)('golden replay', (device) => {
  // The comparison is the same for all devices, and test/long compares on each.
  describeReplay(device, device === first);
});

it('one step of the reference meets the bounds of the first step; test/long has all eight', async () => {
  const { tensors, metadata } = decodeTensors(GOLDEN, NAME);
  const made = await replayGolden(encodeTensors(tensors, { ...metadata, steps: '1' }), NAME, openDataset(), {
    device: 'reference',
  });
  const ofFirst = judgeGolden(GOLDEN, NAME, made).worst.filter(({ group }) => group.startsWith('first '));
  expect(ofFirst.map(({ group }) => group).sort()).toEqual(['first gradients', 'first outputs']);
  expect(ofFirst.filter(({ ratio }) => !(ratio <= 1))).toEqual([]);
}, 600_000);

it('replays any file in the format: another preset, seed, batch, number of reals and steps', async () => {
  // The reference made it, and TensorFlow's file vouches for the reference. It is judged on the
  // fastest device here.
  const metadata = { preset: 'tiny', seed: '5', batch: '2', real: '1', steps: '1' };
  const request = encodeTensors(new Map(), metadata);
  const made = await replayGolden(request, 'request', openDataset(), { device: 'reference' });
  const shaped = [...made.tensors].map(([name, data]) => [name, { shape: [data.length], data }] as const);
  const file = encodeTensors(new Map(shaped), metadata);
  const fastest = await replayGolden(file, 'tiny', openDataset());
  const report = judgeGolden(file, 'tiny', fastest);
  expect(report.worst.filter(({ ratio }) => !(ratio <= 1))).toEqual([]);
  expect(report.worst).toHaveLength(7);
}, 600_000);

it('refuses files that are no golden ones', async () => {
  const { tensors } = decodeTensors(GOLDEN, NAME);
  const without = encodeTensors(tensors, { preset: 'tf2018', seed: '2', batch: '8', real: '6' });
  await expect(replayGolden(without, 'some file', openDataset())).rejects.toThrow(
    'some file: metadata steps: expected a whole number above 0, got none. Give a file in the golden format.',
  );
});

// The golden file's batch is too small for the fast convolutions, so the kernels are built once
// more with a lower limit.
const NATIVE = TEST_DEVICES.filter(({ name }) => name === 'native');
const lacksNative = NATIVE.some(({ missing }) => missing !== null);

/** What scripts/golden.mjs prints for kernels that `command` compiles, on all files that it takes. */
async function replayedBy(command: string): Promise<string> {
  const script = fileURLToPath(new URL('../scripts/golden.mjs', import.meta.url));
  const files = [NAME, 'batches/batch_16.safetensors', 'batches/batch_40.safetensors'].map((name) =>
    fileURLToPath(new URL(`golden/${name}`, import.meta.url)),
  );
  const env = { ...process.env, CC: command };
  const run = promisify(execFile)(process.execPath, [script, ...files, '--device', 'native'], { env });
  return (await run.catch((error: { readonly stdout: string }) => error)).stdout;
}
const compiler = process.env.CC ?? 'cc';
/** The groups of tensors that a report calls passed; names fill 18 characters there. */
const passed = (report: string): string[] =>
  [...report.matchAll(/^pass {2}(.{18})/gm)].map(([, name = '']) => name.trim());

it.each(NATIVE)('fast convolutions of any width meet every bound on $name', { skip: lacksNative }, async () => {
  const narrow = process.arch === 'x64' ? '-mno-avx512f' : '';
  const reports = [];
  for (const width of new Set(['', narrow])) reports.push(await replayedBy(`${compiler} -DWINO_LEAST=1 ${width}`));
  for (const report of reports) {
    expect(passed(report)).toHaveLength(3 * 7);
    // The direct kernels take 8 per cent of this bound. Points that lose digits take 40.
    const [, off, allowed] = /^pass {2}first outputs .* (\S+) of (\S+) allowed$/m.exec(report) ?? [];
    expect(Number(off) / Number(allowed)).toBeLessThan(0.2);
  }
  expect(reports[0]).not.toBe(await replayedBy(compiler));
});

describe.each(NATIVE)('bf16 on $name', ({ missing }) => {
  afterEach(() => emulateBf16(null));

  it.skipIf(missing)('by the matrix unit meets the same bounds', async () => {
    expect(judgeGolden(GOLDEN, NAME, await replayedBf16(8, true)).worst.filter(({ ratio }) => !(ratio <= 1))).toEqual(
      [],
    );
  });

  it.skipIf(missing)('meets its own bounds, and 6 bits none', async () => {
    const exceeded = async (bits: number): Promise<string[]> =>
      judgeGolden(GOLDEN, NAME, await replayedBf16(bits))
        .worst.filter(({ ratio }) => !(ratio <= 1))
        .map(({ group }) => group);
    expect(await exceeded(8)).toEqual([]);
    expect((await exceeded(6)).sort()).toEqual(Object.keys(ONE_OF_EACH_GROUP).sort());
  });
});
