// Compares trainings that should end in the same state. They run in a folder that is removed again.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newestCheckpoint } from '../../checkpoint/files.ts';
import { readSnapshot } from '../../gan/snapshot-file.ts';
import { checkpointsOf } from '../../train/run.ts';
import { beforeEnd } from '../stop.ts';
import { bytesOf, firstDifference } from './difference.ts';

/** A run that was trained, and its name in the sentence that tells a difference. */
interface Trained {
  readonly run: string;
  readonly name: string;
}

export interface Compared {
  readonly steps: number;
  readonly tensors: number;
  readonly bytes: number;
  /** The first difference in words, or null. */
  readonly difference: string | null;
  readonly seconds: number;
}

/**
 * Runs `train` with an empty folder, and compares every byte of the first run's newest checkpoint
 * with those of the other runs. Returns what `train` says of itself too.
 */
export async function compareTrainings<T extends object>(
  train: (folder: string) => Promise<{ readonly about: T; readonly trained: readonly [Trained, ...Trained[]] }>,
): Promise<T & Compared> {
  const started = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'dcgan-verify-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const stopListening = beforeEnd(remove);
  try {
    const { about, trained } = await train(folder);
    const [first, ...others] = trained;
    const expected = newestSnapshot(first);
    const differences = others.map((other) =>
      firstDifference(expected, newestSnapshot(other), { first: first.name, second: other.name }),
    );
    return {
      ...about,
      steps: expected.step,
      tensors: expected.tensors.size,
      bytes: bytesOf(expected.tensors),
      difference: differences.find((one) => one !== null) ?? null,
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    stopListening();
    remove();
  }
}

const newestSnapshot = ({ run }: Trained) => readSnapshot(newestCheckpoint(checkpointsOf(run))!.path);
