import { closeSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { type Connection, type DriverHealth, Reopening } from '../reopening.ts';
import { refusal } from './errors.ts';
import { watchNames } from './watch-names.ts';

/** What changed on the host, told by names and labels alone: who wants to know more looks for himself. */
export interface HostChange {
  /** Aliases of links that appeared, went or changed, in whatever namespace. */
  readonly aliases: readonly string[];
  /** Names of links that appeared, went or changed, labelled or not; one that got another name is told by that one. */
  readonly names: readonly string[];
  /** Names of namespaces that appeared or went. */
  readonly namespaces: readonly string[];
  /** Some events were lost: anything may have changed. */
  readonly everything: boolean;
}

export interface NetnsMonitor {
  /** While it is away nothing is told; when it is there again, `everything` is. */
  health(): DriverHealth;
  close(): Promise<void>;
}

export interface MonitorOptions {
  /** Where namespaces have their names. */
  readonly directory?: string;
  readonly changed: (change: HostChange) => void;
  /** Room for events that were not read yet; a burst that does not fit is told as `everything`. */
  readonly bufferBytes?: number;
  /** Hears when its thread ends by itself, and when it is there again. */
  readonly log?: (level: 'warn' | 'info', text: string) => void;
}

/** What the thread says: which descriptor wakes it, what it saw, or why it ended. */
export type MonitorMessage =
  | { readonly wake: number }
  | { readonly aliases: readonly string[]; readonly names: readonly string[]; readonly everything: boolean }
  | { readonly fault: string };

const BUFFER_BYTES = 4 << 20;

/** An eventfd takes a number of eight bytes. */
const WAKE = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);

/**
 * Tells of changes of links, in the process' network namespace and in those that the driver made,
 * and of namespaces that come and go by name: some 50 ms later, many at once.
 *
 * @throws NetnsError as its thread could not start
 */
export async function openNetnsMonitor({
  directory = '/run/netns',
  changed,
  bufferBytes = BUFFER_BYTES,
  ...restart
}: MonitorOptions): Promise<NetnsMonitor> {
  const thread = await Reopening.open({
    ...restart,
    name: 'the netns monitor',
    open: () => startThread(bufferBytes, changed),
    reopened: () => changed({ aliases: [], names: [], namespaces: [], everything: true }),
  });
  const unwatch = watchNames(directory, (namespaces) =>
    changed({ aliases: [], names: [], namespaces, everything: false }),
  );
  return {
    health: () => thread.health(),
    async close() {
      unwatch();
      await thread.close();
    },
  };
}

async function startThread(bufferBytes: number, changed: MonitorOptions['changed']): Promise<Connection> {
  const worker = new Worker(new URL('./monitor-thread.ts', import.meta.url), {
    workerData: { bufferBytes },
    execArgv: [],
  });
  let closing = false;
  let fault = 'its thread has ended';
  worker.on('error', (error) => {
    fault = error instanceof Error ? error.message : String(error);
  });
  const ended = new Promise<string | null>((resolve) => worker.once('exit', () => resolve(closing ? null : fault)));
  const wake = await new Promise<number>((resolve, reject) => {
    void ended.then((reason) => reject(refusal('kernel', 'start the netns monitor', reason ?? 'it was closed')));
    worker.on('message', (message: MonitorMessage) => {
      if ('wake' in message) resolve(message.wake);
      else if ('fault' in message) fault = message.fault;
      else changed({ ...message, namespaces: [] });
    });
  });
  let over = false;
  void ended.then(() => {
    over = true;
    closeSync(wake);
  });
  return {
    ended,
    async close() {
      closing = true;
      if (!over) writeSync(wake, WAKE);
      await ended;
    },
  };
}
