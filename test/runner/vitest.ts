import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { runCommand } from './command.ts';
import { OUTCOME_FILE, type Outcome } from './reporter.ts';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What to show of it: everything where something failed, else its notes and why tests were skipped. */
  readonly output: string;
}

export interface VitestRun {
  readonly root: string;
  /** Arguments for vitest: files and options. */
  readonly args: readonly string[];
  /** A file that nothing else uses. */
  readonly report: string;
  readonly environment: Record<string, string>;
  /** Runs in a network and mount namespace of its own, where it is root on a host that nobody else sees. */
  readonly isolated: boolean;
  readonly deadlineMs: number;
}

/** A fresh /run, and `lo` up; what is made there goes with the namespace. */
const enter = 'mount -t tmpfs tmpfs /run && ip link set lo up && exec "$@"';

export async function runVitest({ root, args, report, environment, isolated, deadlineMs }: VitestRun): Promise<Counts> {
  const vitest = [
    process.execPath,
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    ...args,
    '--reporter=default',
    `--reporter=${join(root, 'test/runner/reporter.ts')}`,
  ];
  const command = isolated
    ? ['unshare', '--mount', '--net', '--propagation', 'private', 'sh', '-c', enter, 'sh', ...vitest]
    : vitest;
  const [program = '', ...rest] = command;
  const { code, output } = await runCommand(program, rest, {
    environment: { ...environment, [OUTCOME_FILE]: report, FORCE_COLOR: '0' },
    deadlineMs,
  });
  const outcome = takeOutcome(report);
  if (outcome === null) return { passed: 0, failed: 1, skipped: 0, output };
  const failed = outcome.failed === 0 && code !== 0 ? 1 : outcome.failed;
  // What a test wants to be seen when it passes, too.
  const notes = stripVTControlCharacters(output)
    .split('\n')
    .filter((line) => line.startsWith('note: '));
  const reasons = outcome.skipped.map(({ test, reason }) => `     skipped  ${test}: ${reason}`);
  return {
    passed: outcome.passed,
    failed,
    skipped: outcome.skipped.length,
    output: [...(failed > 0 ? [output] : notes.map((line) => `     ${line}`)), ...reasons].join('\n'),
  };
}

/** Null: it ended before it could write one. */
function takeOutcome(path: string): Outcome | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  } finally {
    rmSync(path, { force: true });
  }
}
