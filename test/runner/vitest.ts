import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './command.ts';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What to show of it: everything, where something failed. */
  readonly output: string;
}

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  success: boolean;
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
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  const command = isolated
    ? ['unshare', '--mount', '--net', '--propagation', 'private', 'sh', '-c', enter, 'sh', ...vitest]
    : vitest;
  const [program = '', ...rest] = command;
  const { code, output } = await runCommand(program, rest, {
    environment: { ...environment, FORCE_COLOR: '0' },
    deadlineMs,
  });
  const counts = readReport(report);
  if (counts === null) return { passed: 0, failed: 1, skipped: 0, output };
  const failed = counts.numFailedTests === 0 && (code !== 0 || !counts.success) ? 1 : counts.numFailedTests;
  return {
    passed: counts.numPassedTests,
    failed,
    skipped: counts.numPendingTests + counts.numTodoTests,
    output: failed > 0 ? output : '',
  };
}

/** Null: it ended before it could write one. */
function readReport(path: string): Report | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  } finally {
    rmSync(path, { force: true });
  }
}
