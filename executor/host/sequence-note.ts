import type { Logger } from '../../schema/process/logger.ts';
import type { Seen } from '../../schema/store/machine.ts';
import type { ExecutorStateFile } from './executor-state.ts';

export interface SequenceNoteOptions {
  readonly file: Pick<ExecutorStateFile, 'write' | 'writeUntilReboot'>;
  readonly registration: Seen;
  /** The last operation that was processed; 0: none since the start. */
  readonly lastSequence: () => number;
  readonly intervalMs: number;
  readonly log: Pick<Logger, 'warn'>;
}

/**
 * Records on the host how far its executor has worked, periodically and at its end: this detects a backup of the
 * database that was made since the last start. A power failure loses the last record, but also what was made on the
 * host.
 */
export class SequenceNote {
  readonly #options: SequenceNoteOptions;
  readonly #timer: NodeJS.Timeout;
  #noted: number;
  #failing = false;

  constructor(options: SequenceNoteOptions) {
    this.#options = options;
    this.#noted = options.registration.sequence;
    this.#timer = setInterval(() => this.#note('writeUntilReboot'), options.intervalMs).unref();
  }

  /** Writes the last record, which survives a reboot. */
  finish(): void {
    this.#note('write');
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** A failed write is tried again, and logged once. */
  #note(how: 'write' | 'writeUntilReboot'): void {
    const { file, registration, lastSequence, log } = this.#options;
    const sequence = Math.max(this.#noted, lastSequence());
    if (sequence === registration.sequence || (how === 'writeUntilReboot' && sequence === this.#noted)) return;
    try {
      file[how]({ ...registration, sequence });
      this.#noted = sequence;
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) log.warn(error instanceof Error ? error.message : String(error));
      this.#failing = true;
    }
  }
}
