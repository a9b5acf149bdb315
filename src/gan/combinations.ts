// Lists the combinations of options that make no sense, each with the reason.
import { usage } from '../platform/errors.ts';
import type { Config } from './schema.ts';

interface Rule {
  readonly broken: (config: Config) => boolean;
  readonly what: string;
  readonly why: string;
  readonly todo: string;
}

const RULES: readonly Rule[] = [
  {
    broken: ({ groups }) => groups === 1,
    what: 'groups 1 says nothing',
    why: 'every image is in the only group',
    todo: 'Ask for 2 or more, or leave it out',
  },
  {
    broken: ({ groups, classes }) => groups > 0 && groups !== classes,
    what: 'groups and classes differ',
    why: 'groups take the place of classes',
    todo: 'Give both the same number',
  },
  {
    broken: ({ labelSmoothing, loss }) => labelSmoothing > 0 && loss !== 'ns',
    what: 'labelSmoothing needs loss ns',
    why: 'only cross-entropy has a target that can be smoothed',
    todo: 'Leave one of them out',
  },
  {
    broken: ({ loss, discriminatorBatchNorm }) => loss === 'wgan-gp' && discriminatorBatchNorm,
    what: 'loss wgan-gp and discriminatorBatchNorm exclude each other',
    why: "the penalty is on each image's own slope, and batch norm mixes the images of a batch",
    todo: 'Leave batch norm out of the discriminator: --no-bn-d',
  },
  {
    broken: ({ r1, discriminatorBatchNorm }) => r1 > 0 && discriminatorBatchNorm,
    what: 'r1 and discriminatorBatchNorm exclude each other',
    why: "the penalty is on each image's own slope, and batch norm mixes the images of a batch",
    todo: 'Leave batch norm out of the discriminator: --no-bn-d',
  },
  {
    broken: ({ r1, r1Every }) => r1 === 0 && r1Every > 1,
    what: 'r1Every needs r1',
    why: 'without the penalty no step leaves it out',
    todo: 'Give r1 a weight above 0, or leave r1Every out',
  },
  {
    broken: ({ loss, r1 }) => loss === 'wgan-gp' && r1 > 0,
    what: 'loss wgan-gp and r1 exclude each other',
    why: 'the one draws the slope at images to 1, the other to 0',
    todo: 'Leave one of them out',
  },
  {
    broken: ({ loss, spectralNorm }) => loss === 'wgan-gp' && spectralNorm,
    what: 'loss wgan-gp and spectralNorm exclude each other',
    why: 'both bound the slope of the discriminator',
    todo: 'Take spectralNorm with loss hinge, or wgan-gp alone',
  },
  {
    broken: ({ spectralNorm, discriminatorBatchNorm }) => spectralNorm && discriminatorBatchNorm,
    what: 'spectralNorm and discriminatorBatchNorm exclude each other',
    why: 'batch norm would undo the scale of the kernels',
    todo: 'Leave one of them out',
  },
  {
    broken: ({ shards, batchSize }) => shards > batchSize,
    what: 'shards is larger than batchSize',
    why: 'every shard computes at least one image of a mini-batch',
    todo: 'Ask for fewer shards or a larger mini-batch',
  },
];

const firstBroken = (config: Config): Rule | undefined => RULES.find(({ broken }) => broken(config));

export const makesSense = (config: Config): boolean => !firstBroken(config);

/** @throws a usage error for the first combination that makes no sense */
export function refuseNonsense(config: Config): void {
  const rule = firstBroken(config);
  if (rule) throw usage({ what: `${rule.what}: ${rule.why}`, todo: rule.todo, options: rule.what.split(' ') });
}
