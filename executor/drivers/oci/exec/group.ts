import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { membersOf } from '../runtime/control-groups.ts';
import { killNow } from '../runtime/processes.ts';

const PAUSE_MS = 10;
const PREFIX = 'exec-';

/** Directories by controller; version 2 has the name ''. */
export type ControlGroups = Readonly<Record<string, string>>;

/**
 * A control group below the container's that holds all that a command starts: neither fork nor setsid leads out of it. One
 * controller is enough on version 1; that of `pids` counts the processes for the container's limit all the same.
 */
export class ProcessGroup {
  /** Of `runc exec --cgroup`. */
  readonly argument: string;
  readonly #directory: string;
  readonly #unified: boolean;

  private constructor(cgroups: ControlGroups, name: string) {
    this.argument = cgroups.pids === undefined ? name : `pids:${name}`;
    this.#unified = cgroups.pids === undefined;
    this.#directory = join(parentOf(cgroups), name);
  }

  /** Makes one in the container with these control groups. */
  static make(cgroups: ControlGroups): ProcessGroup {
    const group = new ProcessGroup(cgroups, `${PREFIX}${randomUUID()}`);
    mkdirSync(group.#directory);
    return group;
  }

  /** Those that are there. */
  static all(cgroups: ControlGroups): ProcessGroup[] {
    const names = readdirSync(parentOf(cgroups));
    return names.filter((name) => name.startsWith(PREFIX)).map((name) => new ProcessGroup(cgroups, name));
  }

  /** SIGKILL to all that is in it. No process of it can fork any more, so a chain of short processes does not escape. */
  kill(): void {
    write(join(this.#directory, this.#unified ? 'cgroup.kill' : 'pids.max'), this.#unified ? '1' : '0');
    for (const pid of membersOf(this.#directory)) killNow(pid);
  }

  get empty(): boolean {
    return membersOf(this.#directory).length === 0;
  }

  /** What lives on becomes the container's. The kernel removes no group that has a process, and one may just fork. */
  async remove(longestMs: number): Promise<void> {
    for (const end = performance.now() + longestMs; ; await pause(PAUSE_MS)) {
      for (const pid of membersOf(this.#directory)) write(join(dirname(this.#directory), 'cgroup.procs'), String(pid));
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

function parentOf({ pids, '': unified }: ControlGroups): string {
  const parent = pids ?? unified;
  if (parent === undefined) throw new Error('the container is in no control group');
  return parent;
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
