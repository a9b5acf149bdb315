// `train` refuses options that no run can have before it makes a folder.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkPageOptions } from '../src/browser/page-options.ts';
import { Dataset } from '../src/data/dataset.ts';
import { temporaryFolder } from './support/folders.ts';
import { events } from './support/training.ts';

const data = new Dataset({
  name: 'blank',
  images: new Uint8Array(4 * 256),
  count: 4,
  height: 16,
  width: 16,
  channels: 1,
});
const SMALL = { data, preset: 'tiny', batchSize: 4, epochs: 1, device: 'wasm', threads: 1 } as const;

const WRONG: readonly (readonly [options: object, error: string])[] = [
  [
    { evaluateEvery: 1.5 },
    'the options of train: evaluateEvery has an invalid value: expected a whole number, got 1.5.',
  ],
  [{ evaluateEvery: -1 }, 'evaluateEvery has an invalid value'],
  [{ evaluateEvery: Number.NaN }, 'evaluateEvery has an invalid value'],
  [{ onNan: 'x' }, 'onNan has an invalid value: expected one of "stop"|"lower-lr", got "x"'],
  [{ contrast: 'zz' }, 'contrast has an invalid value: expected one of "fixed"|"tile", got "zz"'],
  [{ keepBest: 'yes' }, 'keepBest has an invalid value: expected boolean'],
  [{ tensorboard: 1 }, 'tensorboard has an invalid value'],
  [{ flip: 'yes' }, 'flip has an invalid value'],
  [{ cond: 1 }, 'cond has an invalid value'],
  [{ preview: 0 }, 'preview has an invalid value'],
  [{ epoch: 3 }, 'the options of train: unknown key epoch. Did you mean epochs?'],
  [{ batchsize: 3 }, 'unknown key batchsize. Did you mean batchSize?'],
];

it.each(WRONG)('%j', async (wrong, error) => {
  const out = join(temporaryFolder(), 'run');
  await expect(events({ ...SMALL, out, ...wrong })).rejects.toThrow(error);
  expect(existsSync(out)).toBe(false);
});

it('takes an unknown option without a value, which nobody asked for', async () => {
  const out = join(temporaryFolder(), 'run');
  const seen = await events({ ...SMALL, out, contrast: undefined, ...{ nothing: undefined } });
  expect(seen.at(-1)?.type).toBe('done');
});

it('a page refuses the same', () => {
  const refused = (wrong: object) => expect(() => checkPageOptions({ data, ...wrong }));
  for (const pictureEvery of [-1, 0, 0.5, Number.NaN]) refused({ pictureEvery }).toThrow('pictureEvery has an invalid');
  refused({ contrast: 'zz' }).toThrow('contrast has an invalid value: expected fixed or tile, got "zz".');
  refused({ cond: 'yes' }).toThrow('cond has an invalid value');
  refused({ epoch: 3 }).toThrow('unknown key epoch. Did you mean epochs?');
  refused({ onNan: 'stop' }).toThrow('unknown key onNan');
  refused({ pictureEvery: 1, epochs: 3, keep: 'it' }).not.toThrow();
});
