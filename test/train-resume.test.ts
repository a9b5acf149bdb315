// Resuming gives the same bits as never having stopped: at an epoch's end, in its middle, after a
// break, after an abort, from an older checkpoint, with another number of threads. What may not
// change is refused by name.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DCGAN } from '../src/gan/dcgan.ts';
import { ownIdentity } from '../src/platform/process.ts';
import type { TrainOptions } from '../src/train/run-options.ts';
import { TEST_DEVICES, title } from './support/devices.ts';
import { temporaryFolder } from './support/folders.ts';
import { leftBehind } from './support/left.ts';
import { events, expectPicturesOf, isStep, newestBytes, SMALL, timelessMetrics } from './support/training.ts';

for (const device of TEST_DEVICES)
  describe.skipIf(device.missing)(`resume on ${title(device)}`, () => {
    // The reference takes an eighth of the images: as many steps, and the last one is shorter too.
    const few = device.name === 'reference' ? { limit: 5, batchSize: 2 } : {};
    const small = { ...SMALL, ...few, device: device.name } satisfies TrainOptions;
    let folder: string;
    let straight: string;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'dcgan-resume-'));
      straight = join(folder, 'straight');
      await events({ ...small, out: straight });
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it('gives the same bits at an epoch end, mid-epoch, and again mid-epoch', async () => {
      const out = join(temporaryFolder(), 'run');
      // A GPU has done the next step too.
      const ahead = device.name === 'webgpu' ? 1 : 0;
      await events({ ...small, out }, isStep(2));
      expect(readdirSync(join(out, 'checkpoints'))).toContain(`epoch-0001-step-00000${2 + ahead}.safetensors`);
      await events({ resume: out, device: device.name }, (event) => event.type === 'epoch');
      await events({ resume: out, device: device.name, threads: 1 }, isStep(5));
      const rest = await events({ resume: out, device: device.name, threads: 3 });
      expect(rest[0]).toMatchObject({ type: 'run', resumed: { step: 5 + ahead, epoch: 1 } });
      expect(newestBytes(out).equals(newestBytes(straight))).toBe(true);
      expect(timelessMetrics(out)).toEqual(timelessMetrics(straight));
      expectPicturesOf(out, straight);
      expect(readFileSync(join(out, 'dcgan.gif')).equals(readFileSync(join(straight, 'dcgan.gif')))).toBe(true);
    });

    it('goes on to more epochs with the bits of a longer run', async () => {
      const out = join(temporaryFolder(), 'run');
      await events({ ...small, epochs: 2, out });
      await events({ resume: out, device: device.name, epochs: 3 });
      expect(newestBytes(out).equals(newestBytes(straight))).toBe(true);
    });
  });

// The tests that follow do not depend on the device.
const device = TEST_DEVICES.find(({ missing }) => missing === null)!.name;
const small = { ...SMALL, device } satisfies TrainOptions;

