// `dcgan evaluate` as a process: on a run, a checkpoint, a file and a folder; with its floors; the
// accuracy of the classifier itself; and the inputs that it refuses.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeNpy } from '../src/data/npy.ts';
import { openDataset } from '../src/data/open.ts';
import { DIGITS_FILE, openDigits } from '../src/metrics/digits.ts';
import { predictions } from '../src/metrics/figures/score.ts';
import { sha256 } from '../src/platform/sha256.ts';
import { decodePng } from '../src/render/png.ts';
import { dcgan, SMALLEST, sharedFolder } from './support/cli.ts';
import { type Said, say } from './support/main.ts';

const shared = sharedFolder();
const run = (...args: string[]): Promise<Said> => say(args, shared.path);
const report = async (...args: string[]) => JSON.parse((await run('evaluate', ...args, '--json')).stdout);
const RUN = 'runs/00001-mnist-tiny';

beforeAll(async () => {
  await run('train', ...SMALLEST);
  const test = openDataset('mnist-test');
  writeFileSync(join(shared.path, 'digits.npy'), encodeNpy(test.bytes(0, 500), [500, 28, 28]));
  // Digits in negative are none that the classifier knows.
  const negative = test.bytes(0, 500).map((value) => 255 - value);
  writeFileSync(join(shared.path, 'negative.npy'), encodeNpy(negative, [500, 28, 28]));
  const train = openDataset('mnist');
  writeFileSync(join(shared.path, 'copies.npy'), encodeNpy(train.bytes(0, 500), [500, 28, 28]));
});

describe('the classifier', () => {
  it('reads 99 % of the test set right, from less than 500 kB', async () => {
    const bytes = readFileSync(DIGITS_FILE);
    expect(bytes.length).toBeLessThan(500_000);
    const digits = await openDigits({ device: 'wasm', threads: 2 });
    const test = openDataset('mnist-test');
    const { logits } = await digits.extract(test.batch(Array.from({ length: test.count }, (_, i) => i)), test.count);
    await digits.dispose();
    const right = predictions(logits!).filter((each, n) => each === test.labels![n]).length;
    expect(right / test.count).toBeGreaterThanOrEqual(0.99);
    expect(digits.sha256).toBe(sha256(bytes));
  });
});

