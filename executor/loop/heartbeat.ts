import type { Capabilities } from '../../schema/api/capabilities.ts';
import type { Machine, Resources } from '../../schema/store/machine.ts';
import type { HostFacts, HostState } from '../../schema/store/renewal.ts';

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
  readonly state: HostState;
  written(): void;
}

export interface HeartbeatOptions {
  /** What the registration has written. */
  readonly machine: Machine;
  readonly host: Host;
}

/** What keeps the row of the hypervisor true: that its executor is there, what it has, and what it can do. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  /** As JSON. */
  #written: string;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#written = JSON.stringify(this.#facts(options.machine.capabilities));
  }

  /** What is to be written now; `written` is to be called when it was. */
  async beat(): Promise<Beat> {
    const { host } = this.#options;
    const facts = this.#facts(host.capabilities());
    const text = JSON.stringify(facts);
    return {
      state: { resources: await host.resources(), facts: text === this.#written ? null : facts },
      written: () => {
        this.#written = text;
      },
    };
  }

  /** Whether the host is capable of something else than was written last. */
  isOutdated(): boolean {
    return JSON.stringify(this.#facts(this.#options.host.capabilities())) !== this.#written;
  }

  /** Looks again at what is installed on the host; the next heartbeat tells of it if that is something else now. */
  refresh(): Promise<void> {
    return this.#options.host.refresh();
  }

  #facts(capabilities: Capabilities): HostFacts {
    const { bootId, version } = this.#options.machine;
    return { bootId, version, capabilities };
  }
}