describe('a run', () => {
  it('tells what happens, in order', async () => {
    const out = join(temporaryFolder(), 'run');
    const seen = await events({ ...small, epochs: 1, out });
    expect(seen.map(({ type }) => type)).toEqual([
      'run',
      'picture',
      'step',
      'step',
      'step',
      'picture',
      'checkpoint',
      'epoch',
      'done',
    ]);
    expect(seen.filter((event) => event.type === 'step').map(({ images }) => images)).toEqual([16, 16, 8]);
    expect(readdirSync(out).sort()).toEqual(['checkpoints', 'config.json', 'dcgan.gif', 'images', 'metrics.jsonl']);
    expect(readdirSync(join(out, 'images')).sort()).toEqual(['image_at_epoch_0001.png', 'initial.png', 'reals.png']);
  });

  it('has its configuration and first checkpoint on disk before the first step', async () => {
    const out = join(temporaryFolder(), 'run');
    await events({ ...small, out }, (event) => event.type === 'run');
    expect(readdirSync(out).sort()).toEqual(['checkpoints', 'config.json', 'images']);
    expect(readdirSync(join(out, 'checkpoints'))).toEqual(['epoch-0000.safetensors']);
  });

  it('saves when aborted, and says where', async () => {
    const out = join(temporaryFolder(), 'run');
    const abort = new AbortController();
    const seen = await events({ ...small, out, signal: abort.signal }, (event) => {
      if (isStep(4)(event)) abort.abort();
      return false;
    });
    expect(seen.at(-1)).toMatchObject({ type: 'interrupted', epoch: 1, step: 4 });
    const gan = await DCGAN.load(join(out, 'checkpoints', 'epoch-0002-step-000004.safetensors'), { device });
    expect([gan.steps, gan.epoch]).toEqual([4, 1]);
    await gan.dispose();
  });

  it('keeps every fifteenth checkpoint, the first, and the last two', async () => {
    const out = join(temporaryFolder(), 'run');
    await events({ ...small, limit: 16, epochs: 18, out });
    expect(readdirSync(join(out, 'checkpoints'))).toEqual(
      [0, 15, 17, 18].map((n) => `epoch-${String(n).padStart(4, '0')}.safetensors`),
    );
  });

  it('says that it is finished when it is', async () => {
    const out = join(temporaryFolder(), 'run');
    await events({ ...small, epochs: 1, out });
    const before = newestBytes(out);
    const seen = await events({ resume: out, device });
    expect(seen.map(({ type }) => type)).toEqual(['run', 'done']);
    expect(seen.at(-1)).toMatchObject({ already: true, epochs: 1 });
    expect(newestBytes(out).equals(before)).toBe(true);
  });

  it('begins in a folder where a training was killed before it wrote its configuration', async () => {
    const out = join(temporaryFolder(), 'run');
    await events({ ...small, epochs: 1, out });
    const whole = newestBytes(out);
    const lock = JSON.stringify({ ...ownIdentity(), pid: 999_999, started: '1', since: '', command: '', id: 'gone' });
    rmSync(out, { recursive: true });
    mkdirSync(join(out, 'images'), { recursive: true });
    writeFileSync(join(out, 'run.lock'), lock);
    await events({ ...small, epochs: 1, out });
    expect(newestBytes(out).equals(whole)).toBe(true);
  });

  it('makes the film anew where it was stopped before it', async () => {
    const out = join(temporaryFolder(), 'run');
    await events({ ...small, epochs: 1, out });
    const film = join(out, 'dcgan.gif');
    const whole = readFileSync(film);
    // As it is when a run goes on for more epochs and ends before it writes its film again.
    writeFileSync(film, 'the film of fewer epochs');
    utimesSync(film, 0, 0);
    await events({ resume: out, device });
    expect(readFileSync(film).equals(whole)).toBe(true);
  });

  it('may end earlier than it was to, but not before what is begun', async () => {
    const straight = join(temporaryFolder(), 'straight');
    await events({ ...small, epochs: 2, out: straight });
    const out = join(temporaryFolder(), 'run');
    await events({ ...small, out }, isStep(4));
    await expect(events({ resume: out, device, epochs: 1 })).rejects.toThrow(
      'epochs is less than the run has begun: expected 2 or more, got 1',
    );
    await events({ resume: out, device, epochs: 2 });
    expect(newestBytes(out).equals(newestBytes(straight))).toBe(true);
    // Three epochs made no film before; now there is one.
    const longer = join(temporaryFolder(), 'longer');
    await events({ ...small, out: longer }, (event) => event.type === 'epoch');
    const seen = await events({ resume: longer, device, epochs: 1 });
    expect(seen.at(-1)).toMatchObject({ type: 'done', already: true, epochs: 1 });
    expect(existsSync(join(longer, 'dcgan.gif'))).toBe(true);
  });

  it('starts again from its seed when it was killed before its first checkpoint', async () => {
    const out = join(temporaryFolder(), 'run');
    await events({ ...small, epochs: 1, out });
    const whole = newestBytes(out);
    rmSync(join(out, 'checkpoints'), { recursive: true });
    await events({ resume: out, device });
    expect(newestBytes(out).equals(whole)).toBe(true);
  });

  it('cuts off metrics past the checkpoint and a torn last line', async () => {
    const out = join(temporaryFolder(), 'run');
    await events({ ...small, epochs: 1, out });
    const good = timelessMetrics(out);
    appendFileSync(
      join(out, 'metrics.jsonl'),
      '{"type":"step","step":4,"epoch":2,"generatorLoss":1,"discriminatorLoss":1,"realScore":0.5,"fakeScore":0.5,"seconds":1}\n{"type":"ste',
    );
    await events({ resume: out, device });
    expect(timelessMetrics(out)).toEqual(good);
  });

  it('leaves nothing behind of killed writers', async () => {
    const out = join(temporaryFolder(), 'run');
    await events({ ...small, epochs: 1, out });
    for (const inside of ['.', 'images', 'checkpoints'])
      writeFileSync(leftBehind(join(out, inside), 'epoch-0002.safetensors'), 'half');
    await events({ resume: out, device });
    const all = readdirSync(out, { recursive: true, encoding: 'utf8' });
    expect(all.filter((name) => basename(name).startsWith('.'))).toEqual([]);
  });
});

