// Ends every test run with one line of totals, `N passed, N failed, N skipped`. An error outside
// any test counts as a failure: a file that does not load, a hook that throws, an unhandled
// rejection. Under CI a skip fails the run. Before the totals stand the failures, a line each, and
// the totals of each file that failed, which `.ci/run` reads.
import type { Reporter, SerializedError, TestModule, TestRunEndReason } from 'vitest/node';

interface Totals {
  passed: number;
  failed: number;
  skipped: number;
  /** A line for each failure. */
  failures: string[];
}

const lineOf = ({ passed, failed, skipped }: Totals): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

const failureOf = (name: string, [error]: ReadonlyArray<{ message: string }>): string =>
  `FAILED ${name}: ${error?.message.split('\n')[0] ?? 'no reason is known'}`;

function totalsOf(module: TestModule): Totals {
  const totals: Totals = { passed: 0, failed: 0, skipped: 0, failures: [] };
  const fail = (name: string, errors: ReadonlyArray<{ message: string }>): void => {
    totals.failed++;
    totals.failures.push(failureOf(`${module.relativeModuleId}${name && ` > ${name}`}`, errors));
  };
  for (const test of module.children.allTests()) {
    const { state, errors } = test.result();
    if (state === 'passed') totals.passed++;
    else if (state === 'failed') fail(test.fullName, errors);
    else totals.skipped++;
  }
  for (const suite of module.children.allSuites()) if (suite.errors().length > 0) fail(suite.fullName, suite.errors());
  if (module.errors().length > 0) fail('', module.errors());
  return totals;
}

export default class TotalsReporter implements Reporter {
  onTestRunEnd(
    modules: ReadonlyArray<TestModule>,
    unhandled: ReadonlyArray<SerializedError>,
    reason: TestRunEndReason,
  ): void {
    const all: Totals = { passed: 0, failed: 0, skipped: 0, failures: [] };
    for (const module of modules) {
      const own = totalsOf(module);
      all.passed += own.passed;
      all.failed += own.failed;
      all.skipped += own.skipped;
      all.failures.push(...own.failures);
      if (own.failed) all.failures.push(`OF ${module.relativeModuleId}: ${lineOf(own)}`);
    }
    for (const error of unhandled) {
      all.failed++;
      all.failures.push(failureOf('outside any test', [error]));
    }
    const strict = process.env.CI === 'true';
    if (all.failed || (all.skipped && strict) || all.passed === 0 || reason !== 'passed') process.exitCode = 1;
    process.on('exit', () => process.stdout.write(`${[...all.failures, lineOf(all)].join('\n')}\n`));
  }
}
