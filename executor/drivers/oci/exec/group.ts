import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { killNow } from '../runtime/processes.ts';

const PAUSE_MS = 10;

/**
 * A control group below the container's that holds all that a command starts: neither fork nor setsid leads out of it. One
 * controller is enough on version 1; that of `pids` counts the processes for the container's limit all the same.
 */
export class ProcessGroup {
  /** Of `runc exec --cgroup`. */
  readonly argument: string;
  readonly #directory: string;
  readonly #unified: boolean;

  /** `cgroups`: of the container, by controller. */
  constructor(cgroups: Readonly<Record<string, string>>, name: string) {
    const { pids, '': unified } = cgroups;
    const parent = pids ?? unified;
    if (parent === undefined) throw new Error('the container is in no control group');
    this.argument = pids === undefined ? name : `pids:${name}`;
    this.#unified = pids === undefined;
    this.#directory = join(parent, name);
    mkdirSync(this.#directory);
  }

  /** SIGKILL to all that is in it. No process of it can fork any more, so a chain of short processes does not escape. */
  kill(): void {
    write(join(this.#directory, this.#unified ? 'cgroup.kill' : 'pids.max'), this.#unified ? '1' : '0');
    for (const pid of members(this.#directory)) killNow(pid);
  }

  get empty(): boolean {
    return members(this.#directory).length === 0;
  }

  /** What lives on becomes the container's. The kernel removes no group that has a process, and one may just fork. */
  async remove(longestMs: number): Promise<void> {
    for (const end = performance.now() + longestMs; ; await pause(PAUSE_MS)) {
      for (const pid of members(this.#directory)) write(join(dirname(this.#directory), 'cgroup.procs'), String(pid));
      try {
        rmdirSync(this.#directory);
        return;
      } catch (error) {
        if (has(error, 'ENOENT')) return;
        if (!has(error, 'EBUSY') || performance.now() > end) throw error;
      }
    }
  }
}

/** None if the group was removed with its container. */
function members(directory: string): number[] {
  try {
    return readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  } catch (error) {
    if (has(error, 'ENOENT', 'ENODEV')) return [];
    throw error;
  }
}

function write(path: string, value: string): void {
  try {
    writeFileSync(path, value, { flag: 'r+' });
  } catch (error) {
    // The process or the container has ended; cgroup.kill is of Linux 5.14.
    if (!has(error, 'ESRCH', 'ENOENT', 'ENODEV')) throw error;
  }
}

function has(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}