describe('dcgan evaluate', () => {
  it('tells samples from digits, digits from copies, and says the same twice', async () => {
    const [fresh, digits, copies, again] = [
      await report('--count', '500', '--against', 'mnist'),
      await report('digits.npy', '--against', 'mnist', '--count', '500'),
      await report('copies.npy', '--count', '500'),
      await report(RUN, '--count', '500', '--against', 'mnist'),
    ];
    expect(again).toEqual(fresh);
    expect([fresh, digits, copies].map(({ verdict }) => verdict.kind)).toEqual(['noise', 'good', 'memorised']);
    expect(fresh.source).toBe(`${RUN}/checkpoints/epoch-0001.safetensors`);
    expect(fresh.against).toEqual({ name: 'mnist', count: 60000 });
    expect(fresh.heldOut).toEqual({ name: 'mnist-test', count: 500 });
    expect(fresh.features.extractor).toEqual({ name: 'digits', sha256: sha256(readFileSync(DIGITS_FILE)) });
    const { features: of } = digits;
    expect(fresh.features.frechetDistance.value).toBeGreaterThan(20 * of.frechetDistance.value);
    expect(fresh.features.coverage.value).toBeLessThan(0.1);
    expect(of.coverage.value).toBeGreaterThan(0.9);
    expect(of.precision.value).toBeGreaterThan(0.8);
    expect(of.classes.score.value).toBeGreaterThan(9);
    expect(of.classes.histogram.reduce((a: number, b: number) => a + b)).toBe(500);
    expect(digits.slicedWasserstein[0].value).toBeLessThan(fresh.slicedWasserstein[0].value / 4);
    expect(copies.features.copying.median.value).toBe(0);
    expect(copies.features.copying.near.value).toBe(1);
    expect(of.copying.near.value).toBeLessThan(0.05);
  });

  it('compares a run with the images it was trained on, with and without --all', async () => {
    const [one, all] = [await report(RUN), await report(RUN, '--all')];
    expect([one.against, one.samples, one.heldOut]).toEqual([
      { name: 'mnist', count: 128 },
      { count: 128 },
      { name: 'mnist-test', count: 128 },
    ]);
    const { value, floor, samples } = all.epochs.at(-1);
    expect({ value, floor, samples }).toEqual({ ...one.features.frechetDistance, samples: 128 });
  });

  it('shows a table, and samples beside the nearest images', async () => {
    const line = ['evaluate', 'digits.npy', '--count', '100', '--nearest', 'pairs.png'];
    const { code, stdout, stderr } = await dcgan(line, { cwd: shared.path });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^Good: .*\.\n100 samples of digits\.npy\nagainst 60,000 images of mnist; floor: 100 of mnist-test\n/,
    );
    expect(stdout).toMatch(/Fréchet distance +\d+\.\d\d +\d+\.\d\d {2}lower is better\n/);
    const { width, height } = decodePng(readFileSync(join(shared.path, 'pairs.png')), 'pairs.png');
    expect([width, height]).toEqual([1208, 968]);
  });

  it('compares pictures that are no digits by the network for pictures, or without features', async () => {
    await run('sample', '--count', '40', '-o', 'pictures/');
    const named = await report('pictures', '--against', 'negative.npy', '--count', '40');
    expect(named.features.extractor.name).toBe('pictures');
    const own = await report('pictures', '--against', 'negative.npy', '--count', '40', '--extractor', 'none');
    expect(own.features).toBe(null);
    expect(own.slicedWasserstein.map(({ side }: { side: number }) => side)).toEqual([28, 14]);
    expect(own.heldOut.name).toBe('the other half of negative');
    const asked = await report('pictures', '--against', 'negative.npy', '--count', '40', '--extractor', 'digits');
    expect(asked.features.extractor.name).toBe('digits');
  });

  it('says how many samples of a conditional run show their class', async () => {
    await run('train', ...SMALLEST, '--cond', '--out', 'cond');
    const { features } = await report('cond', '--count', '50');
    expect(features.classes.accuracy).toBeGreaterThanOrEqual(0);
    expect(features.classes.accuracy).toBeLessThan(0.6);
  });

  it('--skip-broken leaves out what is no picture, on either side', async () => {
    await run('sample', '--count', '20', '--seed', '3', '-o', 'broken/');
    writeFileSync(join(shared.path, 'broken', 'empty.png'), '');
    for (const sides of [
      ['broken', '--against', 'negative.npy'],
      [RUN, '--against', 'broken'],
    ]) {
      const refused = await run('evaluate', ...sides, '--count', '10');
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toMatch(/empty\.png can't be used.*leave all such files out: --skip-broken\.\n$/);
      const went = await run('evaluate', ...sides, '--count', '10', '--skip-broken', '--json');
      expect([went.code, JSON.parse(went.stdout).samples]).toEqual([0, { count: 10 }]);
      expect(went.stderr).toMatch(/^Note: left out: .+\.\n/);
    }
  });

  it.each([
    [`${RUN} --skip-broken`, '--skip-broken needs --against: a run reads its own data as it did when it trained.'],
    [`${RUN} --all --skip-broken`, '--all takes a run with its own data, and no --skip-broken. Leave one of them out.'],
    [
      'nothing',
      'nothing does not exist: expected a run, a checkpoint, a folder of pictures or a .npy. Check the path.',
    ],
    ['digits.npy --count 5', '--count has an invalid value: expected a whole number from 10 to 100000, got "5".'],
    [
      'digits.npy --extractor inception',
      'the extractor is unknown: expected digits, pictures, pixels, none, or a file ending in .onnx, got inception.',
    ],
    [
      'digits.npy --nearest pairs.jpg',
      '--nearest has an unsupported ending: expected a name ending in .png, .gif, .webp or .avif, got pairs.jpg.',
    ],
  ])('%s is refused', async (line, message) => {
    const ended = await run('evaluate', ...line.split(' '));
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain(message);
  });
});
