import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LibvirtEvent } from '../../drivers/libvirt/driver.ts';
import type { Remembered } from './observed.ts';

const REQUESTED_BY: Readonly<Record<string, 'guest' | 'host'>> = {
  'finished after guest request': 'guest',
  'finished after host request': 'host',
};

/**
 * What libvirt does not say of a domain that is off: who has asked its QEMU to end, which only an event tells; and whether it
 * has run since the host was booted, which is in files that are gone with the boot.
 */
export class DomainMemory {
  readonly #requestedBy = new Map<string, 'guest' | 'host'>();
  /** Null: this process may not write there. Then nothing is known of a boot. */
  readonly #directory: string | null;
  readonly #ran: Set<string>;

  /** `runDirectory`: of the database, until the next boot. */
  constructor(runDirectory: string | null) {
    this.#directory = runDirectory === null ? null : join(runDirectory, 'domains');
    if (this.#directory !== null) mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    this.#ran = new Set(this.#directory === null ? [] : readdirSync(this.#directory));
  }

  note(event: LibvirtEvent): void {
    if (event.kind !== 'domain') return;
    const requestedBy = event.event === 'shutdown' ? REQUESTED_BY[event.detail] : undefined;
    if (requestedBy !== undefined) this.#requestedBy.set(event.uuid, requestedBy);
    else if (event.event === 'started' || event.event === 'undefined') this.#requestedBy.delete(event.uuid);
  }

  /** It is seen running. */
  runs(uuid: string): void {
    if (this.#directory === null || this.#ran.has(uuid)) return;
    writeFileSync(join(this.#directory, uuid), '');
    this.#ran.add(uuid);
  }

  of(uuid: string): Remembered {
    return {
      requestedBy: this.#requestedBy.get(uuid) ?? null,
      hasRun: this.#directory === null || this.#ran.has(uuid),
    };
  }

  forget(uuid: string): void {
    this.#requestedBy.delete(uuid);
    if (this.#directory !== null && this.#ran.delete(uuid)) rmSync(join(this.#directory, uuid), { force: true });
  }
}
