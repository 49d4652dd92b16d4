import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** The environment variable that marks processes of a test run. */
export const RUN_MARK = 'WEFT_TEST_RUN';

/** The variable that names the directory for the temporary files of tests. */
export const TEMPORARY_FILES = 'WEFT_TEST_TEMPORARY';

/** A process that was killed with its group takes a moment to end. */
const ENDING_MS = 2_000;
const POLL_MS = 20;

const CGROUPS = '/sys/fs/cgroup';

/** The parts of the host that a test run must not change. */
export interface HostState {
  readonly namespaces: readonly string[];
  readonly links: readonly string[];
  /** Control groups named as those of weft and of its tests, in any hierarchy. */
  readonly groups: readonly string[];
  readonly checkout: string;
}

export function hostState(root: string): HostState {
  return {
    ...{ namespaces: list('/run/netns'), links: list('/sys/class/net'), groups: controlGroups() },
    checkout: checkoutState(root),
  };
}

/** What a run has added, in words; empty if nothing. */
export function leftovers(before: HostState, after: HostState): string[] {
  const added = (what: string, old: readonly string[], now: readonly string[]) =>
    now.filter((name) => !old.includes(name)).map((name) => `${what} ${name}`);
  return [
    ...added('namespace', before.namespaces, after.namespaces),
    ...added('link', before.links, after.links),
    ...added('control group', before.groups, after.groups),
    ...(before.checkout === after.checkout ? [] : [`changes in the checkout:\n${after.checkout}`]),
  ];
}

/** What the processes of a run have in their environments. */
export interface RunMarks {
  readonly id: string;
  /** The directory of their temporary files: libvirtd passes TMPDIR to QEMU, and little else. */
  readonly temporary: string;
}

/** Ends the remaining processes of the run; returns which, except for those that were ending anyway. */
export async function endProcesses(run: RunMarks): Promise<string[]> {
  const deadline = performance.now() + ENDING_MS;
  while (processesOf(run).length > 0 && performance.now() < deadline) await setTimeout(POLL_MS);
  return killProcesses(run);
}

/** Kills the processes of the run; returns which. */
export function killProcesses(run: RunMarks): string[] {
  return processesOf(run).map(({ pid, command }) => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
    return `process ${pid} ${command}`;
  });
}

/** The files in a directory that has a subdirectory for each test file. */
export function temporaryFiles(directory: string): string[] {
  return list(directory).flatMap((tests) =>
    list(join(directory, tests)).map((name) => `temporary file ${name} of ${tests}`),
  );
}

function controlGroups(): string[] {
  const hierarchies = [CGROUPS, ...list(CGROUPS).map((name) => join(CGROUPS, name))];
  const found = hierarchies.flatMap((directory) => list(directory).filter((name) => name.startsWith('weft')));
  return [...new Set(found)].sort();
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

/** Empty if it is not a git checkout. */
function checkoutState(root: string): string {
  try {
    return execFileSync('git', ['--no-optional-locks', 'status', '--porcelain'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return '';
  }
}

function processesOf({ id, temporary }: RunMarks): { pid: number; command: string }[] {
  return list('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
    .flatMap((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
        const isMarked = (entry: string) => entry === `${RUN_MARK}=${id}` || entry.startsWith(`TMPDIR=${temporary}/`);
        if (!environment.some(isMarked)) return [];
        return [{ pid, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() }];
      } catch {
        // It has ended meanwhile, or is another user's.
        return [];
      }
    });
}
