// The tests of the engine that run in a page: every case, and golden replay. page-bundle.ts bundles
// it.

import { Dataset, type DatasetParts } from '../../src/data/dataset.ts';
import type { DeviceName } from '../../src/engine/backends/backend.ts';
import { opener } from '../../src/engine/backends/index.ts';
import { ALL_PASSES, compile } from '../../src/engine/compile.ts';
import { replayGolden } from '../../src/gan/golden.ts';
import { type GoldenReport, judgeGolden } from '../../src/gan/golden-judge.ts';
import { CASES, type Case } from './cases.ts';
import { problem, runPlan, STATE } from './equality.ts';
import { relativeError } from './values.ts';

/** Runs all cases; returns the ones further from the interpreter than `bound`, and their number. */
export async function runCases(device: DeviceName, threads: number, bound: number): Promise<[number, string[]]> {
  const wrong: string[] = [];
  for (let first = 0; first < CASES.length; first += AT_ONCE)
    wrong.push(...(await runSome(CASES.slice(first, first + AT_ONCE), device, threads, bound)));
  return [CASES.length, wrong];
}

/** The cases that one backend runs: a few, so that backends are opened and closed too. */
const AT_ONCE = 50;

async function runSome(cases: readonly Case[], device: DeviceName, threads: number, bound: number): Promise<string[]> {
  const wrong: string[] = [];
  const backend = await opener(device)({ stateFloats: STATE.floats, threads });
  try {
    for (const testCase of cases) {
      const { outputs, feeds, expected } = problem(testCase);
      const plan = compile({ name: testCase.name, outputs, updates: new Map() }, STATE, ALL_PASSES);
      const got = await runPlan(backend, plan, feeds);
      for (const [name, want] of expected) {
        const error = relativeError(got.get(name)!, want);
        if (!(error < bound)) wrong.push(`${testCase.name}, ${name}: ${error}`);
      }
    }
  } finally {
    await backend.dispose();
  }
  return wrong;
}

/** Replays a golden file on images of MNIST. */
export async function replay(golden: Uint8Array, images: DatasetParts, device: string): Promise<GoldenReport> {
  const replayed = await replayGolden(golden, 'golden', new Dataset(images), { device });
  return judgeGolden(golden, 'golden', replayed);
}
