import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** The environment variable with the path for the outcome. */
export const OUTCOME_FILE = 'WEFT_TEST_OUTCOME';

/** The outcome of a run of vitest. A file that cannot be loaded, and an error outside of any test, are failures too. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly Skip[];
}

export interface Skip {
  readonly test: string;
  /** The test's reason, `context.skip(reason)`. */
  readonly reason: string;
}

/** Writes the outcome as JSON. vitest's own JSON report contains neither reasons nor files without tests. */
export default class OutcomeReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const file = process.env[OUTCOME_FILE];
    if (file !== undefined) writeFileSync(file, JSON.stringify(outcomeOf(modules, errors)));
  }
}

function outcomeOf(modules: readonly TestModule[], errors: readonly SerializedError[]): Outcome {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
  const skipped = tests.flatMap((test): Skip[] => {
    const result = test.result();
    if (result.state !== 'skipped') return [];
    return [{ test: `${test.module.relativeModuleId}: ${test.fullName}`, reason: result.note ?? 'no reason given' }];
  });
  const passed = tests.filter((test) => test.result().state === 'passed').length;
  const brokenSuites = suites.filter((suite) => suite.errors().length > 0).length;
  return { passed, failed: tests.length - passed - skipped.length + brokenSuites + errors.length, skipped };
}
