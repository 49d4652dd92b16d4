import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { CONMON } from '../host-programs.ts';
import { detachBelow, enterMounts, enterPrivateMounts, mountOverlay } from './mounts.ts';

/*
 * The thread in whose mount namespace no network namespaces are mounted. conmon gets a copy of it with the container's
 * overlay, which so is unmounted by the kernel with the last process of the container.
 */

/** Sent to the thread. The answer is the process id of conmon, which forks and ends, or what went wrong. */
export interface Launch {
  readonly lower: string;
  readonly upper: string;
  readonly work: string;
  readonly root: string;
  readonly arguments: readonly string[];
  /** The file to which conmon writes the process id, or what runc said. */
  readonly report: string;
}

function launch(base: number, request: Launch): number {
  enterPrivateMounts();
  const report = openSync(request.report, 'a');
  try {
    mountOverlay(request.lower, request.upper, request.work, request.root);
    const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', _OCI_SYNCPIPE: '3' };
    const stdio = ['ignore', 'ignore', 'ignore', report] as const;
    const child = spawn(CONMON, request.arguments, { detached: true, env: environment, stdio: [...stdio] });
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
enterPrivateMounts();
detachBelow('/run/netns');
const base = openSync('/proc/thread-self/ns/mnt', 'r');
port.on('message', (request: Launch) => {
  try {
    port.postMessage(launch(base, request));
  } catch (error) {
    port.postMessage(error instanceof Error ? error.message : String(error));
  }
});
