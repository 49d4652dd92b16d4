import type { Logger } from '../../../schema/process/logger.ts';
import type { Sighting } from '../../../schema/resources/spp/processes.ts';
import { type SppProcesses, sightingVersion } from '../../peers/spp-processes.ts';

/** The current state of a process. */
export function sightingOf(processes: SppProcesses, process: number): Sighting {
  const seen = processes.snapshot(process);
  return seen ? { seen } : { process, version: sightingVersion() };
}

interface ProcessNotesOptions {
  readonly processes: SppProcesses;
  readonly log: Pick<Logger, 'warn'>;
  readonly write: (sightings: readonly Sighting[]) => Promise<unknown>;
}

/** The report of a command writes its own changes; other changes wait this long, to be combined. */
const GATHER_MS = 50;

/** Writes the rows of processes that changed by themselves, several at once. */
export class ProcessNotes {
  readonly #options: ProcessNotesOptions;
  readonly #waiting = new Set<number>();
  #closed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ProcessNotesOptions) {
    this.#options = options;
  }

  /** A disconnection is written at once: clients must not see the process as connected. */
  add(process: number): void {
    this.#waiting.add(process);
    if (this.#options.processes.snapshot(process) === null) void this.#write();
    else this.#timer ??= setTimeout(() => void this.#write(), GATHER_MS);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { processes: registry, log, write } = this.#options;
    const processes = [...this.#waiting];
    this.#waiting.clear();
    try {
      await write(processes.map((process) => sightingOf(registry, process)));
    } catch (error) {
      if (this.#closed) return;
      // The database is away: the state at the time of the next attempt is written.
      log.warn({ err: error }, 'the state of SPP processes could not be written');
      for (const process of processes) this.#waiting.add(process);
      this.#timer ??= setTimeout(() => void this.#write(), 20 * GATHER_MS);
    }
  }
}
