import type { Logger } from '../../../schema/process/logger.ts';
import {
  type InterfaceReading,
  keepMs,
  type Pass,
  type Reading,
} from '../../../schema/resources/network/statistics.ts';
import type { ProcessView } from '../../drivers/oci/runtime/driver.ts';
import type { Counters, InterfaceCounters } from '../../drivers/oci/stats/counters.ts';
import { readStats } from '../../drivers/oci/stats/read.ts';
import { Passes } from '../passes.ts';

/** What is read of a process to know what it uses. */
export type ReadProcess = Pick<ProcessView, 'owner' | 'pid' | 'startedMs'>;

export interface ProcessStatisticsOptions {
  /** All processes of the host, each read from it when it is asked for. */
  readonly processes: () => Iterable<ReadProcess>;
  /** Writes a pass; returns whether any readings remain. */
  readonly record: (pass: Pass) => Promise<boolean>;
  readonly log: Pick<Logger, 'warn'>;
  readonly intervalMs?: number;
  /** Reads what these processes use; by default from the kernel. */
  readonly read?: typeof readStats;
}

/** Records every 10 seconds what all processes of containers use, in pieces that leave the event loop to others. */
export class ProcessStatistics {
  readonly #passes: Passes<Reading>;

  constructor({ processes, read = readStats, ...options }: ProcessStatisticsOptions) {
    this.#passes = new Passes({
      ...options,
      of: 'containers',
      keepMs,
      read: (isClosed) => readAll(processes, read, isClosed),
    });
  }

  /** A pass that has begun ends early; one that is being written is waited for. */
  close(): Promise<void> {
    return this.#passes.close();
  }
}

async function readAll(
  processes: ProcessStatisticsOptions['processes'],
  read: typeof readStats,
  isClosed: () => boolean,
): Promise<readonly Reading[]> {
  const started = new Map<string, number>();
  function* noted(): Iterable<ReadProcess> {
    for (const process of processes()) {
      if (isClosed()) return;
      started.set(process.owner, process.startedMs);
      yield process;
    }
  }
  const stats = await read(noted());
  return [...stats].map(([container, { cpuMicroseconds, memoryBytes, memoryLimitBytes, processes, interfaces }]) => ({
    ...{ container, started_ms: started.get(container) ?? 0, cpu_us: cpuMicroseconds, memory: memoryBytes },
    ...{ memory_limit: memoryLimitBytes, processes, interfaces: interfaces.filter(isOfNetwork).map(readingOf) },
  }));
}

/** What passes through `lo` leaves no container. */
function isOfNetwork({ name }: InterfaceCounters): boolean {
  return name !== 'lo';
}

function readingOf({ name, received, sent }: InterfaceCounters): InterfaceReading {
  return [name, ...numbersOf(received), ...numbersOf(sent)];
}

function numbersOf({ bytes, packets, errors, dropped }: Counters) {
  return [bytes, packets, errors, dropped] as const;
}
