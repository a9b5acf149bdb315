// What `dcgan export` writes beside ONNX: one network alone, folders for PyTorch, Keras and the
// Hugging Face hub, the metrics as a table; where it writes, and what it refuses.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { unzipSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import { verify } from '../src/checkpoint/checksum.ts';
import { fromHalf, toHalf } from '../src/checkpoint/half.ts';
import { decodeTensors, encodeParts } from '../src/checkpoint/safetensors.ts';
import { EXPORT_KINDS, exportSnapshot } from '../src/export/kinds.ts';
import { makeModel } from '../src/gan/model.ts';
import { readSnapshot } from '../src/gan/snapshot-file.ts';
import { dcgan, SMALLEST, sharedFolder } from './support/cli.ts';
import { MODELS, trained } from './support/exported.ts';
import { type Said, say } from './support/main.ts';

const shared = sharedFolder();
const RUN = 'runs/00001-mnist-tiny';
const CHECKPOINT = `${RUN}/checkpoints/epoch-0001.safetensors`;
const run = (...args: string[]): Promise<Said> => say(args, shared.path);
const at = (name: string): string => join(shared.path, name);
const text = (name: string): string => readFileSync(at(name), 'utf8');

beforeAll(async () => {
  const { code, stderr } = await run('train', ...SMALLEST, '--evaluate-every', '1', '--ema', '0.9');
  expect([code, stderr]).toEqual([0, '']);
});

it('every form has a row in docs/export.md', () => {
  const docs = readFileSync(new URL('../docs/export.md', import.meta.url), 'utf8');
  const table = docs.slice(docs.indexOf('| `--to` |')).split('\n\n')[0]!;
  const rows = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
  expect(rows.sort()).toEqual([...EXPORT_KINDS, 'html', 'csv'].sort());
});

describe('safetensors', () => {
  it('holds the moving average under the names of the generator, with a checksum', async () => {
    const said = await dcgan(['export', '--to', 'safetensors'], { cwd: shared.path });
    expect(said).toMatchObject({
      code: 0,
      stderr: '',
      stdout: `generator of ${CHECKPOINT} as safetensors: generator.safetensors, 0.4 MB\n`,
    });
    const bytes = readFileSync(at('generator.safetensors'));
    verify(bytes, 'generator.safetensors');
    const { tensors, metadata } = decodeTensors(bytes, 'generator.safetensors');
    const snapshot = readSnapshot(at(CHECKPOINT));
    const { generator, average } = makeModel(snapshot.config);
    expect([...tensors.keys()].sort()).toEqual(generator.all.map(({ name }) => name).sort());
    generator.all.forEach(({ name }, i) => {
      const want = snapshot.tensors.get(average!.variables.all[i]!.name)!;
      expect(tensors.get(name)!.shape).toEqual(want.shape);
      expect(tensors.get(name)!.data).toEqual(want.data);
    });
    expect(metadata).toMatchObject({ format: 'dcgan-generator-1', epoch: '1', step: '2', seed: '7' });
    expect(JSON.parse(metadata.config!)).toEqual(snapshot.config);
  });

  it('holds the nearest numbers of float16 with --half, in half the bytes', async () => {
    expect((await run('export', RUN, '--to', 'safetensors', '--half', '-o', 'half.safetensors')).code).toBe(0);
    const bytes = readFileSync(at('half.safetensors'));
    const length = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.subarray(8, 8 + length).toString());
    const snapshot = readSnapshot(at(CHECKPOINT));
    const want = snapshot.tensors.get('ema/generator/fc1/kernel')!.data;
    const { dtype, data_offsets: offsets } = header['generator/fc1/kernel'];
    expect(dtype).toBe('F16');
    expect(offsets[1] - offsets[0]).toBe(2 * want.length);
    const first = 8 + length + offsets[0];
    for (let i = 0; i < want.length; i += 997) {
      const got = fromHalf(bytes.readUInt16LE(first + 2 * i));
      expect(Math.abs(got - want[i]!)).toBeLessThanOrEqual(Math.abs(want[i]!) * 2 ** -11 + 2 ** -25);
    }
  });

  it('holds the discriminator alone when asked', async () => {
    expect((await run('export', '--to', 'safetensors', '--network', 'discriminator')).code).toBe(0);
    const { tensors } = decodeTensors(readFileSync(at('discriminator.safetensors')), 'd');
    expect([...tensors.keys()].every((name) => /^discriminator\/\w+\/(kernel|bias)$/.test(name))).toBe(true);
  });

  it('is no checkpoint, and says so', async () => {
    await run('export', '--to', 'safetensors', '-o', 'drawing.safetensors');
    expect(await run('info', 'drawing.safetensors')).toMatchObject({
      code: 1,
      stderr:
        'dcgan: drawing.safetensors is not a checkpoint of dcgan: expected format dcgan-1, got dcgan-generator-1. ' +
        'It holds one network alone: give the checkpoint that it was exported from.\n',
    });
  });

  it('rounds to the nearest float16, halves to even', () => {
    const known: [number, number][] = [
      [0, 0],
      [-0, 0x8000],
      [1, 0x3c00],
      [-2, 0xc000],
      [65504, 0x7bff],
      [65519, 0x7bff],
      [65520, 0x7c00],
      [Number.POSITIVE_INFINITY, 0x7c00],
      [2 ** -24, 1],
      [2 ** -25, 0],
      [2 ** -25 * 1.001, 1],
      [3 * 2 ** -25, 2],
      [2 ** -14 - 2 ** -25, 0x0400],
      [1 + 2 ** -11, 0x3c00],
      [1 + 3 * 2 ** -11, 0x3c02],
    ];
    for (const [value, bits] of known) expect([value, toHalf(Float32Array.of(value))[0]]).toEqual([value, bits]);
    expect(fromHalf(toHalf(Float32Array.of(Number.NaN))[0]!)).toBeNaN();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7bff }), (bits) => {
        const value = fromHalf(bits);
        expect(toHalf(Float32Array.of(value, -value))).toEqual(Uint16Array.of(bits, bits | 0x8000));
        const middle = (value + fromHalf(bits + 1)) / 2;
        if (Number.isFinite(middle)) expect(toHalf(Float32Array.of(middle))[0]).toBe(bits + (bits & 1));
      }),
    );
  });

  it('refuses what float16 cannot hold', () => {
    const tensors = new Map([['large', { shape: [2], data: Float32Array.of(1, -7e4) }]]);
    expect(() => encodeParts(tensors, {}, 'F16')).toThrow(/tensor large does not fit into float16.*-70000/);
  });
});

