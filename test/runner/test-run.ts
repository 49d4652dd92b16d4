import { randomUUID } from 'node:crypto';
import { chmodSync, globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { collected, STATEMENTS_DIRECTORY, WHOLE_RUN } from '../plans/collected.mjs';
import { endAll, runCommand } from './command.ts';
import {
  endProcesses,
  type HostState,
  hostState,
  killProcesses,
  leftovers,
  RUN_MARK,
  temporaryFiles,
} from './leftovers.ts';
import { type Counts, runVitest } from './vitest.ts';

const MINUTE_MS = 60_000;

export interface TestRunOptions {
  /** The checkout. */
  readonly root: string;
  /** Only files whose path has it are run. */
  readonly filter: string;
  /** How long one program may take, in minutes. */
  readonly deadlineMinutes: number;
}

/** Runs programs and files of tests, prints what came of each, and removes what they leave behind. */
export class TestRun {
  readonly #options: TestRunOptions;
  readonly #id = randomUUID();
  readonly #temporary = mkdtempSync(join(tmpdir(), 'weft-run-'));
  readonly #environment: Record<string, string>;
  readonly #before: HostState;
  readonly #total = { passed: 0, failed: 0, skipped: 0 };
  readonly #left: string[] = [];

  constructor(options: TestRunOptions) {
    this.#options = options;
    this.#before = hostState(options.root);
    // Some tests run weft as a user without rights.
    chmodSync(this.#temporary, 0o755);
    this.#environment = {
      [RUN_MARK]: this.#id,
      TMPDIR: this.#temporary,
      XDG_CONFIG_HOME: this.#temporary,
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_HIDE_BANNER: 'true',
      // Processes and threads of weft start in half the time when they need not strip the same files again.
      NODE_COMPILE_CACHE: join(this.#temporary, 'compile-cache'),
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => this.#interrupted(signal));
  }

  /** Has all tests after this keep the SQL texts that weft issues, in whichever process. */
  collectStatements(): void {
    const directory = join(this.#temporary, 'statements');
    mkdirSync(directory);
    // Of any user, too.
    chmodSync(directory, 0o777);
    Object.assign(this.#environment, {
      [STATEMENTS_DIRECTORY]: directory,
      NODE_OPTIONS: `--import=${new URL('../plans/in-weft.mjs', import.meta.url)}`,
    });
  }

  /** Looks at the query plans of what was collected. */
  async checkPlans(): Promise<void> {
    const directory = this.#environment[STATEMENTS_DIRECTORY];
    if (directory === undefined || collected(directory).length === 0) return;
    const whole = this.#options.filter === '' && process.getuid?.() === 0;
    if (whole) Object.assign(this.#environment, { [WHOLE_RUN]: 'true' });
    await this.together('plans', ['test/plans/collected.plans.test.ts'], false);
  }

  /** One program of node_modules. */
  async check(name: string, program: string, ...args: readonly string[]): Promise<void> {
    const began = performance.now();
    const { code, output } = await runCommand(join(this.#options.root, 'node_modules/.bin', program), args, {
      environment: this.#environment,
      deadlineMs: this.#options.deadlineMinutes * MINUTE_MS,
    });
    this.#count(
      name,
      began,
      code === 0 ? { passed: 1, failed: 0, skipped: 0, output: '' } : { passed: 0, failed: 1, skipped: 0, output },
    );
  }

  files(pattern: string): string[] {
    const { root, filter } = this.#options;
    return globSync(pattern, { cwd: root })
      .filter((file) => file.includes(filter))
      .sort();
  }

  /** Each file in a namespace of its own, as many at once as there are processors. */
  async isolated(files: readonly string[]): Promise<void> {
    if (process.getuid?.() !== 0) {
      for (const file of files) console.log(`skip           ${file}: needs root, for namespaces of its own`);
      this.#total.skipped += files.length;
      return;
    }
    const waiting = [...files];
    const worker = async () => {
      for (let file = waiting.shift(); file !== undefined; file = waiting.shift())
        await this.together(file, [file], true);
    };
    await Promise.all(Array.from({ length: availableParallelism() }, worker));
  }

  /** One process of vitest, with a directory of its own for temporary files, in which it is to leave none. */
  async together(name: string, files: readonly string[], isolated: boolean): Promise<void> {
    const { root, deadlineMinutes } = this.#options;
    const began = performance.now();
    const directory = join(this.#temporary, name.replaceAll('/', '-'));
    mkdirSync(directory);
    const report = `${directory}.json`;
    const environment = { ...this.#environment, TMPDIR: directory };
    const deadlineMs = deadlineMinutes * MINUTE_MS;
    this.#count(name, began, await runVitest({ root, args: files, report, environment, isolated, deadlineMs }));
    this.#left.push(...temporaryFiles(directory).map((file) => `${file} of ${name}`));
  }

  /** Ends what still runs, prints the sum, and answers the exit code: not 0 where anything failed or nothing ran. */
  async finish(): Promise<number> {
    const total = this.#total;
    const tested = total.passed + total.failed + total.skipped > 0;
    if (!tested) console.error(`no file of tests has "${this.#options.filter}" in its path`);
    this.#left.push(...(await endProcesses(this.#id)));
    this.#removeTemporary();
    const left = [...this.#left, ...leftovers(this.#before, hostState(this.#options.root))];
    this.#count('nothing is left behind', performance.now(), {
      passed: left.length === 0 ? 1 : 0,
      failed: left.length === 0 ? 0 : 1,
      skipped: 0,
      output: left.join('\n'),
    });
    console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
    return tested && total.failed === 0 && total.passed > 0 ? 0 : 1;
  }

  #count(name: string, began: number, { passed, failed, skipped, output }: Counts): void {
    this.#total.passed += passed;
    this.#total.failed += failed;
    this.#total.skipped += skipped;
    const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(6);
    const skips = skipped > 0 ? `, ${skipped} skipped` : '';
    console.log(
      `${failed > 0 ? 'FAIL' : 'ok  '} ${seconds} s  ${name}: ${passed} passed${failed > 0 ? `, ${failed} failed` : ''}${skips}`,
    );
    if (output !== '') console.log(output);
  }

  #removeTemporary(): void {
    rmSync(this.#temporary, { recursive: true, force: true, maxRetries: 5 });
  }

  #interrupted(signal: 'SIGINT' | 'SIGTERM'): never {
    endAll();
    killProcesses(this.#id);
    this.#removeTemporary();
    process.exit(128 + constants.signals[signal]);
  }
}
