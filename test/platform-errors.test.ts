import { expect, test } from 'vitest';
import { DcganError, usage } from '../src/platform/errors.ts';

test('an error is one sentence about what is wrong and one about what to do', () => {
  const error = new DcganError({
    what: 'x.idx: truncated',
    expected: '16 bytes',
    got: '4 bytes',
    todo: 'Copy it again',
  });
  expect(error.message).toBe('x.idx: truncated: expected 16 bytes, got 4 bytes. Copy it again.');
  expect(error.exitCode).toBe(1);
});

test('parts that are absent leave no trace in the sentence', () => {
  expect(new DcganError({ what: 'the disk is full' }).message).toBe('the disk is full.');
  expect(usage({ what: '--epochs', got: '"many"' }).message).toBe('--epochs: got "many".');
  expect(usage({ what: '--epochs' }).exitCode).toBe(2);
});
