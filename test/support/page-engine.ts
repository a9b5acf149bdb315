// What a page of the tests runs of the engine itself: every case, and golden replay. Bundled by page-bundle.ts.

import { Dataset, type DatasetParts } from '../../src/data/dataset.ts';
import type { DeviceName } from '../../src/engine/backends/backend.ts';
import { opener } from '../../src/engine/backends/index.ts';
import { ALL_PASSES, compile } from '../../src/engine/compile.ts';
import { type GoldenReport, judgeGolden, replayGolden } from '../../src/gan/golden.ts';
import { CASES } from './cases.ts';
import { problem, runPlan, STATE } from './equality.ts';
import { relativeError } from './values.ts';

/** Runs all cases; what is further from the interpreter than `bound`, in words, and how many cases there were. */
export async function runCases(device: DeviceName, threads: number, bound: number): Promise<[number, string[]]> {
  const wrong: string[] = [];
  for (const testCase of CASES) {
    const { outputs, feeds, expected } = problem(testCase);
    const plan = compile({ name: testCase.name, outputs, updates: new Map() }, STATE, ALL_PASSES);
    const backend = await opener(device)({ stateFloats: STATE.floats, threads });
    try {
      const got = await runPlan(backend, plan, feeds);
      for (const [name, want] of expected) {
        const error = relativeError(got.get(name)!, want);
        if (!(error < bound)) wrong.push(`${testCase.name}, ${name}: ${error}`);
      }
    } finally {
      await backend.dispose();
    }
  }
  return [CASES.length, wrong];
}

/** Replays a golden file on images of MNIST. */
export async function replay(golden: Uint8Array, images: DatasetParts, device: string): Promise<GoldenReport> {
  const replayed = await replayGolden(golden, 'golden', new Dataset(images), { device });
  return judgeGolden(golden, 'golden', replayed);
}