describe('folders', () => {
  it('pytorch: weights, and a module that crops as SAME does', async () => {
    expect(await run('export', '--to', 'pytorch', '-o', 'torch')).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(at('torch')).sort()).toEqual(['model.py', 'weights.safetensors']);
    const module = text('torch/model.py');
    expect(module).toContain('self.dense = nn.Linear(100, 784)');
    expect(module).toContain('x = self.conv1(x)[:, :, 2:-2, 2:-2]');
    expect(module).toContain('x = self.conv2(x)[:, :, 1:-2, 1:-2]');
    const { tensors } = decodeTensors(readFileSync(at('torch/weights.safetensors')), 'w');
    expect(Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]))).toEqual({
      'dense.weight': [784, 100],
      'dense.bias': [784],
      'conv1.weight': [16, 16, 5, 5],
      'conv1.bias': [16],
      'conv2.weight': [16, 8, 5, 5],
      'conv2.bias': [8],
      'conv3.weight': [8, 1, 5, 5],
      'conv3.bias': [1],
    });
  });

  it('keras: arrays of float32 as numpy reads them, in the shapes of Keras', async () => {
    expect(await run('export', '--to', 'keras', '-o', 'keras')).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(at('keras')).sort()).toEqual(['model.py', 'weights.npz']);
    const arrays = unzipSync(readFileSync(at('keras/weights.npz')));
    const heads = Object.entries(arrays).map(([name, bytes]) => [name, Buffer.from(bytes).toString('latin1', 10, 90)]);
    expect(Object.fromEntries(heads)['conv2.kernel.npy']).toContain(
      "'descr': '<f4', 'fortran_order': False, 'shape': (5, 5, 8, 16)",
    );
    expect(text('keras/model.py')).toContain(
      'x = layers.Conv2DTranspose(8, 5, strides=2, padding="same", name="conv2")(x)',
    );
  });

  it('huggingface: the same with a card that says data, figures, licence and use', async () => {
    expect(await run('export', RUN, '--to', 'huggingface', '--license', 'mit', '-o', 'hub')).toMatchObject({ code: 0 });
    expect(readdirSync(at('hub')).sort()).toEqual([
      'README.md',
      'config.json',
      'model.py',
      'samples.png',
      'weights.safetensors',
    ]);
    const card = text('hub/README.md');
    expect(card).toMatch(/^---\nlicense: mit\npipeline_tag: unconditional-image-generation\n/);
    expect(card).toContain('| data | 128 images of mnist |');
    expect(card).toMatch(/\| Fréchet distance \| \d+\.\d\d \| \d+\.\d\d \|/);
    expect(card).toContain('![Samples](samples.png)');
    expect(JSON.parse(text('hub/config.json'))).toMatchObject({ network: 'generator', config: { preset: 'tiny' } });
  });

  it('are the same bytes for the same state', async () => {
    const { gan, snapshot } = await trained(MODELS['best with classes']!);
    await gan.dispose();
    for (const kind of ['pytorch', 'keras', 'huggingface'] as const)
      expect(exportSnapshot(snapshot, kind, {})).toEqual(exportSnapshot(snapshot, kind, {}));
  });
});

