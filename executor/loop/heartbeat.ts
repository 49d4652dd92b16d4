import type { Capabilities } from '../../schema/api/capabilities.ts';
import { type Database, now, statement } from '../../schema/database/database.ts';
import type { Resources } from '../host/resources.ts';
import { fence, type Machine, type Registration, resourceArguments, setResources } from './registration.ts';

/** How often the host is asked again what it is capable of. */
export const CAPABILITIES_MS = 600_000;

/** What changes on a host while its executor runs. */
export interface Host {
  resources(): Promise<Resources>;
  capabilities(): Promise<Capabilities>;
}

const beat = `UPDATE hypervisors SET last_seen_ms = ${now}, ${setResources} WHERE id = :hypervisor`;

const beatWithFacts = `
  UPDATE hypervisors SET last_seen_ms = ${now}, ${setResources}, boot_id = :boot, capabilities = :capabilities, executor_version = :version
  WHERE id = :hypervisor`;

export interface HeartbeatOptions {
  readonly database: Database;
  readonly registration: Registration;
  /** What the registration has written. */
  readonly machine: Machine;
  readonly host: Host;
}

/** Keeps the row of the hypervisor true: that its executor is there, what it has, and now and then what it can do. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #facts: Readonly<Record<'boot' | 'capabilities' | 'version', string>>;
  #written: string;

  constructor(options: HeartbeatOptions) {
    const { bootId, capabilities, version } = options.machine;
    this.#options = options;
    this.#facts = { boot: bootId, capabilities: JSON.stringify(capabilities), version };
    this.#written = JSON.stringify(this.#facts);
  }

  /** Throws a DatabaseError with reason `fenced` when a newer start has taken over, or the hypervisor was removed. */
  async beat(): Promise<void> {
    const { database, registration, host } = this.#options;
    const facts = JSON.stringify(this.#facts);
    const args = { hypervisor: registration.hypervisor, ...resourceArguments(await host.resources()) };
    const update =
      facts === this.#written ? statement(beat, args) : statement(beatWithFacts, { ...args, ...this.#facts });
    // Nobody waits for a heartbeat.
    await database.write([fence(registration), update], { wakes: 'nobody', call: 'heartbeat' });
    this.#written = facts;
  }

  /** Looks again at what the host is capable of; the next heartbeat tells of it if that is something else now. */
  async look(): Promise<void> {
    const capabilities = JSON.stringify(await this.#options.host.capabilities());
    this.#facts = { ...this.#facts, capabilities };
  }
}
