// `audit` and `reproduce` prove what a run claims, name what differs, and refuse to conclude anything
// from a device that gives other bits.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { saveCheckpoint } from '../src/checkpoint/files.ts';
import { snapshotParts } from '../src/gan/snapshot.ts';
import { readSnapshot } from '../src/gan/snapshot-file.ts';
import { machinesOf } from '../src/train/machines.ts';
import { readRunConfig } from '../src/train/run.ts';
import type { RunConfig } from '../src/train/run-schema.ts';
import { dcgan, type Ended, sharedFolder } from './support/cli.ts';
import { type Said, say } from './support/main.ts';
import { events, isStep, SMALL } from './support/training.ts';

const shared = sharedFolder();
const at = (...parts: string[]): string => join(shared.path, ...parts);
const run = (...args: string[]): Promise<Said> => say(args, shared.path);
/** The same in a process of its own. */
const spawned = (...args: string[]): Promise<Ended> => dcgan(args, { cwd: shared.path });
const NAMES = { last: 'epoch-0003.safetensors', middle: 'epoch-0002.safetensors' };

/** Returns a copy of the run, changed. */
function copied(name: string, change: (config: RunConfig) => unknown = (config) => config): string {
  cpSync(at('run'), at(name), { recursive: true });
  const config = at(name, 'config.json');
  writeFileSync(config, JSON.stringify(change(JSON.parse(readFileSync(config, 'utf8')))));
  return name;
}

beforeAll(async () => {
  const small = { ...SMALL, device: 'wasm', keepBest: true } as const;
  await events({ ...small, out: at('run') }, isStep(4));
  await events({ resume: at('run'), device: 'wasm', threads: 1 });
}, 120_000);

describe('audit', () => {
  it('proves each interval, the metrics and the start', async () => {
    const first = await spawned('audit', 'run', '--from-epoch', '0', '--json');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(first.stdout)).toMatchObject({
      ...{ equal: true, from: 'epoch-0000.safetensors', to: NAMES.middle, device: 'wasm', steps: 6, lines: 8 },
      ...{ difference: null, lineDifference: null, startChecked: true, startDifference: null },
    });
    const { code, stdout } = await run('audit', 'run');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^run: \d steps on wasm \(.*\), \d threads? \(.* s\)\n {2}pass: epoch-000\d\.safetensors and epoch-000\d\.safetensors have the configuration and the seed of config\.json\n {2}pass: epoch-000\d\.safetensors comes from epoch-000\d/,
    );
  });

  it('names the first value that was changed, in a checkpoint and in the metrics', async () => {
    const forged = copied('forged');
    const path = at(forged, 'checkpoints', NAMES.last);
    const snapshot = readSnapshot(path);
    const { data } = snapshot.tensors.get('generator/fc1/kernel')!;
    data[7] = data[7]! + 1;
    saveCheckpoint(at(forged, 'checkpoints'), NAMES.last, snapshotParts(snapshot));
    const metrics = at(forged, 'metrics.jsonl');
    const lines = readFileSync(metrics, 'utf8').trimEnd().split('\n');
    const touched = lines.map((line) =>
      line.includes('"step":8,') ? line.replace(/"realScore":[^,]+/, '"realScore":0.5') : line,
    );
    writeFileSync(metrics, `${touched.join('\n')}\n`);
    const { code, stdout } = await run('audit', forged, '--from-epoch', '2');
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /FAIL: epoch-0003\.safetensors does not come from epoch-0002\.safetensors; the first difference is in tensor generator\/fc1\/kernel, index 7: \S+ in the file, \S+ trained again\n/,
    );
    expect(stdout).toMatch(
      /FAIL: metrics\.jsonl differs first in the line of step 8: realScore is 0\.5 in the file, \S+ trained again\n/,
    );
  });

  it.each([
    ['learningRate', 0.01, '0.01 in config.json, 0.0001 in epoch-0000.safetensors'],
    ['loss', 'hinge', '"hinge" in config.json, "ns" in epoch-0000.safetensors'],
    ['r1', 3, '3 in config.json, 0 in epoch-0000.safetensors'],
  ])('names a configuration that was changed: %s', async (field, value, difference) => {
    const forged = copied(`forged-${field}`, (record) => ({ ...record, config: { ...record.config, [field]: value } }));
    const { code, stdout } = await run('audit', forged, '--from-epoch', '0');
    expect(code).toBe(1);
    expect(stdout).toContain(`FAIL: config.json is not of these checkpoints; they differ in ${field}: ${difference}\n`);
  });

  it('names a seed that was changed', async () => {
    const forged = copied('forged-seed', (record) => ({ ...record, seed: 8 }));
    const { code, stdout } = await run('audit', forged, '--from-epoch', '2', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      equal: false,
      configDifference: 'seed: 8 in config.json, 41 in epoch-0002.safetensors',
    });
  });

  it('names a line of the metrics that is missing, and one too many', async () => {
    const file = (name: string): string => at(copied(name), 'metrics.jsonl');
    const lines = readFileSync(at('run', 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
    const change = (name: string, changed: readonly string[]): void =>
      writeFileSync(file(name), changed.map((line) => `${line}\n`).join(''));
    change('emptied', []);
    change(
      'cut',
      lines.filter((line) => !line.includes('"type":"step","step":5,')),
    );
    const epoch = lines.map((line) => JSON.parse(line)).find(({ type, step }) => type === 'epoch' && step === 6);
    change('longer', [...lines, JSON.stringify({ ...epoch, step: 5 })]);
    const said = async (name: string): Promise<string> => {
      const { code, stdout } = await run('audit', name, '--from-epoch', '0');
      expect([name, code]).toEqual([name, 1]);
      return stdout;
    };
    expect(await said('emptied')).toContain('metrics.jsonl differs first in the line of step 1, which is missing');
    expect(await said('longer')).toContain('in the line of epoch 2, which the training does not make');
    expect(await said('cut')).toContain('metrics.jsonl differs first in the line of step 5, which is missing');
  });

  it('concludes nothing where the bits are those of another device or variant', async () => {
    const other = copied('other', (config) => ({
      ...config,
      sittings: config.sittings!.map((sitting) => ({ ...sitting, variant: 'simd128 of another build' })),
    }));
    expect(await run('audit', other)).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(
        /^dcgan: this machine gives other bits .*: expected wasm \(simd128 of another build\), got wasm \(.*\)\. /,
      ),
    });
    expect(await run('reproduce', `${other}/config.json`)).toMatchObject({ code: 3, stdout: '' });
  });

  it('wants a kept checkpoint', async () => {
    expect(await run('audit', 'run', '--from-epoch', '1')).toMatchObject({
      code: 2,
      stderr: 'dcgan: --from-epoch is not a kept checkpoint with a later one: expected 0, 2, got 1.\n',
    });
  });

  it('knows which machines computed the steps of a run', () => {
    const record = readRunConfig(at('run'));
    const [sitting] = record.sittings!;
    const sat = (fromStep: number, device: string) => ({ ...sitting!, fromStep, device });
    const devices = (sittings: RunConfig['sittings'], from: number, to: number): string[] =>
      machinesOf({ ...record, sittings }, from, to).map(({ device }) => device);
    const two = [sat(0, 'native'), sat(40, 'wasm')];
    expect([devices(two, 0, 40), devices(two, 40, 80), devices(two, 20, 60)]).toEqual([
      ['native'],
      ['wasm'],
      ['native', 'wasm'],
    ]);
    // The second sitting went back before the first one's end, so its steps replaced those.
    expect(devices([sat(0, 'native'), sat(40, 'native'), sat(20, 'wasm')], 40, 60)).toEqual(['wasm']);
    expect(devices(undefined, 0, 40)).toEqual([record.notes.device]);
  });
});

