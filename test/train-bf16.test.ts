// Training in bf16, in plain C where the machine lacks the instructions: repeatable, recorded,
// resumed to the bit on any number of threads; and what it trained makes images everywhere, also
// where it could not be trained.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { audit, chooseInterval } from '../src/cli/checks/audit.ts';
import { checkResume } from '../src/cli/checks/resume.ts';
import { openDataset } from '../src/data/open.ts';
import { emulateBf16, whatIsMissing } from '../src/engine/backends/native/bf16.ts';
import { DCGAN } from '../src/gan/dcgan.ts';
import { readRunConfig } from '../src/train/run.ts';
import { train } from '../src/train/train.ts';
import { TEST_DEVICES, title } from './support/devices.ts';

const native = TEST_DEVICES.find(({ name }) => name === 'native')!;
const data = openDataset('mnist').limit(160);
const TINY = { preset: 'tiny', precision: 'bf16', device: 'native', seed: 4 } as const;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dcgan-bf16-'));
  emulateBf16();
});
afterEach(() => {
  emulateBf16(null);
  rmSync(folder, { recursive: true, force: true });
});

async function trained(options: Parameters<typeof train>[0]): Promise<string> {
  let place = '';
  for await (const event of train(options)) if (event.type === 'run') place = event.folder;
  return place;
}

describe.skipIf(native.missing)(`bf16 on ${title(native)}`, () => {
  it('any number of threads gives the same bits, which are not those of float32', async () => {
    const states = [];
    for (const [threads, precision] of [
      [1, 'bf16'],
      [2, 'bf16'],
      [3, 'bf16'],
      [2, 'float32'],
    ] as const) {
      // biome-ignore format: a table
      const gan = await DCGAN.create({ ...TINY, threads, precision });
      for (let step = 0; step < 3; step++) await gan.step(data.batch(Array.from({ length: 40 }, (_, i) => i)));
      states.push(await gan.tensors());
      await gan.dispose();
    }
    expect(states[1]).toEqual(states[0]);
    expect(states[2]).toEqual(states[0]);
    expect(states[3]).not.toEqual(states[0]);
  });

  it('an interrupted training ends in the bits of a straight one', async () => {
    const { difference, variant, steps } = await checkResume({ ...TINY, threads: 2 }, data);
    expect(difference).toBe(null);
    expect(steps).toBe(6);
    expect(variant).toContain(' bf16 ');
  });

  it('can be audited where it was trained', async () => {
    const out = await trained({ ...TINY, threads: 2, data, out: join(folder, 'run'), epochs: 2 });
    const record = readRunConfig(out);
    const found = await audit(out, record, chooseInterval(out, record, 0), data, 1);
    expect(found).toMatchObject({ difference: null, lineDifference: null, startDifference: null, startChecked: true });
    expect(found.variant).toBe(record.notes.variant);
  });

  it('is part of the run: recorded, kept by a resume, and not to be changed', async () => {
    const out = await trained({ ...TINY, threads: 2, data, out: join(folder, 'run'), epochs: 1 });
    const { config, notes } = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
    expect(config.precision).toBe('bf16');
    expect(notes.variant).toMatch(/^\w+ \S+ \w+ \+ \w+ bf16 emulated in 8 bits /);
    await expect(trained({ resume: out, data, epochs: 2, precision: 'float32' })).rejects.toThrow(
      'precision cannot change when a run is resumed: expected "bf16", got "float32"',
    );
    await trained({ resume: out, data, epochs: 2, device: 'native' });
    expect(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'))).toMatchObject({ config: { precision: 'bf16' } });
  });

  it('makes images in float32: the same on devices that cannot train in it, which say so in its next step', async () => {
    const gan = await DCGAN.create({ ...TINY, threads: 2 });
    const batch = data.batch(Array.from({ length: 8 }, (_, i) => i));
    await gan.step(batch);
    const bytes = await gan.toBytes();
    const images = await gan.generate(4, { seed: 1 });
    await gan.dispose();
    emulateBf16(null);
    for (const device of ['native', 'wasm'] as const) {
      const loaded = await DCGAN.load(bytes, { device, threads: 2 });
      expect(loaded.config.precision).toBe('bf16');
      const again = await loaded.generate(4, { seed: 1 });
      if (device === 'native') expect(again).toEqual(images);
      if (device === 'wasm' || (await whatIsMissing()))
        await expect(loaded.step(batch)).rejects.toThrow('precision bf16 cannot run ');
      expect(await loaded.generate(4, { seed: 1 })).toEqual(again);
      await loaded.dispose();
    }
  });

  it('is refused before a run that goes on is touched', async () => {
    const out = await trained({ ...TINY, threads: 2, data, out: join(folder, 'run'), epochs: 1 });
    const before = readFileSync(join(out, 'config.json'), 'utf8');
    emulateBf16(null);
    await expect(trained({ resume: out, data, epochs: 2, device: 'wasm' })).rejects.toThrow(
      'precision bf16 cannot run on wasm, which computes in float32 alone. Start a training in float32 (leave precision out)',
    );
    expect(readFileSync(join(out, 'config.json'), 'utf8')).toBe(before);
    await expect(trained({ ...TINY, device: 'wasm', data, out: join(folder, 'other') })).rejects.toThrow(
      'precision bf16 cannot run on wasm',
    );
  });
});
