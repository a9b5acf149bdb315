// Options of the model on the command line: they reach the run's record, impossible combinations
// are refused with the reason, and a conditional run makes images of the class that is asked for.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { defineTrain } from '../src/cli/commands/train.ts';
import { addModelOptions, libraryNames } from '../src/cli/options/model.ts';
import { configSchema } from '../src/gan/schema.ts';
import { decodePng } from '../src/render/png.ts';
import { SMALLEST, sharedFolder } from './support/cli.ts';
import { type Said, say } from './support/main.ts';

const shared = sharedFolder();
const run = (...args: string[]): Promise<Said> => say(args, shared.path);
const png = (name: string) => decodePng(readFileSync(join(shared.path, name)), name);

const GIVEN = {
  '--loss': 'hinge',
  '--r1': '0.5',
  '--ema': '0.99',
  '--augment': 'diffaugment',
  '--dropout': '0.1',
  '--lr': '1e-3',
  '--lr-g': '2e-3',
  '--lr-d': '5e-4',
  '--beta1': '0.5',
  '--d-steps': '2',
  '--clip-grad': '3',
};
const CONFIG = {
  loss: 'hinge',
  r1: 0.5,
  ema: 0.99,
  augment: 'diffaugment',
  dropout: 0.1,
  learningRate: 1e-3,
  generatorLearningRate: 2e-3,
  discriminatorLearningRate: 5e-4,
  beta1: 0.5,
  discriminatorSteps: 2,
  clipGradient: 3,
  spectralNorm: true,
  classes: 10,
};

