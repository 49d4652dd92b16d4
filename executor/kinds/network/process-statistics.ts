import type { Logger } from '../../../schema/process/logger.ts';
import {
  type InterfaceReading,
  keepMs,
  PASS_MS,
  type Pass,
  type Reading,
} from '../../../schema/resources/network/statistics.ts';
import type { ProcessView } from '../../drivers/oci/runtime/driver.ts';
import type { Counters, InterfaceCounters } from '../../drivers/oci/stats/counters.ts';
import { readStats } from '../../drivers/oci/stats/read.ts';

/** Between the end of a pass that took long and the next one. */
const PAUSE_MS = 1_000;

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

/**
 * Records every 10 seconds what all processes of containers use. One pass is read and written at a time, in pieces that
 * leave the event loop to others; one that the database does not take is dropped.
 */
export class ProcessStatistics {
  readonly #options: ProcessStatisticsOptions;
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | undefined;
  #pass: Promise<void> = Promise.resolve();
  #isClosed = false;
  #isFailing = false;
  /** At the start there may be some of the executor before. */
  #remain = true;

  constructor(options: ProcessStatisticsOptions) {
    this.#options = options;
    this.#intervalMs = options.intervalMs ?? PASS_MS;
    this.#schedule(this.#intervalMs);
  }

  /** A pass that has begun ends early; one that is being written is waited for. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#pass;
  }

  #schedule(pauseMs: number): void {
    this.#timer = setTimeout(() => {
      const began = performance.now();
      this.#pass = this.#tryToRecord(began).then(() => {
        if (this.#isClosed) return;
        const rest = this.#intervalMs - (performance.now() - began);
        this.#schedule(Math.max(rest, Math.min(PAUSE_MS, this.#intervalMs)));
      });
    }, pauseMs).unref();
  }

  async #tryToRecord(began: number): Promise<void> {
    const { record, log } = this.#options;
    try {
      const readings = await this.#readAll();
      // A host without processes costs the database nothing.
      if (this.#isClosed || (readings.length === 0 && !this.#remain)) return;
      const ageMs = Math.round(performance.now() - began);
      this.#remain = await record({ ageMs, keepMs: keepMs(readings.length), readings });
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) log.warn({ err: error }, 'the statistics of containers could not be recorded');
      this.#isFailing = true;
    }
  }

  async #readAll(): Promise<readonly Reading[]> {
    const { read = readStats } = this.#options;
    const started = new Map<string, number>();
    const stats = await read(this.#noted(started));
    return [...stats].map(([container, { cpuMicroseconds, memoryBytes, memoryLimitBytes, processes, interfaces }]) => ({
      ...{ container, started_ms: started.get(container) ?? 0, cpu_us: cpuMicroseconds, memory: memoryBytes },
      ...{ memory_limit: memoryLimitBytes, processes, interfaces: interfaces.filter(isOfNetwork).map(readingOf) },
    }));
  }

  *#noted(started: Map<string, number>): Iterable<ReadProcess> {
    for (const process of this.#options.processes()) {
      if (this.#isClosed) return;
      started.set(process.owner, process.startedMs);
      yield process;
    }
  }
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
