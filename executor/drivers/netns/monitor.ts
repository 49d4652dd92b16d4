import { closeSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { asNetnsError, refusal } from './errors.ts';
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
  /** Settles when its thread has ended: with null after `close`, with the reason after a fault. */
  readonly ended: Promise<string | null>;
  close(): Promise<void>;
}

export interface MonitorOptions {
  /** Where namespaces have their names. */
  readonly directory?: string;
  readonly changed: (change: HostChange) => void;
  /** Room for events that were not read yet; a burst that does not fit is told as `everything`. */
  readonly bufferBytes?: number;
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
}: MonitorOptions): Promise<NetnsMonitor> {
  const worker = new Worker(new URL('./monitor-thread.ts', import.meta.url), {
    workerData: { bufferBytes },
    execArgv: [],
  });
  let fault: string | null = null;
  const ended = new Promise<string | null>((resolve) => worker.once('exit', () => resolve(fault)));
  const wake = await new Promise<number>((resolve, reject) => {
    worker.once('error', (error) => reject(asNetnsError(error, 'start the netns monitor')));
    worker.once('exit', () => reject(refusal('kernel', 'start the netns monitor', 'its thread has ended')));
    worker.on('message', (message: MonitorMessage) => {
      if ('wake' in message) resolve(message.wake);
      else if ('fault' in message) {
        fault = message.fault;
        reject(refusal('kernel', 'start the netns monitor', message.fault));
      } else changed({ ...message, namespaces: [] });
    });
  });
  const unwatch = watchNames(directory, (namespaces) =>
    changed({ aliases: [], names: [], namespaces, everything: false }),
  );
  let over = false;
  void ended.then(() => {
    over = true;
    unwatch();
    closeSync(wake);
  });
  return {
    ended,
    async close() {
      if (!over) writeSync(wake, WAKE);
      await ended;
    },
  };
}
