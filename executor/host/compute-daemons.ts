import type { SetupMode } from '../../schema/process/configuration.ts';
import { DaemonError } from '../setup/daemon-error.mjs';
import { type DaemonOptions, ensureComputeDaemons, missingDaemons } from '../setup/daemons.mjs';

export interface ComputeDaemonsOptions extends Omit<DaemonOptions, 'technologies' | 'say'> {
  readonly technology: 'compute' | 'ovs';
  readonly setup: SetupMode;
  readonly log?: (level: 'info', text: string) => void;
}

/** The daemons of a technology on this host: whether they run, and their start. */
export class ComputeDaemons {
  readonly #options: ComputeDaemonsOptions;

  constructor(options: ComputeDaemonsOptions) {
    this.#options = options;
  }

  /** Whether all of them answer now. */
  async areRunning(): Promise<boolean> {
    return (await missingDaemons(this.#daemonOptions())).length === 0;
  }

  /**
   * Starts those that do not run; one start however many wait for it, also in other processes.
   *
   * @throws DaemonError `denied` unless WEFT_SETUP is `auto`; else see {@link ensureComputeDaemons}
   */
  async ensureRunning(): Promise<void> {
    const { setup } = this.#options;
    if (setup === 'auto') return void (await ensureComputeDaemons(this.#daemonOptions()));
    const missing = await missingDaemons(this.#daemonOptions());
    if (missing.length > 0) throw new DaemonError('denied', `start ${missing.join(', ')}`, `WEFT_SETUP is ${setup}`);
  }

  #daemonOptions(): DaemonOptions {
    const { technology, setup: _, log, ...places } = this.#options;
    return { ...places, technologies: [technology], say: (text) => log?.('info', text) };
  }
}