describe('refuses', () => {
  const refused = async (options: TrainOptions): Promise<string> => {
    try {
      await events(options);
    } catch (error) {
      return (error as Error).message;
    }
    return 'nothing';
  };

  it('refuses other settings for a run, by name', async () => {
    const out = join(temporaryFolder(), 'run');
    await events({ ...small, epochs: 2, out }, isStep(1));
    const changed = (options: TrainOptions): Promise<string> => refused({ resume: out, device, ...options });
    expect(await changed({ seed: 5 })).toBe(
      'seed cannot change when a run is resumed: expected 41, got 5. Leave it out, or start a new run.',
    );
    expect(await changed({ batchSize: 8 })).toMatch(/^batchSize cannot change/);
    expect(await changed({ preset: 'tf2' })).toMatch(/^preset cannot change/);
    expect(await changed({ learningRate: 0.1 })).toMatch(/^learningRate cannot change/);
    expect(await changed({ limit: 10 })).toMatch(/^limit cannot change/);
    expect(await changed({ data: 'mnist-test' })).toMatch(/^the data of .* have changed/);
  });

  it('a checkpoint of another run', async () => {
    const [a, b] = [join(temporaryFolder(), 'a'), join(temporaryFolder(), 'b')];
    await events({ ...small, epochs: 1, out: a });
    await events({ ...small, epochs: 1, seed: 42, out: b });
    const from = join(b, 'checkpoints', 'epoch-0001.safetensors');
    expect(await refused({ resume: a, from, device })).toMatch(/belongs to another run: expected seed 41/);
  });

  it('folders that hold something else, and damaged checkpoints', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'letter.txt'), 'dear');
    expect(await refused({ ...small, out: folder })).toMatch(/is not empty/);
    expect(readdirSync(folder)).toEqual(['letter.txt']);
    const out = join(temporaryFolder(), 'run');
    await events({ ...small, epochs: 2, out });
    expect(await refused({ ...small, out })).toMatch(/holds a run already. Continue it: npx dcgan train --resume/);
    const newest = join(out, 'checkpoints', 'epoch-0002.safetensors');
    const bytes = readFileSync(newest);
    bytes[bytes.length - 5]! ^= 1;
    writeFileSync(newest, bytes);
    expect(await refused({ resume: out, device })).toMatch(
      /epoch-0002\.safetensors is damaged.*The newest good one beside it is .*epoch-0001\.safetensors\. To go on from there: npx dcgan train --resume \S+ --from \S+epoch-0001/,
    );
    const from = join(out, 'checkpoints', 'epoch-0001.safetensors');
    const seen = await events({ resume: out, from, device });
    expect(seen[0]).toMatchObject({ resumed: { epoch: 1 } });
  });
});
