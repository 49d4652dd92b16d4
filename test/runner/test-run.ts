import { randomUUID } from 'node:crypto';
import { chmodSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { STATEMENTS_DIRECTORY, WHOLE_RUN } from '../plans/collected.mjs';
import { endAll, runCommand } from './command.ts';
import {
  endProcesses,
  type HostState,
  hostState,
  killProcesses,
  leftovers,
  RUN_MARK,
  type RunMarks,
  TEMPORARY_FILES,
  temporaryFiles,
} from './leftovers.ts';
import { OUTCOME_FILE, type Outcome } from './reporter.ts';
import { temporaryRoot } from './temporary-root.ts';

const MINUTE_MS = 60_000;
const PLANS = 'test/plans/collected.plans.test.ts';

export interface TestRunOptions {
  /** The checkout. */
  readonly root: string;
  /** How long one program may take, in minutes. */
  readonly deadlineMinutes: number;
}

/** Runs programs and vitest, prints their outcomes, and removes what they leave behind. */
export class TestRun {
  readonly #options: TestRunOptions;
  readonly #id = randomUUID();
  readonly #temporary = mkdtempSync(join(temporaryRoot(), 'weft-run-'));
  /** For the temporary files of tests, which must leave none. */
  readonly #ofTests = join(this.#temporary, 'tests');
  readonly #environment: Record<string, string>;
  readonly #before: HostState;
  readonly #total = { passed: 0, failed: 0, skipped: 0 };

  constructor(options: TestRunOptions) {
    this.#options = options;
    this.#before = hostState(options.root);
    mkdirSync(this.#ofTests);
    // Some tests run weft without root.
    chmodSync(this.#temporary, 0o755);
    this.#environment = {
      [RUN_MARK]: this.#id,
      TMPDIR: this.#ofTests,
      [TEMPORARY_FILES]: this.#ofTests,
      XDG_CONFIG_HOME: this.#temporary,
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_HIDE_BANNER: 'true',
      // Processes and threads of weft start in half the time with a shared compile cache.
      NODE_COMPILE_CACHE: join(this.#temporary, 'compile-cache'),
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => this.#interrupted(signal));
  }

  /** Runs one program of node_modules. */
  async check(name: string, program: string, ...args: readonly string[]): Promise<void> {
    const { code, output } = await runCommand(join(this.#options.root, 'node_modules/.bin', program), args, {
      environment: this.#environment,
      deadlineMs: this.#options.deadlineMinutes * MINUTE_MS,
    });
    this.#count(code === 0 ? { passed: 1 } : { failed: 1 });
    console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name}${code === 0 ? '' : `\n${output}`}`);
  }

  /**
   * Runs the files of these projects of vitest whose path contains the word, and records the SQL texts that weft
   * issues.
   */
  async tests(projects: readonly string[], word: string): Promise<void> {
    const { root, deadlineMinutes } = this.#options;
    const isRoot = process.getuid?.() === 0;
    const chosen = isRoot ? projects : projects.filter((project) => project === 'unit' || project === 'plans');
    if (!isRoot) this.#skipReal(word);
    const report = join(this.#temporary, 'outcome.json');
    const args = [
      ...['run', '--passWithNoTests', '--reporter=default', `--reporter=${join(root, 'test/runner/reporter.ts')}`],
      ...chosen.map((project) => `--project=${project}`),
      ...(word === '' ? [] : [word, ...(projects.includes('plans') ? [PLANS] : [])]),
    ];
    const whole = word === '' && isRoot && projects.includes('plans') ? { [WHOLE_RUN]: 'true' } : {};
    const { code } = await runCommand(join(root, 'node_modules/.bin/vitest'), args, {
      environment: { ...this.#environment, ...this.#collecting(), ...whole, [OUTCOME_FILE]: report, NO_COLOR: '1' },
      deadlineMs: deadlineMinutes * MINUTE_MS,
      show: (text) => process.stdout.write(text),
    });
    const outcome = readOutcome(report);
    for (const { test, reason } of outcome?.skipped ?? []) console.log(`skip ${test}: ${reason}`);
    const { passed = 0, failed = 0, skipped = [] } = outcome ?? {};
    this.#count({ passed, failed: failed === 0 && code !== 0 ? 1 : failed, skipped: skipped.length });
  }

  /**
   * Ends what is still running, prints a summary, and returns the exit code: not 0 if anything failed or nothing ran.
   */
  async finish(): Promise<number> {
    const total = this.#total;
    const tested = total.passed + total.failed + total.skipped > 0;
    if (!tested) console.error('no file of tests has that word in its path');
    const left = [...temporaryFiles(this.#ofTests), ...(await endProcesses(this.#marks()))];
    this.#removeTemporary();
    left.push(...leftovers(this.#before, hostState(this.#options.root)));
    this.#count(left.length === 0 ? { passed: 1 } : { failed: 1 });
    console.log(left.length === 0 ? 'ok   nothing is left behind' : `FAIL left behind:\n${left.join('\n')}`);
    console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
    return tested && total.failed === 0 && total.passed > 0 ? 0 : 1;
  }

  /** Makes tests record the SQL texts that weft issues, in every process. */
  #collecting(): Record<string, string> {
    const directory = join(this.#temporary, 'statements');
    mkdirSync(directory);
    // Writable for any user, too.
    chmodSync(directory, 0o777);
    return {
      [STATEMENTS_DIRECTORY]: directory,
      NODE_OPTIONS: `--import=${new URL('../plans/in-weft.mjs', import.meta.url)}`,
    };
  }

  #skipReal(word: string): void {
    const files = globSync('{executor,test}/**/*.real.test.ts', { cwd: this.#options.root });
    const named = files.filter((file) => file.includes(word)).sort();
    for (const file of named) console.log(`skip ${file}: needs root, for namespaces of its own`);
    this.#count({ skipped: named.length });
  }

  #marks(): RunMarks {
    return { id: this.#id, temporary: this.#ofTests };
  }

  #count({ passed = 0, failed = 0, skipped = 0 }: Partial<Record<'passed' | 'failed' | 'skipped', number>>): void {
    this.#total.passed += passed;
    this.#total.failed += failed;
    this.#total.skipped += skipped;
  }

  #removeTemporary(): void {
    rmSync(this.#temporary, { recursive: true, force: true, maxRetries: 5 });
  }

  #interrupted(signal: 'SIGINT' | 'SIGTERM'): never {
    endAll();
    killProcesses(this.#marks());
    this.#removeTemporary();
    process.exit(128 + constants.signals[signal]);
  }
}

/** Null: vitest ended before it could write one. */
function readOutcome(path: string): Outcome | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}