describe('reproduce', () => {
  it('ends with the hashes that the run claims, from the configuration alone', async () => {
    writeFileSync(at('alone.json'), readFileSync(at('run', 'config.json')));
    const { code, stdout } = await spawned('reproduce', 'alone.json', '--out', 'again', '--quiet');
    const { sha256, best } = readRunConfig(at('run')).sittings!.at(-1)!.end!;
    expect([code, stdout]).toEqual([
      0,
      `Equal: again/checkpoints/${NAMES.last} has SHA-256 ${sha256}, as the run claims.\n` +
        `Equal: again/checkpoints/best.safetensors has SHA-256 ${best}, as the run claims.\n`,
    ]);
    // A second call goes on with what is there, which is done. It knows it by the command line of the first.
    const json = await spawned('reproduce', 'run', '--out', 'again', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ equal: true, folder: 'again', sha256, difference: null });
  });

  it('takes no other run for one that it has trained, not even the run itself', async () => {
    copied('copy');
    for (const out of ['run', 'copy'])
      expect(await run('reproduce', 'run', '--out', out)).toMatchObject({
        code: 2,
        stderr: `dcgan: ${out} holds a run that was not begun by reproduce. Choose another folder.\n`,
      });
  });

  it("refuses a run whose own checkpoint isn't what it claims", async () => {
    const path = at(copied('flipped'), 'checkpoints', NAMES.last);
    const bytes = readFileSync(path);
    bytes[bytes.length - 5]! ^= 1;
    writeFileSync(path, bytes);
    const { code, stderr } = await run('reproduce', 'flipped', '--out', 'unflipped');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^dcgan: flipped\/checkpoints\/epoch-0003\.safetensors is not what its run claims: expected SHA/,
    );
  });

  it('compares no best checkpoint where evaluations began later', async () => {
    const small = { ...SMALL, device: 'wasm', learningRate: 0.01 } as const;
    await events({ ...small, epochs: 1, out: at('late') });
    await events({ resume: at('late'), epochs: 2, keepBest: true, device: 'wasm' });
    const { code, stdout } = await run('reproduce', 'late', '--out', 'late-again', '--quiet');
    expect(code).toBe(0);
    expect(stdout).toContain('best.safetensors was not compared: its evaluations were changed when it was resumed.\n');
  });

  it('says that a result is another one', async () => {
    const liar = copied('liar', (config) => ({ ...config, seed: 42 }));
    const { code, stdout } = await run('reproduce', liar, '--out', 'truth', '--quiet');
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^DIFFERENT: truth\/checkpoints\/epoch-0003\.safetensors has SHA-256 \w{64}, and the run claims \w{64}\.\nThe first difference is in seed: 41 in the run, 42 trained again\.\n$/,
    );
  });

  it('refuses a run that is not done', async () => {
    const open = copied('open', (config) => ({ ...config, config: { ...config.config, epochs: 9 } }));
    expect(await run('reproduce', open)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^dcgan: the configuration claims no result: expected the SHA-256 of epoch-0009/),
    });
  });
});
