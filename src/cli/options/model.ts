// Options that change the model or its training, and the names that the library has for them.
import { type Command, Option } from 'commander';
import { GROUPED_BY } from '../../data/group-features.ts';
import { CONVOLUTIONS } from '../../engine/plan.ts';
import { AUGMENTS, type ConfigOverrides, LOSSES, UPSAMPLINGS } from '../../gan/schema.ts';
import { type NumberKey, numberOf, wholeNumberOf } from './config-numbers.ts';
import { choice, defaultOf } from './values.ts';

export function addModelOptions(command: Command): Command {
  const own = (flags: string, description: string, parse: (text: string) => unknown): void => {
    command.addOption(new Option(flags, description).argParser(parse));
  };
  const nameIn = (flags: string): string => flags.split(' ')[0]!;
  const decimal = (flags: string, description: string, key: NumberKey): void =>
    own(flags, description, numberOf(nameIn(flags), key));
  const whole = (flags: string, description: string, key: NumberKey): void =>
    own(flags, description, wholeNumberOf(nameIn(flags), key));
  command.option('--cond', 'make both networks conditional on the classes; `sample --class` then chooses one');
  whole(
    '--groups <n>',
    'find N groups of similar images and make both networks conditional on them; 0: none (default: 0; best and quick: up to 100)',
    'groups',
  );
  own(
    '--groups-by <what>',
    `what groups are found by: ${GROUPED_BY.join(', ')} (default: edges for grey images, copies for images in colour)`,
    choice('--groups-by', GROUPED_BY),
  );
  own('--loss <name>', `the loss: ${LOSSES.join(', ')} (default: ns)`, choice('--loss', LOSSES));
  decimal(
    '--label-smoothing <x>',
    "set the discriminator's target for reals to 1 - X, with loss ns only (default: 0)",
    'labelSmoothing',
  );
  decimal(
    '--r1 <gamma>',
    "weight of the penalty on the discriminator's gradient at reals (default: 0; best: pixels / 256 below 10,000 images)",
    'r1',
  );
  whole(
    '--r1-every <n>',
    'put R1 into every n-th step only, n times as strong (default: 1; best: 4 below 10,000 images in colour of up to 64 x 64)',
    'r1Every',
  );
  command.option('--spectral-norm', 'divide the kernels of the discriminator by their largest singular value');
  command
    .option('--bn-d', 'batch norm in the discriminator')
    .option('--no-bn-d', 'no batch norm in the discriminator where the preset has it: paper');
  decimal('--dropout <rate>', `dropout in the discriminator ${defaultOf('dropout')}`, 'dropout');
  own(
    '--augment <name>',
    `the change to reals and fakes before they are judged: ${AUGMENTS.join(', ')} (default: none)`,
    choice('--augment', AUGMENTS),
  );
  own(
    '--upsampling <how>',
    `how the generator doubles its features: ${UPSAMPLINGS.join(', ')} ` +
      '(default: transposed; best: nearest below 10,000 images in colour, from 32 x 32 on)',
    choice('--upsampling', UPSAMPLINGS),
  );
  decimal(
    '--ema <decay>',
    `keep a moving average of the generator, and make all pictures with it ${defaultOf('ema')}`,
    'ema',
  );
  decimal('--lr <rate>', `Adam's learning rate for both networks ${defaultOf('learningRate')}`, 'learningRate');
  decimal('--lr-g <rate>', "the generator's learning rate (default: as --lr)", 'learningRate');
  decimal('--lr-d <rate>', "the discriminator's learning rate (default: as --lr)", 'learningRate');
  decimal('--beta1 <decay>', `decay of Adam's first moment ${defaultOf('beta1')}`, 'beta1');
  whole(
    '--d-steps <n>',
    `steps of the discriminator for each step of the generator ${defaultOf('discriminatorSteps')}`,
    'discriminatorSteps',
  );
  decimal('--clip-grad <x>', "largest norm of each network's gradient (default: no limit)", 'clipGradient');
  whole('--shards <n>', `parts that each mini-batch is computed in: 1, 2, 4, ... 256 ${defaultOf('shards')}`, 'shards');
  own(
    '--convolutions <how>',
    "fast: by Winograd's method where it is faster; direct: by their own sums, slower and more exact (default: fast)",
    choice('--convolutions', CONVOLUTIONS),
  );
  return command;
}

/** The flags whose names differ from the library's, with the library's names. */
export const NAMES = {
  size: 'imageSize',
  bnD: 'discriminatorBatchNorm',
  lr: 'learningRate',
  lrG: 'generatorLearningRate',
  lrD: 'discriminatorLearningRate',
  dSteps: 'discriminatorSteps',
  clipGrad: 'clipGradient',
} as const satisfies Readonly<Record<string, keyof ConfigOverrides>>;

/** Returns the flags under the library's names. */
export function libraryNames<T extends object>(flags: T): Omit<T, keyof typeof NAMES> & ConfigOverrides {
  const named = Object.entries(flags).map(([flag, value]) => [(NAMES as Record<string, string>)[flag] ?? flag, value]);
  return Object.fromEntries(named);
}