describe('a run with options', () => {
  it('has groups by what was asked for', async () => {
    const options = [...SMALLEST, '--groups', '4', '--dry-run', '--json'];
    const by = async (...more: string[]) => JSON.parse((await run('train', ...options, ...more)).stdout).config;
    expect(await by()).toMatchObject({ groups: 4, groupsBy: 'edges' });
    expect(await by('--groups-by', 'copies')).toMatchObject({ groups: 4, groupsBy: 'copies' });
    const wrong = await run('train', ...options, '--groups-by', 'colour');
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.stderr).toContain('--groups-by has an invalid value: expected copies or edges');
  });

  it('says them in its dry run and its record, trains, goes on, and makes the class asked for', async () => {
    const options = [...Object.entries(GIVEN).flat(), '--spectral-norm', '--cond'];
    const dry = await run('train', ...SMALLEST, ...options, '--dry-run', '--json');
    expect(JSON.parse(dry.stdout).config).toMatchObject(CONFIG);
    const trained = await run('train', ...SMALLEST, ...options, '--out', 'all');
    expect([trained.code, trained.stderr]).toEqual([0, '']);
    expect(JSON.parse(readFileSync(join(shared.path, 'all/config.json'), 'utf8')).config).toMatchObject(CONFIG);
    expect(await run('train', '--resume', 'all', '--epochs', '2', '--quiet')).toMatchObject({ code: 0, stderr: '' });
    const refused = await run('train', '--resume', 'all', '--epochs', '3', '--ema', '0.5');
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toContain('--ema cannot change when a run is resumed: expected 0.99, got 0.5');

    await run('sample', 'all', '--seed', '1', '-o', 'rows.png');
    const { width, height } = png('rows.png');
    expect(width).toBe(height);
    // In columns the classes are in turn, so that a place is one noise for every run.
    await run('sample', 'all', '--seed', '1', '--count', '16', '--columns', '4', '-o', 'turns.png');
    const turn = Array.from({ length: 16 }, (_, i) => i % 10).join(',');
    await run('sample', 'all', '--seed', '1', '--count', '16', '--class', turn, '-o', 'listed.png');
    expect(png('turns.png').width).toBe(png('turns.png').height);
    expect(png('turns.png').pixels).toEqual(png('listed.png').pixels);
    expect(await run('sample', 'all', '--seed', '1', '--class', '7', '--count', '4', '-o', 'sevens.png')).toMatchObject(
      {
        code: 0,
        stderr: '',
      },
    );
    await run('sample', 'all', '--seed', '1', '--class', '3', '--count', '4', '-o', 'threes.png');
    expect(png('threes.png').pixels).not.toEqual(png('sevens.png').pixels);
    const missing = await run('sample', 'all', '--class', '10');
    expect(missing).toMatchObject({ code: 2 });
    expect(missing.stderr).toBe(
      'dcgan: --class names no class of this model: expected a whole number from 0 to 9, got 10.\n',
    );
    // Each seed has its own class, the first class 0; --class keeps one class all the way.
    expect((await run('interpolate', 'all', '--seeds', '1,2', '-o', 'way.png')).code).toBe(0);
    expect((await run('interpolate', 'all', '--seeds', '1,2', '--class', '0', '-o', 'zeros.png')).code).toBe(0);
    const [way, zeros] = [png('way.png'), png('zeros.png')];
    const half = (pixels: Uint8Array, right: boolean): Uint8Array =>
      pixels.filter((_, i) => i % way.width < 120 !== right);
    expect(half(way.pixels, false)).toEqual(half(zeros.pixels, false));
    expect(half(way.pixels, true)).not.toEqual(half(zeros.pixels, true));
    // Several classes are used in turn, and are those of the ends of a way.
    expect((await run('sample', 'all', '--seed', '1', '--class', '7,3', '--count', '4', '-o', 'both.png')).code).toBe(
      0,
    );
    const [both, threes] = [png('both.png'), png('threes.png')];
    const column = ({ pixels, width }: typeof both, right: boolean) =>
      pixels.filter((_, i) => i % width >= 128 === right);
    expect(column(both, true)).toEqual(column(threes, true));
    expect(column(both, false)).toEqual(column(png('sevens.png'), false));
    expect((await run('interpolate', 'all', '--seeds', '1,2', '--class', '0,1', '-o', 'ends.png')).code).toBe(0);
    expect(png('ends.png').pixels).toEqual(way.pixels);
  });

  it("a preset's batch norm can be left out, for what it excludes", async () => {
    const line = ['train', '--limit', '64', '--preset', 'paper', '--r1', '0.1', '--dry-run'];
    expect((await run(...line)).stderr).toContain('Leave batch norm out of the discriminator: --no-bn-d.');
    const { config } = JSON.parse((await run(...line, '--no-bn-d', '--json')).stdout);
    expect(config).toMatchObject({ discriminatorBatchNorm: false, r1: 0.1 });
  });

  it.each([
    ['--loss wgan-gp --bn-d', '--loss wgan-gp and --bn-d exclude each other: the penalty is'],
    ['--label-smoothing 0.1 --loss ls', '--label-smoothing needs --loss ns: only cross-entropy'],
    ['--ema 1', '--ema has an invalid value: expected a number from 0 and below 1, got "1".'],
    ['--lr 0', '--lr has an invalid value: expected a number above 0 up to 1, got "0".'],
    ['--dropout 0.955', '--dropout has an invalid value: expected a number from 0 up to 0.95, got "0.955".'],
    ['--r1-every 2', '--r1-every needs r1: without the penalty no step leaves it out.'],
    ['--loss hing', '--loss has an invalid value: expected ns, hinge, ls or wgan-gp, got "hing". Did you mean hinge?'],
    ['--d-steps 0', '--d-steps has an invalid value: expected a whole number from 1 to 100, got "0".'],
  ])('%s is refused', async (line, message) => {
    const ended = await run('train', '--preset', 'tiny', '--limit', '64', ...line.split(' '));
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain(message);
  });

  it('classes need data that have them', async () => {
    const ended = await run('sample', 'all', '--class', 'seven');
    expect(ended.stderr).toContain(
      '--class names no class of this model: expected a whole number from 0 to 9, got seven.',
    );
    await run('sample', 'all', '-o', 'plain.npy');
    const without = await run('train', '--data', 'plain.npy', '--cond', '--out', 'none');
    expect(without).toMatchObject({ code: 2 });
    expect(without.stderr).toContain('dataset plain has no classes, which --cond needs');
  });
});

it('every key of a configuration is an option of train, or the preset alone decides it', () => {
  const program = new Command();
  defineTrain(program, { code: 0 });
  const flags = program.commands[0]!.options.map((option) => [option.attributeName(), true]);
  const names = Object.keys(libraryNames(Object.fromEntries(flags)));
  expect(Object.keys(configSchema.shape).filter((key) => !names.includes(key))).toEqual([
    ...['latent', 'generatorWidths', 'discriminatorWidths', 'strideOneLayer', 'initializer'],
    ...['generatorSlope', 'discriminatorSlope', 'batchNormMomentum', 'batchNormEpsilon', 'unbiasedMovingVariance'],
    // `--cond` and the data decide how many classes there are; a run decides when it halves its rates.
    ...['classes', 'halvedAfter', 'beta2', 'adamEpsilon'],
  ]);
});

it('docs/options.md has every option of the model', () => {
  const text = readFileSync(new URL('../docs/options.md', import.meta.url), 'utf8');
  const flags = addModelOptions(new Command()).options.map(({ long }) => long!);
  expect(flags.filter((flag) => !text.includes(`\`${flag}`))).toEqual([]);
});
