import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** The variable by which a process shows that a test run started it. */
export const RUN_MARK = 'WEFT_TEST_RUN';

/** What a test run must not change on the host. */
export interface HostState {
  readonly namespaces: readonly string[];
  readonly links: readonly string[];
  readonly checkout: string;
}

export function hostState(root: string): HostState {
  return { namespaces: list('/run/netns'), links: list('/sys/class/net'), checkout: checkoutState(root) };
}

/** What is there after a run that was not there before it, in words; empty when it left nothing. */
export function leftovers(before: HostState, after: HostState, run: string): string[] {
  const added = (what: string, old: readonly string[], now: readonly string[]) =>
    now.filter((name) => !old.includes(name)).map((name) => `${what} ${name}`);
  return [
    ...added('namespace', before.namespaces, after.namespaces),
    ...added('link', before.links, after.links),
    ...(before.checkout === after.checkout ? [] : [`changes in the checkout:\n${after.checkout}`]),
    ...processesOf(run).map((command) => `process ${command}`),
  ];
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

/** Empty where it is no git checkout. */
function checkoutState(root: string): string {
  try {
    return execFileSync('git', ['status', '--porcelain'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return '';
  }
}

function processesOf(run: string): string[] {
  return list('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`${RUN_MARK}=${run}`)) return [];
        return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`];
      } catch {
        // It has ended meanwhile, or is another user's.
        return [];
      }
    });
}
