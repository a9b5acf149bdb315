// Ends every test run with one line of totals, `N passed, N failed, N skipped`. An error outside
// any test counts as a failure: a file that does not load, a hook that throws, an unhandled
// rejection. Under CI a skip fails the run.
import type { Reporter, SerializedError, TestModule, TestRunEndReason } from 'vitest/node';

export default class TotalsReporter implements Reporter {
  onTestRunEnd(
    modules: ReadonlyArray<TestModule>,
    unhandled: ReadonlyArray<SerializedError>,
    reason: TestRunEndReason,
  ): void {
    let passed = 0;
    let failed = unhandled.length;
    let skipped = 0;
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed++;
        else if (state === 'failed') failed++;
        else skipped++;
      }
      failed += [module, ...module.children.allSuites()].filter((part) => part.errors().length > 0).length;
    }
    const strict = process.env.CI === 'true';
    if (failed || (skipped && strict) || passed === 0 || reason !== 'passed') process.exitCode = 1;
    process.on('exit', () => process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`));
  }
}
