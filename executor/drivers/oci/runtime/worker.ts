import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { CONMON } from '../host-programs.ts';
import { type Bind, bindExactly, Refusal, requireDirectories } from './binds.ts';
import { enterMounts, enterOwnMounts, leaveOut, mountOverlay } from './mounts.ts';

/*
 * The thread in whose mount namespace no network namespaces are mounted. conmon gets a copy of it with the container's
 * overlay and what it mounts of the host, which so are unmounted by the kernel with the last process of the container.
 */

/** The process id of conmon, which forks and ends, or what went wrong. */
export type Launched = number | { readonly code: 'refused' | 'host'; readonly detail: string };

/** Sent to the thread; the answer is {@link Launched}. */
export interface Launch {
  readonly lower: string;
  readonly upper: string;
  readonly work: string;
  readonly root: string;
  readonly binds: readonly Bind[];
  readonly arguments: readonly string[];
  /** The file to which conmon writes the process id, or what runc said. */
  readonly report: string;
}

function launch(base: number, request: Launch): number {
  enterOwnMounts();
  const report = openSync(request.report, 'a');
  try {
    mountOverlay(request.lower, request.upper, request.work, request.root);
    requireDirectories(request.root);
    for (const bind of request.binds) bindExactly(bind);
    const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', _OCI_SYNCPIPE: '3' };
    const stdio = ['ignore', 'ignore', 'ignore', report] as const;
    const child = spawn(CONMON, request.arguments, {
      // Where it leaves a file if the kernel has killed the program for its memory.
      ...{ cwd: dirname(request.report), detached: true, env: environment, stdio: [...stdio] },
    });
    // It is told of later that there is no such program, but without a process id at once.
    child.on('error', () => {});
    child.unref();
    if (child.pid === undefined) throw new Error('conmon could not be started');
    return child.pid;
  } finally {
    closeSync(report);
    enterMounts(base);
  }
}

if (parentPort === null) throw new Error('worker.ts is to be started as a worker thread');
const port = parentPort;
enterOwnMounts();
// Each process of a container would copy them, at several microseconds each.
leaveOut('/run/netns');
const base = openSync('/proc/thread-self/ns/mnt', 'r');
port.on('message', (request: Launch) => {
  try {
    port.postMessage(launch(base, request) satisfies Launched);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    port.postMessage({ code: error instanceof Refusal ? 'refused' : 'host', detail } satisfies Launched);
  }
});
