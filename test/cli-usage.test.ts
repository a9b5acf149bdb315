// General behaviour of the command line: every command has help, wrong usage is named together with
// the nearest right name, and it writes nothing.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeProgram } from '../src/cli/main.ts';
import { version } from '../src/index.ts';
import { dcgan, type Ended, sharedFolder } from './support/cli.ts';
import { temporaryFolder } from './support/folders.ts';
import { type Said, say } from './support/main.ts';

const COMMANDS = (await makeProgram({ code: 0 })).commands.map((command) => command.name());
const shared = sharedFolder();
const run = (...args: string[]): Promise<Ended> => dcgan(args, { cwd: shared.path });

describe('help', () => {
  it('lists all commands, also when nothing is asked', async () => {
    const [plain, asked] = await Promise.all([run(), run('--help')]);
    expect(asked.code).toBe(0);
    for (const command of COMMANDS) expect(asked.stdout).toContain(`  ${command}`);
    const files = readdirSync(new URL('../src/cli/commands/', import.meta.url));
    expect(files).toEqual(COMMANDS.map((command) => `${command}.ts`).sort());
    expect(plain).toEqual(asked);
  });

  it.each(COMMANDS.filter((name) => name !== 'data'))('of %s has examples, whose options exist', async (command) => {
    const { code, stdout, stderr } = await say([command, '--help'], shared.path);
    expect([code, stderr]).toEqual([0, '']);
    const [options, examples] = stdout.split('Examples:\n');
    expect(examples).toContain(`dcgan ${command}`);
    for (const [option] of examples!.matchAll(/(?<= )--?[a-z][a-z-]*/g)) expect(options).toContain(option);
    expect(stdout).toContain('--debug');
  });

  it('knows its version', async () => {
    expect(await run('--version')).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});

const WRONG: readonly [line: string, message: string][] = [
  ['trian', "unknown command 'trian'. Did you mean train?"],
  ['help trian', 'unknown command "trian". Did you mean train?'],
  ['--frobnicate', "unknown option '--frobnicate'. See: dcgan --help"],
  ['train --epoch 3', "unknown option '--epoch'. Did you mean --epochs?"],
  ['train --frobnicate', "unknown option '--frobnicate'. See: dcgan train --help"],
  ['train extra', "too many arguments for 'train'. Expected 0 arguments but got 1. See: dcgan train --help"],
  ['sample --count', "option '--count <n>' argument missing. See: dcgan sample --help"],
  ['train --epochs 1.5', '--epochs has an invalid value: expected a whole number from 1 to 1000000, got "1.5".'],
  ['train --seed abc', '--seed has an invalid value: expected a whole number from 0, got "abc".'],
  [
    'train --seed 9007199254740993',
    '--seed has an invalid value: expected a whole number from 0, got "9007199254740993".',
  ],
  ['train --threads 0', '--threads has an invalid value: expected a whole number from 1 to 256, got "0".'],
  ['train --limit -1', '--limit has an invalid value: expected a whole number from 1, got "-1".'],
  ['train --batch-size 1e3', '--batch-size has an invalid value: expected a whole number from 1 to 65536, got "1e3".'],
  [
    'bench --device natve',
    '--device has an invalid value: expected auto, cpu, native, wasm, wasm-relaxed, webgpu or reference, got "natve". Did you mean native?',
  ],
  [
    'bench --preset tf2019',
    '--preset has an invalid value: expected tf2018, tf2, tiny, quick, best or paper, got "tf2019". Did you mean tf2018?',
  ],
  [
    'train --contrast tiles',
    '--contrast has an invalid value: expected fixed or tile, got "tiles". Did you mean tile?',
  ],
  ['train --from x', '--from says where to resume, and needs --resume. Add --resume RUN.'],
  ['train --resume', 'there is no run in ./runs. Name a run, or train one first: dcgan train.'],
  ['info', 'there is no run in ./runs. Name a run, or train one first: dcgan train.'],
  ['sample nothere', 'nothere does not exist: expected a run or a checkpoint. Check the path.'],
  [
    'sample -o x.jpg',
    '--output has an unsupported ending: expected a name ending in .png, .gif, .webp or .avif, a .npy, or a folder, got x.jpg.',
  ],
  [
    'doctor --plan tiny --after shar',
    '--after has an invalid value: expected written, simplify, share, slopes, images, stored, groups, schedule or memory, got "shar". Did you mean share?',
  ],
  ['doctor --after share', '--after shows a plan. Add --plan.'],
  ['gif -o x.png', '--output has an unsupported ending: expected a name ending in .gif or .webp, got x.png.'],
  [
    'interpolate -o x',
    '--output has an unsupported ending: expected a name ending in .png, .gif, .webp or .avif, got x.',
  ],
  ['interpolate --seeds 1', '--seeds has too few seeds: expected two seeds or more, as in 1,2,3, got 1.'],
  [
    'sample --noise z.npy --seed 3',
    "option '--noise <file.npy>' cannot be used with option '--seed <n>'. See: dcgan sample --help",
  ],
];

describe('wrong usage', () => {
  it.each(WRONG)('dcgan %s', async (line, message) => {
    expect(await say(line.split(' '), shared.path)).toEqual({ code: 2, stdout: '', stderr: `dcgan: ${message}\n` });
  });

  it('is the same in a process of its own', async () => {
    const [line, message] = WRONG[0]!;
    expect(await run(line)).toMatchObject({ code: 2, stdout: '', stderr: `dcgan: ${message}\n` });
  });

  it('writes nothing', () => {
    expect(readdirSync(shared.path)).toEqual([]);
  });
});

describe('--config', () => {
  const withFile = async (text: string, ...args: string[]): Promise<Said> => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'c.json'), text);
    return say(['train', '--dry-run', '--json', '--config', 'c.json', ...args], cwd);
  };

  it.each([
    ['{"epoch":3}', 'c.json: unknown key epoch. Did you mean epochs?'],
    ['{"batchSize":0}', 'c.json: batchSize has an invalid value: expected number to be >=1, got 0.'],
    ['[]', 'c.json has invalid contents: expected object, got [].'],
  ])('refuses %s', async (text, message) => {
    expect(await withFile(text)).toMatchObject({ code: 2, stdout: '', stderr: `dcgan: ${message}\n` });
  });

  it('refuses what is not JSON', async () => {
    const { code, stderr } = await withFile('{epochs}');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^dcgan: c\.json is not JSON: got .*\. Mend it, or leave --config out\.\n$/);
  });

  it('quotes what is not JSON in one line', async () => {
    const { stderr } = await withFile('# no\n\nJSON');
    expect(stderr).toMatch(/^dcgan: c\.json is not JSON: got .*\n$/);
  });

  it('of a run gives way to no other preset, and to no groups', async () => {
    const cwd = temporaryFolder();
    const quick = ['--preset', 'quick', '--limit', '128', '--groups', '2', '--epochs', '1', '--threads', '1'];
    await dcgan(['train', ...quick, '--device', 'wasm', '--out', 'q', '--quiet'], { cwd });
    const dry = (...more: string[]): Promise<Said> =>
      say(['train', '--config', 'q/config.json', '--dry-run', '--json', ...more], cwd);
    expect(await dry('--preset', 'best')).toMatchObject({
      code: 2,
      stderr:
        "dcgan: --preset best and q/config.json exclude each other: that run's values are those of preset quick. Leave one of them out.\n",
    });
    expect(JSON.parse((await dry('--preset', 'quick')).stdout).config).toMatchObject({ groups: 2, classes: 2 });
    expect(JSON.parse((await dry('--groups', '0')).stdout).config).toMatchObject({ groups: 0, classes: 0 });
  });

  it('knows all options of a training, such as cond', async () => {
    const { stdout } = await withFile('{"preset":"tiny","limit":256,"cond":true,"preview":5}');
    expect(JSON.parse(stdout).config).toMatchObject({ classes: 10, groups: 0 });
  });

  it('gives way to the command line', async () => {
    const { stdout } = await withFile(
      '{"preset":"tiny","epochs":3,"seed":4,"learningRate":0.001,"keepBest":true}',
      '--epochs',
      '5',
    );
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ seed: 4, config: { preset: 'tiny', epochs: 5, learningRate: 0.001 } },
      notes: ['the time does not count the evaluations'],
    });
  });
});

