import type { Logger } from '../../../schema/process/logger.ts';
import type { ForeignDomain, SeenDomain } from '../../../schema/resources/domains/notes.ts';
import { foreignOf, type HostDomain } from './observed.ts';

/** Some events follow each other: a domain that is removed is stopped and undefined. */
const GATHER_MS = 100;

export interface DomainNotesOptions {
  readonly list: () => Promise<readonly HostDomain[]>;
  readonly recordForeign: (domains: readonly ForeignDomain[]) => Promise<unknown>;
  readonly recordSeen: (domains: readonly SeenDomain[]) => Promise<unknown>;
  readonly log: Logger;
}

/**
 * Writes what is seen of domains beside the operations: the states of weft's own, and, whenever they have changed, the domains
 * that no row is about, which weft leaves alone.
 */
export class DomainNotes {
  readonly #options: DomainNotesOptions;
  /** UUIDs of rows that were seen since the start. */
  readonly #own = new Set<string>();
  /** How often something has happened. */
  #changes = 0;
  #recorded: string | null = null;
  #recording: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: DomainNotesOptions) {
    this.#options = options;
  }

  /** These are domains of rows. */
  exclude(uuids: readonly string[]): void {
    for (const uuid of uuids) this.#own.add(uuid);
  }

  isOwn(uuid: string): boolean {
    return this.#own.has(uuid);
  }

  /** Resolves when it is written. */
  async see(domains: readonly SeenDomain[]): Promise<void> {
    if (domains.length > 0 && !this.#closed) await this.#options.recordSeen(domains);
  }

  /** To be called before all domains of the host are read. */
  begin(): number {
    return this.#changes;
  }

  /** All domains of the host were read. What was read before something has happened counts no more: it is read again. */
  seeAll(domains: readonly HostDomain[], began: number): void {
    if (began === this.#changes) this.#recording = this.#recording.then(() => this.#recordForeign(domains));
  }

  /** Something has happened to a domain of others: they are read soon. */
  changed(): void {
    if (this.#closed) return;
    this.#changes += 1;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const began = this.begin();
      // While libvirt is away nothing is known; the next scan reads them.
      void this.#options.list().then(
        (domains) => this.seeAll(domains, began),
        () => undefined,
      );
    }, GATHER_MS);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#recording;
  }

  async #recordForeign(domains: readonly HostDomain[]): Promise<void> {
    const foreign = domains.filter(({ uuid }) => !this.#own.has(uuid)).map(foreignOf);
    const text = JSON.stringify(foreign.toSorted((left, right) => (left.uuid < right.uuid ? -1 : 1)));
    if (this.#closed || text === this.#recorded) return;
    try {
      await this.#options.recordForeign(foreign);
      this.#recorded = text;
    } catch (error) {
      // The next scan tries again.
      this.#options.log.warn({ err: error }, 'the domains of others could not be recorded');
    }
  }
}
