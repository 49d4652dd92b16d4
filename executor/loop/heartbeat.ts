import type { Capabilities } from '../../schema/api/capabilities.ts';
import { now, type Statement, statement } from '../../schema/database/database.ts';
import type { Resources } from '../host/resources.ts';
import { type Machine, type Registration, resourceArguments, setResources } from './registration.ts';

/** What changes on a host while its executor runs. */
export interface Host {
  resources(): Promise<Resources>;
  /** As of the last {@link refresh}, and of the health of the drivers now. */
  capabilities(): Capabilities;
  /** Looks at what is installed: one process for each program that is there. */
  refresh(): Promise<void>;
}

/** One heartbeat. */
export interface Beat {
  readonly statement: Statement;
  written(): void;
}

const beat = `UPDATE hypervisors SET last_seen_ms = ${now}, ${setResources} WHERE id = :hypervisor`;

const beatWithFacts = `
  UPDATE hypervisors SET last_seen_ms = ${now}, ${setResources}, boot_id = :boot, capabilities = :capabilities, executor_version = :version
  WHERE id = :hypervisor`;

export interface HeartbeatOptions {
  readonly registration: Registration;
  /** What the registration has written. */
  readonly machine: Machine;
  readonly host: Host;
}

/** What keeps the row of the hypervisor true: that its executor is there, what it has, and what it can do. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #facts: Readonly<Record<'boot' | 'version', string>>;
  #written: string;

  constructor(options: HeartbeatOptions) {
    const { bootId, capabilities, version } = options.machine;
    this.#options = options;
    this.#facts = { boot: bootId, version };
    this.#written = JSON.stringify({ ...this.#facts, capabilities: JSON.stringify(capabilities) });
  }

  /** What is to be written now; `written` is to be called when it was. */
  async beat(): Promise<Beat> {
    const { registration, host } = this.#options;
    const facts = { ...this.#facts, capabilities: JSON.stringify(host.capabilities()) };
    const text = JSON.stringify(facts);
    const args = { hypervisor: registration.hypervisor, ...resourceArguments(await host.resources()) };
    return {
      statement: text === this.#written ? statement(beat, args) : statement(beatWithFacts, { ...args, ...facts }),
      written: () => {
        this.#written = text;
      },
    };
  }

  /** Whether the host is capable of something else than was written last. */
  isOutdated(): boolean {
    const facts = { ...this.#facts, capabilities: JSON.stringify(this.#options.host.capabilities()) };
    return JSON.stringify(facts) !== this.#written;
  }

  /** Looks again at what is installed on the host; the next heartbeat tells of it if that is something else now. */
  refresh(): Promise<void> {
    return this.#options.host.refresh();
  }
}
