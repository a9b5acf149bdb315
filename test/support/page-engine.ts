// What a page of the tests runs of the engine itself: every case, and golden replay. Bundled by page-bundle.ts.

import { Face } from '../../src/browser/face.ts';
import type { SentOptions } from '../../src/browser/options.ts';
import { Dataset, type DatasetParts } from '../../src/data/dataset.ts';
import type { DeviceName } from '../../src/engine/backends/backend.ts';
import { opener } from '../../src/engine/backends/index.ts';
import { ALL_PASSES, compile } from '../../src/engine/compile.ts';
import { type GoldenReport, judgeGolden, replayGolden } from '../../src/gan/golden.ts';
import { CASES, type Case } from './cases.ts';
import { problem, runPlan, STATE } from './equality.ts';
import { relativeError } from './values.ts';

/** Runs all cases; what is further from the interpreter than `bound`, in words, and how many cases there were. */
export async function runCases(device: DeviceName, threads: number, bound: number): Promise<[number, string[]]> {
  const wrong: string[] = [];
  for (let first = 0; first < CASES.length; first += AT_ONCE)
    wrong.push(...(await runSome(CASES.slice(first, first + AT_ONCE), device, threads, bound)));
  return [CASES.length, wrong];
}

/** Cases of one backend: some, so that backends are closed and opened too. */
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

/**
 * Trains as the library's Worker does, but in the page's own thread, where tests can lie about the GPU: `lose` is called after step
 * `at`. What happened, in words.
 */
export async function trainHere(options: SentOptions, at: number, lose: () => Promise<void>): Promise<string[]> {
  const told: string[] = [];
  const face = new Face();
  try {
    await face.train(options);
    for (;;) {
      const { value: event, done } = await face.next();
      if (done || !event) break;
      if (event.type === 'run') told.push(`${event.info.device} from step ${event.resumed?.step ?? 'none'}`);
      if (event.type === 'warning')
        told.push(`${event.condition} after step ${event.step}: ${event.seen}. ${event.help}`);
      if (event.type === 'done') told.push(event.type);
      if (event.type !== 'step') continue;
      told.push(`step ${event.step}`);
      if (event.step === at && told.filter((line) => line === `step ${at}`).length === 1) await lose();
    }
  } finally {
    await face.finish();
  }
  return told;
}
