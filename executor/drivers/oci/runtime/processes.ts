import { readdirSync, readFileSync } from 'node:fs';

/** Contents of a file, or null if it cannot be read: files of ended processes disappear at any time. */
export function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** When a process was started, in ticks since the boot (proc_pid_stat(5), field 22); null if it has ended. */
export function startTime(pid: number): string | null {
  const fields = readOrNull(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ');
  if (fields === undefined || fields[0] === 'Z' || fields[0] === 'X') return null;
  return fields[19] ?? null;
}

/** Processes that have `argument` among their arguments. */
export function processesWith(argument: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => hasArgument(pid, argument));
}

/** Not of a process that has ended, whoever has its id now. */
export function hasArgument(pid: number, argument: string): boolean {
  return readOrNull(`/proc/${pid}/cmdline`)?.split('\0').includes(argument) === true;
}

/** SIGKILL, also if the process has ended already. */
export function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
