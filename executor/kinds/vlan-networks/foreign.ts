import type { Logger } from '../../../schema/process/logger.ts';
import type { ForeignNetwork } from '../../../schema/resources/vlan-networks/foreign-note.ts';
import { foreignOf, type HostNetwork } from './observed.ts';

/** Some events follow each other: a network that is removed is stopped and undefined. */
const GATHER_MS = 100;

export interface ForeignNetworksOptions {
  readonly list: () => Promise<readonly HostNetwork[]>;
  readonly record: (networks: readonly ForeignNetwork[]) => Promise<unknown>;
  readonly log: Logger;
}

/**
 * Records the networks that no row is about, whenever they have changed: weft did not make them, or has lost their rows, and
 * leaves them alone.
 */
export class ForeignNetworks {
  readonly #options: ForeignNetworksOptions;
  /** UUIDs of rows that were seen since the start. */
  readonly #own = new Set<string>();
  #recorded: string | null = null;
  #recording: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ForeignNetworksOptions) {
    this.#options = options;
  }

  /** These are networks of rows. */
  exclude(uuids: readonly string[]): void {
    for (const uuid of uuids) this.#own.add(uuid);
  }

  /** All networks of the host were read. */
  see(networks: readonly HostNetwork[]): void {
    this.#recording = this.#recording.then(() => this.#record(networks));
  }

  /** Something has happened: they are read soon. */
  changed(): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      // While libvirt is away nothing is known; the next scan reads them.
      void this.#options.list().then(
        (networks) => this.see(networks),
        () => undefined,
      );
    }, GATHER_MS);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#recording;
  }

  async #record(networks: readonly HostNetwork[]): Promise<void> {
    const foreign = networks.filter(({ uuid }) => !this.#own.has(uuid)).map(foreignOf);
    const text = JSON.stringify(foreign.toSorted((left, right) => (left.name < right.name ? -1 : 1)));
    if (this.#closed || text === this.#recorded) return;
    try {
      await this.#options.record(foreign);
      this.#recorded = text;
    } catch (error) {
      // The next scan tries again.
      this.#options.log.warn({ err: error }, 'the networks of others could not be recorded');
    }
  }
}
