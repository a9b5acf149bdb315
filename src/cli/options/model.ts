// Options that change the model or its training, and the names that the library has for them.
import { type Command, Option } from 'commander';
import { AUGMENTS, type ConfigOverrides, LOSSES } from '../../gan/schema.ts';
import { choice, number, wholeNumber } from './values.ts';

export interface ModelFlags {
  readonly cond?: true;
  readonly groups?: number;
  readonly loss?: ConfigOverrides['loss'];
  readonly labelSmoothing?: number;
  readonly r1?: number;
  readonly spectralNorm?: true;
  readonly bnD?: boolean;
  readonly dropout?: number;
  readonly augment?: ConfigOverrides['augment'];
  readonly ema?: number;
  readonly lr?: number;
  readonly lrG?: number;
  readonly lrD?: number;
  readonly beta1?: number;
  readonly dSteps?: number;
  readonly clipGrad?: number;
}

export function addModelOptions(command: Command): Command {
  const own = (flags: string, description: string, parse: (text: string) => unknown): void => {
    command.addOption(new Option(flags, description).argParser(parse));
  };
  const decimal = (flags: string, description: string, least: number, below: number): void =>
    own(flags, description, number(flags.split(' ')[0]!, least, below));
  command.option('--cond', "tell both networks the images' classes; `sample --class` then chooses");
  own(
    '--groups <n>',
    'find so many groups of alike images, and tell both networks of them as of classes; 0: none',
    wholeNumber('--groups', 0, 256),
  );
  own('--loss <name>', `what is minimised: ${LOSSES.join(', ')} (default: ns)`, choice('--loss', LOSSES));
  decimal('--label-smoothing <x>', "the discriminator's target for reals is 1 - X (loss ns)", 0, 0.5);
  decimal('--r1 <gamma>', "penalty on the discriminator's slope at reals", 0, Number.POSITIVE_INFINITY);
  command.option('--spectral-norm', 'divide the kernels of the discriminator by their largest singular value');
  command
    .option('--bn-d', 'batch norm in the discriminator')
    .option('--no-bn-d', 'none, where the preset has it: paper');
  decimal('--dropout <rate>', 'dropout in the discriminator', 0, 0.96);
  own(
    '--augment <name>',
    `what is done to reals and fakes before they are judged: ${AUGMENTS.join(', ')}`,
    choice('--augment', AUGMENTS),
  );
  decimal('--ema <decay>', 'keep a moving average of the generator, and make all pictures with it', 0, 1);
  decimal('--lr <rate>', "Adam's learning rate, of both networks", Number.MIN_VALUE, 1);
  decimal('--lr-g <rate>', "the generator's learning rate", Number.MIN_VALUE, 1);
  decimal('--lr-d <rate>', "the discriminator's learning rate", Number.MIN_VALUE, 1);
  decimal('--beta1 <decay>', "of Adam's first moment", 0, 1);
  own('--d-steps <n>', 'steps of the discriminator for one of the generator', wholeNumber('--d-steps', 1, 100));
  decimal('--clip-grad <x>', "largest norm of each network's gradient", 0, Number.POSITIVE_INFINITY);
  return command;
}

/** Flags with a name of their own, and the library's. */
export const NAMES = {
  size: 'imageSize',
  bnD: 'discriminatorBatchNorm',
  lr: 'learningRate',
  lrG: 'generatorLearningRate',
  lrD: 'discriminatorLearningRate',
  dSteps: 'discriminatorSteps',
  clipGrad: 'clipGradient',
} as const satisfies Readonly<Record<string, keyof ConfigOverrides>>;

/** Flags under the library's names. */
export function libraryNames<T extends object>(flags: T): Omit<T, keyof typeof NAMES> & ConfigOverrides {
  const named = Object.entries(flags).map(([flag, value]) => [(NAMES as Record<string, string>)[flag] ?? flag, value]);
  return Object.fromEntries(named);
}