describe('--dry-run', () => {
  it('says what the tutorial is and costs, and writes nothing', async () => {
    const cwd = temporaryFolder();
    const [text, json] = await Promise.all([
      dcgan(['train', '--dry-run'], { cwd }),
      dcgan(['train', '--dry-run', '--json'], { cwd }),
    ]);
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toMatch(/^a step costs +48\.9 GFLOP nominal, 43\.8 GFLOP shared, 35\.6 GFLOP needed$/m);
    expect(text.stdout).toMatch(/^steps +235 an epoch, 35,250 in all$/m);
    expect(text.stdout).toMatch(/^it takes +about \d+ \S+ for 150 epochs.* \(\S+, \d+ threads?, just measured\)$/m);
    const report = JSON.parse(json.stdout);
    expect(report.estimate).toEqual({
      device: expect.any(String),
      threads: expect.any(Number),
      secondsPerStep: expect.any(Number),
      secondsPerEpochEnd: expect.any(Number),
      secondsForGroups: 0,
    });
    expect(report).toMatchObject({
      stepsPerEpoch: 235,
      parameters: { generator: 474_464, discriminator: 212_865 },
      data: { name: 'mnist', count: 60_000 },
      seed: null,
    });
    expect(report.arenaBytes).toBeGreaterThan(50e6);
    expect(report.arenaBytes).toBeLessThan(300e6);
    expect(readdirSync(cwd)).toEqual([]);
  });
});
