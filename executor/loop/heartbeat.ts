import type { Capabilities } from '../../schema/api/capabilities.ts';
import type { Machine, Resources } from '../../schema/store/machine.ts';
import type { HostFacts, HostState } from '../../schema/store/renewal.ts';

/** The properties of a host that change while its executor runs. */
export interface Host {
  resources(): Promise<Resources>;
  /** As of the last {@link refresh}, with the current health of the drivers. */
  capabilities(): Capabilities;
  /** Detects the installed programs again: starts one process for each of them. */
  refresh(): Promise<void>;
}

/** One heartbeat. */
export interface Beat {
  readonly state: HostState;
  written(): void;
}

export interface HeartbeatOptions {
  /** The facts that the registration has written. */
  readonly machine: Machine;
  readonly host: Host;
}

/** Keeps the row of the hypervisor current: liveness, resources, capabilities. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  /** As JSON. */
  #written: string;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#written = JSON.stringify(this.#facts(options.machine.capabilities));
  }

  /** The state to be written now; call `written` afterwards. */
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

  /** Whether the capabilities differ from those written last. */
  isOutdated(): boolean {
    return JSON.stringify(this.#facts(this.#options.host.capabilities())) !== this.#written;
  }

  /** Detects the installed programs again; the next heartbeat writes a change. */
  refresh(): Promise<void> {
    return this.#options.host.refresh();
  }

  #facts(capabilities: Capabilities): HostFacts {
    const { bootId, version } = this.#options.machine;
    return { bootId, version, capabilities };
  }
}