describe('csv', () => {
  it('has a row for each line of metrics.jsonl', async () => {
    expect(await run('export', RUN, '--to', 'csv')).toMatchObject({
      code: 0,
      stdout: `metrics of ${RUN}: metrics.csv\n`,
    });
    const [head, ...rows] = text('metrics.csv').trimEnd().split('\r\n');
    const lines = text(`${RUN}/metrics.jsonl`)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const columns = head!.split(',');
    const found = rows.map((row) => Object.fromEntries(row.split(',').map((field, i) => [columns[i], field])));
    expect(found.map(({ type }) => type)).toEqual(['step', 'step', 'epoch', 'evaluation']);
    found.forEach((row, i) => {
      for (const column of columns) expect(row[column]).toBe(lines[i][column] == null ? '' : String(lines[i][column]));
    });
  });

  it('wants a run, and no option of a network', async () => {
    writeFileSync(at('alone.safetensors'), readFileSync(at(CHECKPOINT)));
    expect(await run('export', 'alone.safetensors', '--to', 'csv')).toMatchObject({
      code: 2,
      stderr: 'dcgan: a checkpoint alone has no metrics: expected a run, got alone.safetensors.\n',
    });
    expect(await run('export', '--to', 'csv', '--half')).toMatchObject({
      code: 2,
      stderr: 'dcgan: --half has no meaning for csv. Leave it out.\n',
    });
  });
});

describe('where it goes', () => {
  it('refuses options of another form, and says which it takes', async () => {
    expect(await run('export', '--to', 'safetensors', '--pixels', 'bytes')).toMatchObject({
      code: 2,
      stderr:
        'dcgan: --pixels has no meaning for safetensors: expected options of safetensors: network, half. Leave it out.\n',
    });
    expect(await run('export')).toMatchObject({ code: 2 });
    expect(await run('export', '--to', 'onxn')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean onnx?'),
    });
    expect(await run('export', '--to', 'huggingface', '--license', 'my own: x')).toMatchObject({ code: 2 });
  });

  it('writes over no checkpoint, and into no folder that holds something', async () => {
    const before = readFileSync(at(CHECKPOINT));
    expect(await run('export', '--to', 'safetensors', '-o', CHECKPOINT)).toMatchObject({
      code: 2,
      stderr: `dcgan: ${CHECKPOINT} would be written over itself. Choose another name.\n`,
    });
    expect(readFileSync(at(CHECKPOINT)).equals(before)).toBe(true);
    mkdirSync(at('full'));
    writeFileSync(at('full/kept.txt'), 'kept');
    expect(await run('export', '--to', 'pytorch', '-o', 'full')).toMatchObject({
      code: 2,
      stderr: 'dcgan: full holds something already: expected a new or empty folder. Choose another name: -o FOLDER.\n',
    });
    expect(readdirSync(at('full'))).toEqual(['kept.txt']);
    expect(await run('export', '--to', 'pytorch', '-o', 'full/kept.txt')).toMatchObject({ code: 2 });
  });
});
